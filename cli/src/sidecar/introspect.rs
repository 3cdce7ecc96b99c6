//! `POST /api/v1/introspect`: token introspection (after RFC 7662 §2), with the validity and claims
//! of a Maskinporten token.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::maskinporten::Maskinporten;
use super::provider::IdentityProvider;

/// Request to validate a token.
#[derive(Deserialize)]
pub(super) struct IntrospectRequest {
    pub(super) token: String,
    pub(super) identity_provider: IdentityProvider,
}

/// Answer, always with status 200.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Introspection {
    /// The token is valid, with these claims.
    Active(Map<String, Value>),
    /// The token is not valid, for this reason.
    Inactive(String),
}

impl IntrospectRequest {
    /// Validates the token.
    pub(super) async fn answer(&self, maskinporten: Option<&Maskinporten>) -> Introspection {
        if let Err(reason) = self.identity_provider.expect_maskinporten() {
            return Introspection::Inactive(reason);
        }
        let Some(maskinporten) = maskinporten else {
            let reason = "introspection of Maskinporten's tokens is not enabled: the sidecar was started without --maskinporten";
            return Introspection::Inactive(reason.to_owned());
        };
        match maskinporten.validate(&self.token).await {
            Ok(claims) => Introspection::Active(claims),
            Err(reason) => Introspection::Inactive(reason),
        }
    }
}

impl IntoResponse for Introspection {
    fn into_response(self) -> Response {
        let body = match self {
            Self::Active(mut claims) => {
                // The answer's own members override claims of the same name.
                claims.remove("error");
                claims.insert("active".to_owned(), Value::Bool(true));
                Value::Object(claims)
            }
            Self::Inactive(reason) => json!({"active": false, "error": reason}),
        };
        Json(body).into_response()
    }
}
