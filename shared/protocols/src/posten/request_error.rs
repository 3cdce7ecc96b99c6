//! Errors of requests to Posten that cannot be built.

use thiserror::Error;

/// Reason why a request cannot be built. Each one is a fault of this app or its settings.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum RequestError {
    /// Invalid boundary.
    #[error("the boundary of the body is not 16 to 70 letters and digits")]
    Boundary,
    /// Time that cannot be written.
    #[error("the time of sealing cannot be written")]
    Time,
    /// Signing failed.
    #[error("the sealing key does not sign")]
    Signature,
    /// The package cannot be written.
    #[error("the package of documents cannot be written")]
    Package,
    /// The address to call is invalid.
    #[error("the address of Posten is not one that can be called")]
    Address,
}
