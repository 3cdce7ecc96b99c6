//! The one seam to the outside world: HTTP, key-value storage, variables, clock and randomness.
//!
//! Nothing else in this crate knows which platform it runs on. Two implementations exist:
//! [`memory::Memory`] for tests, and `spin::Spin`, which is compiled for WebAssembly only. Both
//! pass the cases in [`contract`].

mod body;
pub mod contract;
pub mod memory;
#[cfg(test)]
pub(crate) mod mortal;
mod refusal;
#[cfg(test)]
pub(crate) mod slow;
#[cfg(target_family = "wasm")]
pub mod spin;
pub(crate) mod wake;

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use thiserror::Error;
use time::OffsetDateTime;

pub use body::{Body, Stream};
pub use refusal::Refusal;

/// An outgoing request with its whole body.
pub type Request = http::Request<Bytes>;
/// An answer with its whole body.
pub type Response = http::Response<Bytes>;
/// An answer of ours, whose body need not be here as a whole.
pub type Answer = http::Response<Body>;

/// The keys of a store as they come, some at a time; none is held back until the last is known.
pub type Keys = Pin<Box<dyn futures::Stream<Item = Result<Vec<String>, StoreError>>>>;

/// What the platform gives a component.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Platform {
    /// The time of day. Grants, tokens and records are judged by it.
    fn now(&self) -> OffsetDateTime;

    /// A clock that never goes back, since some moment in the past. Deadlines are kept by it.
    fn uptime(&self) -> Duration;

    /// Fills `bytes` with cryptographically secure random bytes.
    fn random(&self, bytes: &mut [u8]);

    /// Writes one line to the log.
    fn log(&self, line: &str);

    /// Waits, letting other requests of the instance run.
    async fn sleep(&self, duration: Duration);

    /// The value of a variable, or `None` where it is not defined for this component.
    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError>;

    /// Sends `request` and hands over the answer as soon as its head is here, within `limits.timeout`. Its
    /// body fails after `limits.max_body` bytes. Redirects are not followed and nothing is sent twice.
    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError>;

    /// The same with the whole body, all within `limits.timeout`.
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

    /// The value kept under `key`, if any.
    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps `value` under `key`, in place of what was there.
    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Removes `key`; no error if it is not there.
    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError>;

    /// All keys of the store, in no particular order. A key that is written or removed meanwhile may be among them or not,
    /// and one may come twice.
    async fn keys(&self, store: &str) -> Result<Keys, StoreError>;
}

/// How long an outgoing call may take and how large its answer may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// From the start of the call until the last byte of the answer.
    pub timeout: Duration,
    /// In bytes.
    pub max_body: usize,
}

/// Why no answer came. The text is for the log.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SendError {
    /// The address is not in the component's allow-list, or cannot be called at all.
    #[error("the call is not allowed: {0}")]
    NotAllowed(String),
    /// The name did not resolve or nobody accepted the connection: the request was never sent.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The other side does not take our certificate: we were never let in.
    #[error("our certificate was refused: {0}")]
    CertificateRefused(Refusal),
    /// We do not take the other side's certificate: nothing was sent.
    #[error("their certificate is not trusted: {0}")]
    NotTrusted(String),
    /// TLS failed for another reason, or for one that the platform does not tell.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The connection broke after the request was sent; the other side may have acted on it.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The time was up.
    #[error("no complete answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The answer was larger than allowed.
    #[error("the answer was larger than {0} bytes")]
    TooLarge(usize),
    /// Rate limit of the service exceeded: the keeper of its budget refused the call, which may be made after this many
    /// seconds.
    #[error("over the budget of the service: the call was not made")]
    OverBudget(u64),
}

impl SendError {
    /// Whether the other side may have received the request, and acted on it.
    pub const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Broken(_) | Self::TimedOut(_) | Self::TooLarge(_) => true,
            Self::NotAllowed(_)
            | Self::NoConnection(_)
            | Self::CertificateRefused(_)
            | Self::NotTrusted(_)
            | Self::Tls(_)
            | Self::OverBudget(_) => false,
        }
    }
}

/// Why a variable could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("variable {name}: {reason}")]
pub struct VariableError {
    /// The variable asked for.
    pub name: String,
    /// What the platform said.
    pub reason: String,
}

/// Why a store did not do as it was asked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("store {store}: {reason}")]
pub struct StoreError {
    /// The store asked for.
    pub store: String,
    /// What the platform said.
    pub reason: String,
}
