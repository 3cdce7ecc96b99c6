//! Consent tokens that the real Altinn never gave: what a consumer that verifies them must not take.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::proof::LIFETIME;
use super::switches::Proofs;
use crate::consumer::INNLANDSBANKEN;

/// Nordlys Handel AS, whose consent this is not.
const ANOTHER_PARTY: &str = "314055403";

/// What they say.
pub(super) fn claims(proofs: Proofs, mut claims: Value) -> Value {
    match proofs {
        Proofs::Good | Proofs::UnknownKey => {}
        Proofs::Tampered | Proofs::AnotherParty => claims["OfferedBy"] = json!(ANOTHER_PARTY),
        Proofs::AnotherConsumer => claims["CoveredBy"] = json!(INNLANDSBANKEN),
        Proofs::AnotherService => claims["Services"] = json!("5929_202301"),
        Proofs::Expired => {
            for name in ["iat", "nbf", "exp"] {
                let moment = claims[name].as_i64().unwrap_or_default();
                claims[name] = json!(moment - 2 * LIFETIME);
            }
        }
    }
    claims
}

/// The signed token with other claims.
pub(super) fn tampered(signed: &str, claims: &Value) -> anyhow::Result<String> {
    let (header, rest) = signed.split_once('.').context("a token has a header")?;
    let (_, signature) = rest.split_once('.').context("a token has a signature")?;
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    Ok(format!("{header}.{claims}.{signature}"))
}
