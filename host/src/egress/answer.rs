//! Responses of the proxy itself: a status and a small JSON document that names the problem. The
//! log has the cause.

use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::incoming::BodyFault;
use crate::outbound::is_about_client_certificate;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $status:ident $title:literal;)*) => {
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Fault { $($(#[$doc])* $variant,)* }

        impl Fault {
            pub(super) const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

faults! {
    // The caller.
    /// Caller with a missing or wrong key or credential.
    CallerUnknown "caller-unknown" PROXY_AUTHENTICATION_REQUIRED "Neither Proxy-Authorization nor innsyn-proxy-authorization has a caller's key or credential";
    /// Credential that does not name its request, or whose lifetime is too long.
    CredentialIncomplete "credential-incomplete" PROXY_AUTHENTICATION_REQUIRED "The credential must name method, path, body_sha256, jti, iat, and an exp at most 30 seconds later";
    /// Credential that has expired, or is not valid yet.
    CredentialExpired "credential-expired" PROXY_AUTHENTICATION_REQUIRED "The credential has expired, or is from a later time than the proxy's";
    /// Credential of another request.
    CredentialElsewhere "credential-of-another-request" PROXY_AUTHENTICATION_REQUIRED "The credential is for another method, path or body";
    /// Browser, or a host name that is not this machine's.
    NotThisMachine "not-this-machine" FORBIDDEN "Only programs may call, and on the loopback under this machine's own name";
    /// Path that the proxy does not have, or a method without one.
    NotAPath "not-a-path" BAD_REQUEST "A request names a path, /<pin>/<path>, and nothing else";
    /// Path that does not begin with a pin's name.
    PinUnknown "pin-unknown" NOT_FOUND "The path does not begin with a pin's name";
    /// Body above the size limit.
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    /// Body below the minimum rate.
    BodyTooSlow "body-too-slow" REQUEST_TIMEOUT "The body did not come within ten seconds for each 64 KiB";
    /// Body with too many small chunks.
    BodyInPieces "body-in-pieces" BAD_REQUEST "The body has too many chunks under 16 bytes";
    /// The open connections all have a request in progress.
    TooManyConnections "too-many-connections" SERVICE_UNAVAILABLE "The limit of connections is reached";

    // The counterparty.
    /// The service refuses the client certificate.
    OwnCertificateRefused "own-certificate-refused" BAD_GATEWAY "The counterparty refused our certificate";
    /// Certificate of the counterparty that the proxy does not trust.
    CounterpartyNotTrusted "counterparty-not-trusted" BAD_GATEWAY "The counterparty's certificate is not trusted";
    /// TLS failure for a reason other than the two certificates.
    TlsFailed "tls-failed" BAD_GATEWAY "TLS with the counterparty failed";
    /// Counterparty that cannot be reached.
    NoConnection "no-connection" BAD_GATEWAY "The counterparty cannot be reached";
    /// Counterparty that does not answer in time.
    TimedOut "timed-out" GATEWAY_TIMEOUT "The counterparty did not answer in time";
    /// Connection that broke after the request was sent in part.
    Broken "broken" BAD_GATEWAY "The connection to the counterparty broke";
}

#[derive(Serialize)]
struct Body<'a> {
    problem: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'a str>,
}

impl Fault {
    /// Returns the fault of a failed exchange.
    pub(super) fn from_error(code: &Error) -> Self {
        match code {
            Error::TlsAlertReceived {
                alert_id: Some(alert),
                ..
            } if is_about_client_certificate(*alert) => Self::OwnCertificateRefused,
            Error::TlsCertificateError => Self::CounterpartyNotTrusted,
            Error::TlsAlertReceived { .. } | Error::TlsProtocolError => Self::TlsFailed,
            Error::DnsError { .. } | Error::ConnectionRefused => Self::NoConnection,
            Error::ConnectionTimeout
            | Error::ConnectionReadTimeout
            | Error::HttpResponseTimeout => Self::TimedOut,
            Error::HttpRequestBodySize(_) => Self::BodyTooLarge,
            _ => Self::Broken,
        }
    }

    /// Returns true if the caller is not authenticated.
    fn is_of_an_unknown_caller(self) -> bool {
        self.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }

    /// Returns true if the caller is refused, or still has to send a part of its request.
    fn ends_the_connection(self) -> bool {
        matches!(
            self,
            Self::NotThisMachine
                | Self::BodyTooSlow
                | Self::BodyInPieces
                | Self::TooManyConnections
        ) || self.is_of_an_unknown_caller()
    }

    pub(super) fn response(self, pin: Option<&str>) -> Response<WasiBody> {
        let body = Body {
            problem: self.slug(),
            title: self.title(),
            pin,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let body = Full::new(body.into()).map_err(|never| match never {});
        let mut response = Response::new(body.boxed_unsync());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        if self.ends_the_connection() {
            let close = HeaderValue::from_static("close");
            headers.insert(header::CONNECTION, close);
        }
        if self == Self::TooManyConnections {
            let second = HeaderValue::from_static("1");
            headers.insert(header::RETRY_AFTER, second);
        }
        if self.is_of_an_unknown_caller() {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::PROXY_AUTHENTICATE, bearer);
        }
        response
    }
}

impl From<BodyFault> for Fault {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Slow => Self::BodyTooSlow,
            BodyFault::SmallChunks => Self::BodyInPieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counterparty_that_is_late_is_no_counterparty_that_fails() {
        for code in [Error::ConnectionTimeout, Error::HttpResponseTimeout] {
            let refused = Fault::from_error(&code);
            assert_eq!(refused.slug(), "timed-out");
            assert_eq!(refused.response(None).status(), 504);
        }
        assert_eq!(
            Fault::from_error(&Error::ConnectionTerminated),
            Fault::Broken
        );
    }

    #[test]
    fn an_alert_about_anything_but_our_certificate_is_not_held_against_it() {
        for (alert, slug) in [
            (Some(45), "own-certificate-refused"),
            (Some(116), "own-certificate-refused"),
            (Some(40), "tls-failed"),
            (None, "tls-failed"),
        ] {
            let code = Error::TlsAlertReceived {
                alert_id: alert,
                alert_message: None,
            };
            assert_eq!(Fault::from_error(&code).slug(), slug);
        }
    }
}
