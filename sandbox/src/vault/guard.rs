//! Access checks in the order of the real vault: seal, token, policy.

use std::sync::Arc;

use ::http::{HeaderMap, Method};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use time::OffsetDateTime;

use super::refusal::Refusal;
use super::state::Vault;
use super::token::{Capability, Token, about_fixed, reads_variables};
use crate::kit::bearer::bearer;

/// The one path that needs no token and has a seal all the same.
pub(super) const LOGIN: &str = "auth/approle/login";

/// Checks the access of a request.
pub(super) async fn guard(
    State(vault): State<Arc<Vault>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let vault = &vault;
    if vault.state().sealed {
        return Err(Refusal::Sealed);
    }
    let path = request.uri().path();
    let path = path.strip_prefix("/v1/").unwrap_or(path);
    if path != LOGIN {
        let capability = match *request.method() {
            Method::GET | Method::HEAD => Capability::Read,
            Method::POST | Method::PUT => Capability::Update,
            _ => Capability::Other,
        };
        vault.permits(request.headers(), path, capability, vault.clock.now())?;
    }
    Ok(next.run(request).await)
}

impl Vault {
    fn permits(
        &self,
        headers: &HeaderMap,
        path: &str,
        capability: Capability,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let id = token(headers).ok_or(Refusal::NoToken)?;
        if id == self.root_token {
            return Ok(());
        }
        if id == self.variables_token {
            let permitted = reads_variables(path, capability);
            return permitted.then_some(()).ok_or(Refusal::Denied);
        }
        let known = self.state().tokens.find(id, now).is_some();
        match (known, Token::permits(path, capability)) {
            (false, _) => Err(Refusal::InvalidToken),
            (true, false) => Err(Refusal::Denied),
            (true, true) => Ok(()),
        }
    }

    /// Describes the token of a request, as the vault's look-up does.
    pub(super) fn about_token(&self, headers: &HeaderMap, now: OffsetDateTime) -> Option<Value> {
        let id = token(headers)?;
        if id == self.root_token {
            return Some(about_fixed(id, "root", "auth/token/root"));
        }
        if id == self.variables_token {
            return Some(about_fixed(id, "innsyn-variables", "auth/token/create"));
        }
        self.state()
            .tokens
            .find(id, now)
            .map(|token| token.about(now))
    }
}

/// Returns the token of a request, in either of two headers.
fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("x-vault-token")
        .and_then(|value| value.to_str().ok())
        .filter(|token| !token.is_empty())
        .or_else(|| bearer(headers))
}
