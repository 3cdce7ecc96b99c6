//! The exchange of another issuer's token for Altinn's own, which Altinn's app and storage APIs ask for. The consent
//! APIs take Maskinporten's token as it is. Source: the public code and documentation of Altinn's authentication.
//!
//! Assumption: the header's `kid` and `x5t` are a thumbprint, here of the public key, as there is no certificate.

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
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::RsaKeySize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::authority::rsa_key_named;
use crate::bearer::bearer;
use crate::maskinporten::public_key;
use crate::world::World;

const ISSUER: &str = "/authentication/api/v1/openid/";

/// Minutes that an exchanged token lives, whatever is left of the one it was exchanged for.
const LIFETIME_MINUTES: i64 = 30;

/// What is not taken over from Maskinporten's token.
const NOT_COPIED: [&str; 4] = ["aud", "iss", "client_amr", "sid"];

/// The log-in of enterprise users, gone with Altinn 2.
const ENTERPRISE_USER: &str = "x-altinn-enterpriseuser-authentication";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/authentication/api/v1/exchange/{provider}", get(exchange))
        .route(
            &format!("{ISSUER}.well-known/openid-configuration/jwks"),
            get(keys),
        )
}

async fn exchange(
    State(world): State<Arc<World>>,
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
    let now = world.clock.now();
    let presented = bearer(&headers).and_then(|token| world.maskinporten.verify(now, token).ok());
    let organisation = presented.as_ref().and_then(organisation);
    let (Some(presented), Some(organisation)) = (presented, organisation) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    // Only now: with a token that does not hold, the header makes no difference.
    if headers.contains_key(ENTERPRISE_USER) {
        return gone();
    }
    let claims = claims(presented, &organisation, &issuer(&world), now);
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

fn issuer(world: &World) -> String {
    format!("{}{ISSUER}", world.addresses.altinn)
}

/// The consumer's organisation number.
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

/// Altinn's own key; made when it is first asked for, as most never do.
struct Key {
    header: String,
    private: EncodingKey,
    published: Value,
}

fn key() -> anyhow::Result<&'static Key> {
    static KEY: OnceLock<Key> = OnceLock::new();
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
        } = public_key(&pair)?
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
