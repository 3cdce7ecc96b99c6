//! A client's keys. They are replaced together, and each is then a year from its end.
//!
//! Assumptions: a key has at least 2048 bits; its `alg` does not bind the grants that it signs; an
//! `exp` has not passed. A certificate (`x5c`) is not taken: the sandbox does not lock clients to
//! one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::client::missing;
use super::problem::{JsonBody, Problem};
use crate::maskinporten::register::MAX_KEYS;
use crate::maskinporten::state::Maskinporten;
use crate::maskinporten::{KidUniqueness, Register, RegisteredKey};

/// Minimum length of the modulus, in bytes.
const SHORTEST: usize = 256;

pub(super) fn routes() -> Router<Arc<Maskinporten>> {
    let keys = get(list).post(replace).put(replace).delete(remove);
    Router::new().route("/clients/{id}/jwks", keys)
}

/// Keys of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySet {
    keys: Vec<Value>,
}

/// Key in the body of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kty: String,
    #[serde(rename = "use")]
    purpose: String,
    alg: String,
    kid: String,
    e: String,
    n: String,
    /// Expiry that the key's owner requests, in Unix seconds. Not part of the standard.
    exp: Option<i64>,
}

/// The members that only a private key has.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

fn read(value: Value, now: OffsetDateTime) -> Result<RegisteredKey, Problem> {
    let wrong = |name, text: &str| Err(Problem::member(name, text));
    if PRIVATE.iter().any(|name| value.get(name).is_some()) {
        return wrong("keys", "a private key; only its public half is registered");
    }
    let key: Key = serde_json::from_value(value)
        .map_err(|error| Problem::member("keys", error.to_string()))?;
    if key.kty != "RSA" {
        return wrong("kty", "RSA alone");
    }
    if key.purpose != "sig" {
        return wrong("use", "sig alone");
    }
    if !["RS256", "RS384", "RS512"].contains(&key.alg.as_str()) {
        return wrong("alg", "RS256, RS384 or RS512");
    }
    if key.kid.is_empty() || !key.kid.bytes().all(is_in_kid) {
        return wrong("kid", "letters, digits and ._- alone");
    }
    let modulus = URL_SAFE_NO_PAD.decode(&key.n).unwrap_or_default();
    if modulus.len() < SHORTEST {
        return wrong("n", "2048 bits or more, base64url");
    }
    if URL_SAFE_NO_PAD.decode(&key.e).is_err() {
        return wrong("e", "base64url");
    }
    let expires = key.exp.map(OffsetDateTime::from_unix_timestamp);
    let expires = match expires.transpose() {
        Ok(expires) if expires.is_none_or(|expires| expires > now) => expires,
        _ => return wrong("exp", "a time to come, in Unix seconds"),
    };
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": key.alg, "kid": key.kid, "e": key.e, "n": key.n,
    });
    let jwk: Jwk =
        serde_json::from_value(jwk).map_err(|error| Problem::member("keys", error.to_string()))?;
    Ok(RegisteredKey {
        kid: key.kid,
        key: jwk,
        posted: now,
        expires,
    })
}

fn is_in_kid(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

/// Returns the public key with its expiry, as the API returns it.
fn told(key: &RegisteredKey) -> Value {
    let AlgorithmParameters::RSA(rsa) = &key.key.algorithm else {
        return Value::Null;
    };
    let algorithm = key.key.common.key_algorithm;
    json!({
        "kty": "RSA",
        "use": "sig",
        "alg": algorithm.map_or_else(|| "RS256".to_owned(), |algorithm| algorithm.to_string()),
        "kid": key.kid,
        "e": rsa.e,
        "n": rsa.n,
        "exp": key.end().unix_timestamp(),
    })
}

async fn list(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let register = maskinporten.registered();
    let client = register.client(&id).ok_or_else(missing)?;
    let keys: Vec<_> = client.keys.iter().map(told).collect();
    Ok(Json(json!({ "keys": keys })))
}

async fn replace(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
    JsonBody(set): JsonBody<KeySet>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = maskinporten.clock.now();
    let uniqueness = maskinporten.switches().kid_uniqueness;
    if set.keys.is_empty() || set.keys.len() > MAX_KEYS {
        let text = format!("one to {MAX_KEYS} keys; DELETE removes all");
        return Err(Problem::member("keys", text));
    }
    let keys = set.keys.into_iter().map(|key| read(key, now));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    let kids: BTreeSet<_> = keys.iter().map(|key| key.kid.clone()).collect();
    if kids.len() < keys.len() {
        return Err(Problem::member("kid", "two keys have the same"));
    }
    let answer: Vec<_> = keys.iter().map(told).collect();
    let replace = |register: &mut Register| {
        if uniqueness == KidUniqueness::Global
            && let Some(kid) = taken(register, &id, &kids)
        {
            let text = format!("another client has a key {kid}");
            return Err(Problem::taken(text));
        }
        register.client_mut(&id).ok_or_else(missing)?.keys = keys;
        Ok(())
    };
    maskinporten.administer(now, replace)?;
    Ok((StatusCode::CREATED, Json(json!({ "keys": answer }))))
}

/// Returns one of the `kids` that a key of another client than `id` has.
fn taken<'a>(register: &Register, id: &str, kids: &'a BTreeSet<String>) -> Option<&'a str> {
    let others = register.clients().filter(|client| client.id != id);
    let mut keys = others.flat_map(|client| &client.keys);
    keys.find_map(|key| kids.get(&key.kid).map(String::as_str))
}

async fn remove(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let remove = |register: &mut Register| {
        register.client_mut(&id).ok_or_else(missing)?.keys.clear();
        Ok(StatusCode::NO_CONTENT)
    };
    maskinporten.administer(maskinporten.clock.now(), remove)
}
