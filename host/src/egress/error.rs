//! Errors of starting the proxy.

use std::net::SocketAddr;

use crate::document::DocumentError;
use crate::outbound::TlsError;

/// Error of starting the proxy. It contains no key.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The file of pins or of callers is wrong.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The file defines no pin, so the proxy has no server to call.
    #[error("the file of pins has none")]
    NoPins,
    /// A certificate or a key of a pin cannot be used.
    #[error("pin `{pin}`: {source}")]
    Pin {
        /// Name of the pin.
        pin: String,
        /// Description of the fault.
        source: TlsError,
    },
    /// The proxy's own certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of callers is empty, or has a key that could be guessed.
    #[error("callers: {0}")]
    Callers(String),
    /// The address is not on the loopback, and callers would be neither encrypted nor
    /// authenticated.
    #[error(
        "{0} is not on the loopback: there the proxy needs a certificate of its own and its callers' keys"
    )]
    Exposed(SocketAddr),
    /// The listener has no address.
    #[error("the listener: {0}")]
    Listener(#[from] std::io::Error),
}
