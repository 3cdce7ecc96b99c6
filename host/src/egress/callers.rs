//! Callers in a file, each with a key to present or with the public keys of its credentials.

use std::collections::BTreeMap;
use std::path::Path;

use credential::{CredentialError, EGRESS, EGRESS_HEADER, Verifier, VerifyingKey, claimed_subject};
use http::header::PROXY_AUTHORIZATION;
use http::{HeaderMap, Request};
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;
use toml::Value;

use super::answer::Fault;
use super::authenticated_caller::AuthenticatedCaller;
use super::error::EgressError;
use crate::document::Document;

/// Minimum length of a key: a shorter one could be guessed.
const SHORTEST_KEY: usize = 32;

/// Callers by name, and their verified credentials.
pub(super) struct Callers {
    proofs: BTreeMap<String, Proof>,
    credentials: Verifier,
}

/// Proof of a caller's identity.
enum Proof {
    /// Key that the caller presents.
    Key(String),
    /// Credential for the request, signed under one of these keys.
    Credential(Vec<VerifyingKey>),
}

impl Callers {
    pub(super) fn read(path: &Path) -> Result<Self, EgressError> {
        let document = Document::read(path)?;
        let mut proofs = BTreeMap::new();
        // A general deserialiser's message would repeat a key.
        for (number, (name, value)) in document.table.iter().enumerate() {
            // The error omits the name too: name and key may be swapped.
            let proof = Proof::read(value).ok_or_else(|| {
                EgressError::Callers(format!(
                    "number {}, by name in alphabetical order, has neither a key of at least {SHORTEST_KEY} characters nor \
                     {{ public_key = \"…\" }}, an Ed25519 key in base64url or a list of such",
                    number.saturating_add(1)
                ))
            })?;
            proofs.insert(name.clone(), proof);
        }
        if proofs.is_empty() {
            return Err(EgressError::Callers("the file names nobody".to_owned()));
        }
        Ok(Self {
            proofs,
            credentials: Verifier::new(EGRESS),
        })
    }

    /// Identifies the caller of a request.
    pub(super) fn identify<B>(&self, request: &Request<B>) -> Result<AuthenticatedCaller, Fault> {
        let shown = shown(request.headers()).ok_or(Fault::CallerUnknown)?;
        let named = claimed_subject(shown).and_then(|name| self.proofs.get_key_value(&name));
        if let Some((name, Proof::Credential(keys))) = named {
            let path = request.uri().path_and_query();
            let path = path.map_or("/", |path| path.as_str());
            let (method, now) = (request.method().as_str(), OffsetDateTime::now_utc());
            let verified = self
                .credentials
                .verify(shown, name, keys, method, path, now);
            return Ok(AuthenticatedCaller {
                name: Some(name.clone()),
                body: Some(verified?.body()),
            });
        }
        let mut named = None;
        // All are compared, so that the time does not depend on the closest one.
        for (name, proof) in &self.proofs {
            if let Proof::Key(key) = proof
                && bool::from(key.as_bytes().ct_eq(shown.as_bytes()))
            {
                named = Some(name.clone());
            }
        }
        Ok(AuthenticatedCaller {
            name: Some(named.ok_or(Fault::CallerUnknown)?),
            body: None,
        })
    }
}

impl Proof {
    fn read(value: &Value) -> Option<Self> {
        if let Value::String(key) = value {
            return (key.len() >= SHORTEST_KEY).then(|| Self::Key(key.clone()));
        }
        let table = value.as_table().filter(|table| table.len() == 1)?;
        let texts = match table.get("public_key")? {
            one @ Value::String(_) => std::slice::from_ref(one),
            several => several.as_array()?.as_slice(),
        };
        let keys = texts.iter().map(|text| VerifyingKey::parse(text.as_str()?));
        let keys: Vec<_> = keys.collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self::Credential(keys))
    }
}

impl From<CredentialError> for Fault {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Signing | CredentialError::Refused => Self::CallerUnknown,
            CredentialError::Missing(_) | CredentialError::Lifetime => Self::CredentialIncomplete,
            CredentialError::Expired | CredentialError::Early => Self::CredentialExpired,
            CredentialError::OtherRequest | CredentialError::OtherBody => Self::CredentialElsewhere,
        }
    }
}

/// Returns the caller's credential. It must be in exactly one of the two headers.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let own = headers.get_all(EGRESS_HEADER).iter();
    let mut all = own.chain(headers.get_all(PROXY_AUTHORIZATION));
    let (Some(value), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, shown) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| shown.trim())
}
