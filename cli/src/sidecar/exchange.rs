//! `POST /api/v1/token/exchange`: always refused, as texas refuses it, since Maskinporten exchanges
//! no tokens.

use axum::extract::Request;
use serde::Deserialize;

use super::answer::Refused;
use super::provider::{self, IdentityProvider};

/// Request to exchange a user's token. Its members are checked and not used.
#[derive(Deserialize)]
struct ExchangeRequest {
    identity_provider: IdentityProvider,
    #[serde(rename = "target")]
    _target: String,
    #[serde(rename = "user_token")]
    _user_token: String,
    #[serde(default, rename = "skip_cache")]
    _skip_cache: Option<bool>,
}

/// Returns the reason for the refusal.
pub(super) async fn refuse(request: Request) -> Refused {
    match provider::read::<ExchangeRequest>(request).await {
        Err(refused) => refused,
        Ok(request) => {
            let provider = request.identity_provider;
            let unsupported =
                || format!("identity provider '{provider}' does not support token exchange");
            let reason = provider.expect_maskinporten().err();
            Refused::invalid(reason.unwrap_or_else(unsupported))
        }
    }
}
