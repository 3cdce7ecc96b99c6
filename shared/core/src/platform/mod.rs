//! Platform interface: HTTP, key-value storage, variables, clock and randomness.
//!
//! No other part of this crate depends on the actual platform. Two implementations exist: `memory`
//! for tests (feature `test-support`), and `spin`, which is compiled for WebAssembly only. Both pass
//! the cases in `contract`.

mod body;
#[cfg(any(test, feature = "test-support"))]
pub mod contract;
#[cfg(any(test, feature = "test-support"))]
pub mod crashing;
#[cfg(any(test, feature = "test-support"))]
pub mod memory;
pub mod notify;
mod refusal;
#[cfg(any(test, feature = "test-support"))]
pub mod slow;
#[cfg(target_family = "wasm")]
pub mod spin;

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use thiserror::Error;
use time::OffsetDateTime;

pub use body::{Body, Stream};
pub use refusal::Refusal;

/// Outgoing request with its whole body.
pub type Request = http::Request<Bytes>;
/// Answer with its whole body.
pub type Response = http::Response<Bytes>;
/// Answer of this app, whose body may be streamed.
pub type Answer = http::Response<Body>;

/// Stream of the keys of a store, in pages.
pub type Keys = Pin<Box<dyn futures::Stream<Item = Result<Vec<String>, StoreError>>>>;

/// Platform of a component.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Platform {
    /// Returns the time of day, against which grants, tokens and records are validated.
    fn now(&self) -> OffsetDateTime;

    /// Returns the time of a monotonic clock with an arbitrary origin. Deadlines use it.
    fn uptime(&self) -> Duration;

    /// Fills `bytes` with cryptographically secure random bytes.
    fn random(&self, bytes: &mut [u8]);

    /// Writes one line to the log.
    fn log(&self, line: &str);

    /// Waits, letting other requests of the instance run.
    async fn sleep(&self, duration: Duration);

    /// Returns the value of a variable, or `None` if it is not defined for this component.
    ///
    /// # Errors
    /// [`VariableError`] if the platform cannot read the variable.
    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError>;

    /// Sends `request` and returns the answer as soon as its head has arrived, within
    /// `limits.timeout`. Its body fails after `limits.max_body` bytes. Redirects are not followed,
    /// and requests are not retried.
    ///
    /// # Errors
    /// [`SendError`], each variant but [`SendError::OverBudget`].
    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError>;

    /// Sends `request` and returns the answer with its whole body, within `limits.timeout`.
    ///
    /// # Errors
    /// The errors of [`Self::open`] and of the body.
    async fn send(&self, request: Request, limits: Limits) -> Result<Response, SendError> {
        let work = std::pin::pin!(async {
            let (parts, body) = self.open(request, limits).await?.into_parts();
            let body = Body::Stream(body).collect(limits.max_body).await?;
            Ok(Response::from_parts(parts, body))
        });
        let end = std::pin::pin!(self.sleep(limits.timeout));
        match select(work, end).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(SendError::TimedOut(limits.timeout)),
        }
    }

    /// Returns the value stored under `key`, if any.
    ///
    /// # Errors
    /// [`StoreError`] if the store is not permitted or fails.
    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores `value` under `key`, and replaces an existing value.
    ///
    /// # Errors
    /// [`StoreError`] if the store is not permitted, is full or fails.
    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Removes `key`. A missing key is no error.
    ///
    /// # Errors
    /// [`StoreError`] if the store is not permitted or fails.
    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError>;

    /// Returns all keys of the store, in no particular order. A key that is written or removed
    /// meanwhile may be included or not, and a key may occur twice.
    ///
    /// # Errors
    /// [`StoreError`] if the store is not permitted or fails, also as an item of the stream.
    async fn keys(&self, store: &str) -> Result<Keys, StoreError>;
}

/// Limits of an outgoing call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Maximum time from the start of the call until the last byte of the answer.
    pub timeout: Duration,
    /// Maximum size of the answer's body, in bytes.
    pub max_body: usize,
}

/// Reason why a call has no answer. The text is for the log.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SendError {
    /// Address that is not in the component's allow-list, or is invalid.
    #[error("the call is not allowed: {0}")]
    NotAllowed(String),
    /// DNS or connection failure: the request was never sent.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The server refused the app's TLS certificate: the request was not processed.
    #[error("our certificate was refused: {0}")]
    CertificateRefused(Refusal),
    /// The server's TLS certificate is not trusted: nothing was sent.
    #[error("their certificate is not trusted: {0}")]
    NotTrusted(String),
    /// Other TLS failure, or one that the platform does not explain.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The connection broke after the request was sent; the server may have processed it.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Timeout.
    #[error("no complete answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The answer has this `Content-Encoding`, although only `identity` was accepted.
    #[error("the answer is encoded as {0}, which was not asked for")]
    Encoded(String),
    /// The answer is larger than allowed.
    #[error("the answer was larger than {0} bytes")]
    TooLarge(usize),
    /// Rate limit of the service exceeded: the rate limiter refused the call, which may be made
    /// after this many seconds.
    #[error("over the budget of the service: the call was not made")]
    OverBudget(u64),
}

impl SendError {
    /// Returns whether the server may have received and processed the request.
    pub const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Broken(_) | Self::TimedOut(_) | Self::TooLarge(_) | Self::Encoded(_) => true,
            Self::NotAllowed(_)
            | Self::NoConnection(_)
            | Self::CertificateRefused(_)
            | Self::NotTrusted(_)
            | Self::Tls(_)
            | Self::OverBudget(_) => false,
        }
    }
}

/// Error of reading a variable.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("variable {name}: {reason}")]
pub struct VariableError {
    /// Name of the variable.
    pub name: String,
    /// Error text of the platform.
    pub reason: String,
}

/// Error of a store.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("store {store}: {reason}")]
pub struct StoreError {
    /// Name of the store.
    pub store: String,
    /// Error text of the platform.
    pub reason: String,
}
