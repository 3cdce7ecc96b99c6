//! Calls of the interfaces: the system by its API key, the organisation by its enterprise
//! certificate or Maskinporten's token.
//!
//! Sources: Altinn, "Virksomhet", "Scopes", "Feilsøking". The certificate is checked only if the
//! address has `ForceEIAuthentication`, in any letter case, as the real server requested one only
//! then. Assumptions: a certificate takes precedence over a token, and the token must be meant for
//! Altinn, which the documentation requires.

use axum::extract::{Extension, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, Uri};
use serde_json::Value;
use url::form_urlencoded;

use super::api_key::{ApiKey, Resource};
use super::caller::Caller;
use super::refusal::{self, Refusal};
use super::state::Altinn2;
use crate::kit::bearer::bearer;
use crate::kit::server::PeerCertificate;
use crate::pki::organisation;

/// Parts of a request that identify its caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) headers: HeaderMap,
    uri: Uri,
    certificate: Option<PeerCertificate>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let certificate = Extension::<PeerCertificate>::from_request_parts(parts, state).await;
        Ok(Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            certificate: certificate.ok().map(|Extension(peer)| peer),
        })
    }
}

impl Call {
    /// Authenticates the caller of an interface for enterprises, with an API key for `resource`,
    /// and one of `scopes` if it uses a token.
    pub(super) fn enterprise(
        &self,
        altinn2: &Altinn2,
        resource: Resource,
        scopes: &[&str],
    ) -> Result<Caller, Refusal> {
        let key = altinn2.keys.shown(&self.headers)?;
        let caller = self.organisation(altinn2)?;
        let is_good = |key: &ApiKey| {
            let system = caller.supplier.as_ref().unwrap_or(&caller.consumer);
            key.is_for(resource) && key.organisation == *system
        };
        if !key.as_ref().is_some_and(is_good) {
            return Err(refusal::KEY);
        }
        caller.with_one_of(scopes)
    }

    /// Returns the logged-in organisation.
    pub(super) fn organisation(&self, altinn2: &Altinn2) -> Result<Caller, Refusal> {
        if let Some(number) = self.certified() {
            return Ok(Caller {
                consumer: number,
                supplier: None,
                scope: None,
            });
        }
        let claims = bearer(&self.headers)
            .and_then(|token| altinn2.tokens.verify(altinn2.clock.now(), token).ok())
            .filter(|claims| is_meant_for_us(claims, &altinn2.origins.interfaces));
        claims
            .as_ref()
            .and_then(Caller::from_claims)
            .ok_or(refusal::NO_ORGANISATION)
    }

    /// Returns the organisation of the certificate, if the address requires one.
    pub(super) fn certified(&self) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let is_forced = form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| name.eq_ignore_ascii_case("ForceEIAuthentication"));
        let PeerCertificate(certificate) = self.certificate.as_ref().filter(|_| is_forced)?;
        organisation(certificate)
    }

    /// Returns the value of the query's parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }
}

/// Returns whether the token was requested with `resource`: the origin, with a slash.
fn is_meant_for_us(claims: &Value, origin: &str) -> bool {
    claims["aud"]
        .as_str()
        .is_some_and(|audience| audience.strip_suffix('/').unwrap_or(audience) == origin)
}
