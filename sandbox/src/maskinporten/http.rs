//! Maskinporten's routes: metadata, keys and tokens.
//!
//! Assumptions: the answers to a request that is no grant follow RFC 6749; a body of another type
//! than a form's is not read. `Date` is the sandbox's time, so that a client can see how far its
//! own clock is from it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::header::{self, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::details::TYPES;
use super::issue::IssuedToken;
use super::keys::PublishedKey;
use super::refusal::Refusal;
use super::state::Maskinporten;
use super::switches::ErrorStyle;
use crate::kit::journal::JournalNote;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Cookie as set by the infrastructure of the real service. Clients must ignore it.
const COOKIE: &str = "dtCookie=v_4_srv_1_sn_SANDBOX; Path=/; Secure; HttpOnly";

const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Returns the routes of Maskinporten.
pub fn router(maskinporten: Arc<Maskinporten>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/jwk", get(keys))
        .route("/token", post(token))
        .layer(map_response_with_state(maskinporten.clone(), dated))
        .with_state(maskinporten)
}

async fn dated(State(maskinporten): State<Arc<Maskinporten>>, mut response: Response) -> Response {
    let date = maskinporten.clock.now().format(DATE).unwrap_or_default();
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// RFC 8414, in the order of the real document.
#[derive(Debug, Serialize)]
struct Metadata {
    authorization_details_types_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 1],
    issuer: String,
    jwks_uri: String,
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 1],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
}

async fn metadata(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Metadata> {
    let wrong = maskinporten.switches().metadata_issuer;
    Json(Metadata {
        authorization_details_types_supported: TYPES,
        grant_types_supported: [GRANT_TYPE],
        issuer: wrong.unwrap_or_else(|| maskinporten.issuer().to_owned()),
        jwks_uri: maskinporten.address_of("jwk"),
        token_endpoint: maskinporten.address_of("token"),
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS256", "RS384", "RS512"],
    })
}

/// Published keys as a JWK Set.
#[derive(Debug, Serialize)]
struct KeySet {
    keys: Vec<PublishedKey>,
}

async fn keys(State(maskinporten): State<Arc<Maskinporten>>) -> Json<KeySet> {
    Json(KeySet {
        keys: maskinporten.tokens.ring().published(),
    })
}

async fn token(
    State(maskinporten): State<Arc<Maskinporten>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parameters = Parameters {
        query: query.unwrap_or_default(),
        form: form(&headers, &body),
    };
    let answer = parameters
        .assertion()
        .and_then(|assertion| maskinporten.issue(&assertion, maskinporten.clock.now()));
    let mut response = match answer {
        Ok(IssuedToken {
            answer,
            warning: None,
        }) => Json(answer).into_response(),
        Ok(IssuedToken {
            answer,
            warning: Some(warning),
        }) => (Extension(JournalNote(warning.to_owned())), Json(answer)).into_response(),
        Err(refusal) => refused(&refusal, &maskinporten),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SET_COOKIE, HeaderValue::from_static(COOKIE));
    response
}

/// Parameters in the address and in the body.
struct Parameters<'a> {
    query: String,
    form: &'a [u8],
}

impl Parameters<'_> {
    fn assertion(&self) -> Result<Cow<'_, str>, Refusal> {
        let grant_type = self.one("grant_type")?;
        if grant_type != GRANT_TYPE {
            return Err(Refusal::GrantType);
        }
        self.one("assertion")
    }

    fn one(&self, name: &'static str) -> Result<Cow<'_, str>, Refusal> {
        let in_query = url::form_urlencoded::parse(self.query.as_bytes());
        let mut values = in_query
            .chain(url::form_urlencoded::parse(self.form))
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.is_empty() => Ok(value),
            _ => Err(Refusal::Parameter(name)),
        }
    }
}

fn form<'a>(headers: &HeaderMap, body: &'a [u8]) -> &'a [u8] {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|value| {
        value
            .trim_start()
            .starts_with("application/x-www-form-urlencoded")
    });
    if is_form { body } else { &[] }
}

/// RFC 6749 §5.2, with the code as the last part of `error_uri`.
#[derive(Debug, Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<String>,
}

fn refused(refusal: &Refusal, maskinporten: &Maskinporten) -> Response {
    let (status, error, code) = refusal.class();
    let trace = Uuid::new_v4();
    let body = match maskinporten.switches().error_style {
        ErrorStyle::Traced => ErrorBody {
            error,
            error_description: format!("{refusal} (trace_id: {})", trace.simple()),
            error_uri: code.map(|code| maskinporten.address_of(&format!("errors/{code}"))),
        },
        ErrorStyle::Legacy => ErrorBody {
            error,
            error_description: format!("{refusal} (correlation id: {trace})"),
            error_uri: None,
        },
    };
    let note = JournalNote(format!("{} {refusal}", code.unwrap_or(error)));
    (status, Extension(note), Json(body)).into_response()
}
