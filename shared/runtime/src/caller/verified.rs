//! Proof that a caller has been verified.

use http::HeaderMap;

use super::{bearer, same};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;

/// Proof that the caller of a request has been verified; required to read a body.
pub trait VerifiedCaller {
    /// Checks the body that was read, where the caller's credential is bound to one body.
    ///
    /// # Errors
    ///
    /// [`Kind::LoginRequired`] for any other body.
    fn check_body(&self, _body: &[u8]) -> Result<(), Problem> {
        Ok(())
    }
}

/// No caller: a component without routes for services has this type in their place.
impl VerifiedCaller for std::convert::Infallible {}

/// Timer of the deployment, with the maintenance secret.
#[derive(Debug)]
pub struct Timer(());

impl Timer {
    /// Verifies that the bearer token is one of `maintenance_secret`.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` for any other bearer token, or none.
    pub fn verify(headers: &HeaderMap, secrets: &[Secret<String>]) -> Result<Self, Problem> {
        let shown = bearer(headers)?;
        if secrets.iter().any(|secret| same(shown, secret.expose())) {
            return Ok(Self(()));
        }
        Err(Problem::new(Kind::LoginRequired).cause("not the maintenance secret"))
    }
}

/// Browser that follows a link, without a login.
#[derive(Debug)]
pub struct Visitor;
