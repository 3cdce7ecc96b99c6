//! Exchange of another issuer's token for Altinn's own, which Altinn's app and storage APIs
//! require. The other APIs accept either. Source: the public code and documentation of Altinn's
//! authentication and access management.
//!
//! Assumption: the header's `kid` and `x5t` are a thumbprint, here of the public key, as there is
//! no certificate.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use aws_lc_rs::digest;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use rcgen::RsaKeySize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::state::Altinn;
use crate::kit::bearer::bearer;
use crate::pki::{public_jwk, rsa_key_named};

const ISSUER: &str = "/authentication/api/v1/openid/";

/// Lifetime of an exchanged token in minutes, regardless of the remaining lifetime of the original.
const LIFETIME_MINUTES: i64 = 30;

/// Claims that are not copied from Maskinporten's token.
const NOT_COPIED: [&str; 4] = ["aud", "iss", "client_amr", "sid"];

/// Header of the login of enterprise users, removed with Altinn 2.
const ENTERPRISE_USER: &str = "x-altinn-enterpriseuser-authentication";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route("/authentication/api/v1/exchange/{provider}", get(exchange))
        .route(
            &format!("{ISSUER}.well-known/openid-configuration/jwks"),
            get(keys),
        )
}

async fn exchange(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(provider): Path<String>,
) -> Response {
    match provider.to_ascii_lowercase().as_str() {
        "maskinporten" => {}
        // Known, and not here: no token of theirs can be valid.
        "id-porten" | "altinnstudio" => return StatusCode::UNAUTHORIZED.into_response(),
        _ => {
            let text = "Invalid provider: use maskinporten, id-porten or altinnstudio";
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    }
    let now = altinn.clock.now();
    let presented = bearer(&headers).and_then(|token| altinn.tokens.verify(now, token).ok());
    let organisation = presented.as_ref().and_then(organisation);
    let (Some(presented), Some(organisation)) = (presented, organisation) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    // Checked last: with an invalid token, the header makes no difference.
    if headers.contains_key(ENTERPRISE_USER) {
        return gone();
    }
    let claims = claims(presented, &organisation, &issuer(&altinn), now);
    let signed = tokio::task::spawn_blocking(move || key()?.sign(&claims)).await;
    let Ok(Ok(token)) = signed else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let accept = headers.get(header::ACCEPT).map(http::HeaderValue::as_bytes);
    if accept == Some(b"application/json") {
        Json(token).into_response()
    } else {
        token.into_response()
    }
}

async fn keys() -> Response {
    match tokio::task::spawn_blocking(key).await {
        Ok(Ok(key)) => Json(json!({ "keys": [key.published] })).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Returns the claims of an exchanged token that is valid at `now`.
pub(super) fn verify(altinn: &Altinn, now: OffsetDateTime, token: &str) -> Option<Value> {
    // Where no key was made, no token was exchanged.
    let published = &KEY.get()?.published;
    let (modulus, exponent) = (published["n"].as_str()?, published["e"].as_str()?);
    let key = DecodingKey::from_rsa_components(modulus, exponent).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer(altinn)]);
    // By the sandbox's clock, below.
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation);
    let claims = claims.ok()?.claims;
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = now.unix_timestamp();
    (moment("nbf")? <= now && now < moment("exp")?).then_some(claims)
}

fn issuer(altinn: &Altinn) -> String {
    format!("{}{ISSUER}", altinn.origins.platform)
}

/// Returns the consumer's organisation number.
fn organisation(claims: &Value) -> Option<String> {
    let id = claims.pointer("/consumer/ID")?.as_str()?;
    id.strip_prefix("0192:").map(ToOwned::to_owned)
}

fn claims(mut presented: Value, organisation: &str, issuer: &str, now: OffsetDateTime) -> Value {
    let seconds = now.unix_timestamp();
    if let Some(members) = presented.as_object_mut() {
        members.retain(|name, _| !NOT_COPIED.contains(&name.as_str()));
        members.extend([
            ("iss".to_owned(), json!(issuer)),
            ("urn:altinn:orgNumber".to_owned(), json!(organisation)),
            (
                "urn:altinn:authenticatemethod".to_owned(),
                json!("maskinporten"),
            ),
            ("urn:altinn:authlevel".to_owned(), json!(3)),
            ("nbf".to_owned(), json!(seconds)),
            ("iat".to_owned(), json!(seconds)),
            (
                "exp".to_owned(),
                json!(seconds.saturating_add(LIFETIME_MINUTES * 60)),
            ),
            ("jti".to_owned(), json!(Uuid::new_v4())),
            ("sid".to_owned(), json!(Uuid::new_v4())),
        ]);
    }
    presented
}

fn gone() -> Response {
    let problem = json!({
        "type": "https://docs.altinn.studio",
        "title": "Virksomhetsbruker is no longer available",
        "status": 410,
        "detail": "Use a system user (Systembruker) or ID-porten instead",
    });
    let headers = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::GONE, headers, problem.to_string()).into_response()
}

/// Altinn's own key, generated at first use, since most sandboxes never use it.
struct Key {
    header: String,
    private: EncodingKey,
    published: Value,
}

static KEY: OnceLock<Key> = OnceLock::new();

fn key() -> anyhow::Result<&'static Key> {
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let made = Key::generate()?;
    Ok(KEY.get_or_init(|| made))
}

impl Key {
    fn generate() -> anyhow::Result<Self> {
        let pair = rsa_key_named("altinn", RsaKeySize::_2048)?;
        let Jwk {
            algorithm: AlgorithmParameters::RSA(rsa),
            ..
        } = public_jwk(&pair)?
        else {
            anyhow::bail!("an RSA key has become another");
        };
        let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).context("no modulus")?;
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &modulus);
        let mut kid = String::new();
        for byte in thumbprint.as_ref() {
            write!(kid, "{byte:02X}")?;
        }
        let x5t = URL_SAFE_NO_PAD.encode(thumbprint);
        let header = json!({ "alg": "RS256", "kid": kid, "x5t": x5t, "typ": "JWT" });
        Ok(Self {
            header: URL_SAFE_NO_PAD.encode(header.to_string()),
            private: EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?,
            published: json!({
                "kty": "RSA", "use": "sig", "alg": "RS256",
                "kid": kid, "x5t": x5t, "n": rsa.n, "e": rsa.e,
            }),
        })
    }

    fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        let message = format!(
            "{}.{}",
            self.header,
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, Algorithm::RS256)?;
        Ok(format!("{message}.{signature}"))
    }
}
