//! Authentication of callers: by a token of Maskinporten's, or by Altinn's own that it was
//! exchanged for.

use http::{HeaderMap, StatusCode};

use super::caller::Caller;
use super::exchange;
use super::state::Altinn;
use crate::kit::bearer::bearer;

/// Accepts the request's token if it has one of the scopes. The refusals have no body: 401 for the
/// token itself, 403 for the scope.
pub(super) fn authenticate(
    altinn: &Altinn,
    headers: &HeaderMap,
    any_of: &[&str],
) -> Result<Caller, StatusCode> {
    let token = bearer(headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let now = altinn.clock.now();
    let claims = altinn.tokens.verify(now, token).ok();
    let claims = claims
        .or_else(|| exchange::verify(altinn, now, token))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    Caller::from_claims(&claims, any_of)
}
