//! Failed exchanges: their errors in `wasi:http`, and their causes in the host's log.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, PeerIncompatible};
use wasmtime_wasi_http::Error;

use super::presented_certificate::PresentedCertificate;
use super::tls_alert::{TlsAlert, tls_cause};

/// Failed exchange.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Error that the guest receives.
    pub(crate) code: Error,
    /// Cause for the log.
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(code: Error, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// Describes a name that does not resolve.
    pub(crate) fn of_lookup(error: &io::Error) -> Self {
        let code = Error::DnsError {
            rcode: Some("address not available".to_owned()),
            info_code: None,
        };
        Self::new(code, format!("name lookup: {error}"))
    }

    /// Describes a TCP connection that could not be established.
    pub(crate) fn of_connect(error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::TimedOut => Error::ConnectionTimeout,
            _ => Error::ConnectionRefused,
        };
        Self::new(code, format!("connecting: {error}"))
    }

    /// Describes a failed TLS handshake, in which the server did or did not request a certificate.
    pub(crate) fn of_handshake(
        error: &io::Error,
        requested: bool,
        presented: PresentedCertificate,
    ) -> Self {
        match tls_cause(error) {
            // TLS 1.2 has no alert for a certificate that is missing (RFC 5246 §7.4.6), and
            // versions and ciphers are agreed on before it is requested. The alert of TLS 1.3 is
            // reported.
            Some(rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)) if requested => {
                let meant = match presented {
                    PresentedCertificate::None => AlertDescription::CertificateRequired,
                    _ => AlertDescription::CertificateUnknown,
                };
                let said = AlertDescription::HandshakeFailure;
                Self::of_alert(meant, said, presented)
            }
            Some(cause) => Self::of_tls(cause, presented),
            None => Self::new(Error::TlsProtocolError, format!("TLS: {error}")),
        }
    }

    /// Describes a request or response that broke off on an open connection, with the alert that
    /// ended it, if any.
    pub(crate) fn of_exchange(error: &hyper::Error, alert: &TlsAlert) -> Self {
        if let Some(cause) = alert.get().or_else(|| causes(error).find_map(tls_cause)) {
            return Self::of_tls(cause, alert.presented);
        }
        let code = if error.is_timeout() {
            Error::HttpResponseTimeout
        } else if error.is_parse() || error.is_parse_status() {
            Error::HttpProtocolError
        } else if error.is_closed()
            || error.is_canceled()
            || error.is_incomplete_message()
            || causes(error).any(<dyn StdError>::is::<io::Error>)
        {
            Error::ConnectionTerminated
        } else {
            Error::HttpProtocolError
        };
        let reason = causes(error)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ");
        Self::new(code, reason)
    }

    /// Distinguishes a refusal by the server, a refusal of the server, and other errors.
    fn of_tls(error: &rustls::Error, presented: PresentedCertificate) -> Self {
        match error {
            rustls::Error::AlertReceived(alert) => Self::of_alert(*alert, *alert, presented),
            rustls::Error::InvalidCertificate(why) => {
                let code = Error::TlsCertificateError;
                let reason = format!("their certificate is not trusted: {}", distrust(why));
                Self::new(code, reason)
            }
            rustls::Error::NoCertificatesPresented => Self::new(
                Error::TlsCertificateError,
                "their certificate is not trusted: none was shown",
            ),
            rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => Self::new(Error::TlsProtocolError, format!("TLS: {NO_VERSION}")),
            other => Self::new(Error::TlsProtocolError, format!("TLS: {other}")),
        }
    }

    /// Describes an alert, by its meaning and as it was received.
    fn of_alert(
        meant: AlertDescription,
        said: AlertDescription,
        presented: PresentedCertificate,
    ) -> Self {
        let code = Error::TlsAlertReceived {
            alert_id: Some(u8::from(meant)),
            alert_message: Some(format!("{meant:?}")),
        };
        // TLS has alerts for expiry and revocation, but none for SHA-1 (RFC 8446 §4.4.2.4).
        let is_vague = matches!(
            meant,
            AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
        );
        let why = match presented {
            PresentedCertificate::SignedWithSha1 if is_vague => Some("it is signed with SHA-1"),
            _ => refusal(meant),
        };
        let reason = match why {
            Some(why) => format!("our certificate was refused: {why} (alert {said:?})"),
            None if said == AlertDescription::ProtocolVersion => {
                format!("TLS: {NO_VERSION} (alert {said:?})")
            }
            None => format!("TLS: the other side ended it with the alert {said:?}"),
        };
        Self::new(code, reason)
    }
}

const NO_VERSION: &str = "no version in common: here it is 1.2 and 1.3";

/// Returns the reason why the server refused the client certificate, if the alert is about it (RFC
/// 8446 §6.2).
fn refusal(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::BadCertificate => {
            "it cannot be read there, or its key is not the one that signs"
        }
        AlertDescription::UnsupportedCertificate => "it is for another purpose",
        AlertDescription::CertificateRevoked => "it is revoked",
        AlertDescription::CertificateExpired => "it has expired, or is not valid yet",
        AlertDescription::CertificateUnknown => "the other side does not say why",
        AlertDescription::UnknownCA => "its issuer is not trusted there",
        AlertDescription::AccessDenied => "it is in order, but its holder is not let in",
        AlertDescription::CertificateRequired => "none was shown, and one is required",
        _ => return None,
    })
}

/// Returns whether an alert is about the client certificate.
pub(crate) fn is_about_client_certificate(alert: u8) -> bool {
    refusal(AlertDescription::from(alert)).is_some()
}

/// Returns the reason why the server's certificate is refused.
fn distrust(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or the clock here is wrong".to_owned()
        }
        CertificateError::Revoked => "it, or one that issued it, is revoked".to_owned(),
        CertificateError::UnknownRevocationStatus => {
            "it cannot be known whether it is revoked: `crl_files` has no revocation list of its issuer, or of one above it"
                .to_owned()
        }
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "it cannot be known whether it is revoked: a revocation list in `crl_files` has expired; fetch the next one"
                .to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its issuer is not among the roots (the wrong truststore)".to_owned()
        }
        CertificateError::BadSignature => {
            "its issuer is not among the roots: the one of that name has another key (the wrong truststore)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is for another name: {why}")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for a server's purpose".to_owned()
        }
        CertificateError::Other(other) => other.to_string(),
        other => other.to_string(),
    }
}

fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
