//! Defective consent tokens, which the real Altinn never issued and which a verifying consumer must
//! refuse.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::proof::LIFETIME;
use super::switches::Proofs;
use crate::population::INNLANDSBANKEN;

/// Nordlys Handel AS, a party without this consent.
const ANOTHER_PARTY: &str = "314055403";

/// Builds the defective token's claims.
pub(super) fn claims(proofs: Proofs, good: &Value) -> Value {
    let moment = |name| good.get(name).and_then(Value::as_i64).unwrap_or_default();
    let earlier = |name| (name, json!(moment(name).saturating_sub(2 * LIFETIME)));
    let others = match proofs {
        Proofs::Good | Proofs::UnknownKey => vec![],
        Proofs::Tampered | Proofs::AnotherParty => vec![("OfferedBy", json!(ANOTHER_PARTY))],
        Proofs::AnotherConsumer => vec![("CoveredBy", json!(INNLANDSBANKEN))],
        Proofs::AnotherService => vec![("Services", json!("5929_202301"))],
        Proofs::Expired => vec![earlier("iat"), earlier("nbf"), earlier("exp")],
    };
    let mut claims = good.clone();
    if let Some(members) = claims.as_object_mut() {
        members.extend(
            others
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    claims
}

/// Returns the signed token with other claims.
pub(super) fn tampered(signed: &str, claims: &Value) -> anyhow::Result<String> {
    let (header, rest) = signed.split_once('.').context("a token has a header")?;
    let (_, signature) = rest.split_once('.').context("a token has a signature")?;
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    Ok(format!("{header}.{claims}.{signature}"))
}
