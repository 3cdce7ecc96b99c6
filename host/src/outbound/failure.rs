//! What a failed exchange is called in `wasi:http`, and why it failed, for the host's log.

use std::{error::Error as StdError, io};

use wasmtime_wasi_http::Error;

/// A failed exchange.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the guest sees.
    pub(crate) code: Error,
    /// What the log says.
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(code: Error, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// A name that does not resolve.
    pub(crate) fn of_lookup(error: &io::Error) -> Self {
        let code = Error::DnsError {
            rcode: Some("address not available".to_owned()),
            info_code: None,
        };
        Self::new(code, format!("name lookup: {error}"))
    }

    /// A TCP connection that does not come about.
    pub(crate) fn of_connect(error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::TimedOut => Error::ConnectionTimeout,
            _ => Error::ConnectionRefused,
        };
        Self::new(code, format!("connecting: {error}"))
    }

    /// A TLS handshake that fails.
    pub(crate) fn of_handshake(error: &io::Error) -> Self {
        let code = tls_cause(error).map_or(Error::TlsProtocolError, tls_code);
        Self::new(code, format!("TLS: {error}"))
    }

    /// A request or a response that breaks off on an open connection.
    pub(crate) fn of_exchange(error: &hyper::Error) -> Self {
        let code = if let Some(cause) = causes(error).find_map(tls_cause) {
            tls_code(cause)
        } else if error.is_timeout() {
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
}

fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// TLS errors travel inside I/O errors.
fn tls_cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}

fn tls_code(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Error::TlsCertificateError
        }
        _ => Error::TlsProtocolError,
    }
}
