//! Who calls: the system, by its API key, and the organisation, by its enterprise certificate or by
//! Maskinporten's token.
//!
//! Sources: Altinn, "Virksomhet", "Scopes", "Feilsøking". The certificate is looked at only where the address has
//! `ForceEIAuthentication`, in any letter case, as the real server asked for one only then. Assumptions: that a
//! certificate goes before a token, and that the token must be meant for Altinn, which the documentation asks for.

use axum::extract::{Extension, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, Uri};
use serde_json::Value;
use url::form_urlencoded;

use super::api_key::{ApiKey, Resource};
use super::refusal::{self, Refusal};
use crate::bearer::bearer;
use crate::folkeregisteret::organisation;
use crate::server::Peer;
use crate::world::World;

/// What a request says about its caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) headers: HeaderMap,
    uri: Uri,
    certificate: Option<Peer>,
}

/// The organisation that calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Caller {
    /// Whose affair it is.
    pub(super) consumer: String,
    /// Who acts for it, by Maskinporten's delegation.
    pub(super) supplier: Option<String>,
    /// `None` with a certificate, which knows no scopes.
    scope: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let certificate = Extension::<Peer>::from_request_parts(parts, state).await;
        Ok(Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            certificate: certificate.ok().map(|Extension(peer)| peer),
        })
    }
}

impl Call {
    /// The caller of an interface for enterprises, with a key of its own for `resource`, and one of
    /// `scopes` where it comes with a token.
    pub(super) fn enterprise(
        &self,
        world: &World,
        resource: Resource,
        scopes: &[&str],
    ) -> Result<Caller, Refusal> {
        let key = world.altinn2.keys.shown(&self.headers)?;
        let caller = self.organisation(world)?;
        let is_good = |key: &ApiKey| {
            let system = caller.supplier.as_ref().unwrap_or(&caller.consumer);
            key.is_for(resource) && key.organisation == *system
        };
        if !key.as_ref().is_some_and(is_good) {
            return Err(refusal::KEY);
        }
        caller.with_one_of(scopes)
    }

    /// The organisation that is logged in.
    pub(super) fn organisation(&self, world: &World) -> Result<Caller, Refusal> {
        if let Some(number) = self.certified() {
            return Ok(Caller {
                consumer: number,
                supplier: None,
                scope: None,
            });
        }
        let claims = bearer(&self.headers)
            .and_then(|token| world.maskinporten.verify(world.clock.now(), token).ok())
            .filter(|claims| is_meant_for_us(claims, &world.addresses.altinn2));
        claims
            .as_ref()
            .and_then(Caller::of)
            .ok_or(refusal::NO_ORGANISATION)
    }

    /// The organisation of the certificate, where the address asks for one.
    pub(super) fn certified(&self) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let is_forced = form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| name.eq_ignore_ascii_case("ForceEIAuthentication"));
        let Peer(certificate) = self.certificate.as_ref().filter(|_| is_forced)?;
        organisation(certificate)
    }

    /// The value of the query's parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }
}

impl Caller {
    fn of(claims: &Value) -> Option<Self> {
        let number = |claim: &str| {
            let identifier = claims.get(claim)?.get("ID")?.as_str()?;
            identifier.strip_prefix("0192:").map(str::to_owned)
        };
        Some(Self {
            consumer: number("consumer")?,
            supplier: number("supplier"),
            scope: Some(claims["scope"].as_str().unwrap_or_default().to_owned()),
        })
    }

    /// The same, if a token has one of the scopes.
    pub(super) fn with_one_of(self, scopes: &[&str]) -> Result<Self, Refusal> {
        let has = |scope: &String| scope.split(' ').any(|held| scopes.contains(&held));
        if self.scope.as_ref().is_none_or(has) {
            Ok(self)
        } else {
            Err(refusal::SCOPE)
        }
    }
}

/// Asked for with `resource`: the origin, with a slash.
fn is_meant_for_us(claims: &Value, origin: &str) -> bool {
    claims["aud"]
        .as_str()
        .is_some_and(|audience| audience.strip_suffix('/').unwrap_or(audience) == origin)
}
