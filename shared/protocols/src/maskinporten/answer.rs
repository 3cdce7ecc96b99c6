//! Answers of Maskinporten's token endpoint.
//!
//! The checks run in this order: status, media type, body. The body never enters an error, since it
//! may hold a token.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;

use super::refusal::{Refusal, is_json};
use innsyn_core::platform::Response;
use innsyn_core::secret::Secret;

/// New access token. It is opaque to the client, as its issuer requires (Digdir, "Access token").
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenResponse {
    /// The token.
    pub access_token: Secret<String>,
    /// Lifetime of the token, from now.
    pub lifetime: Duration,
    /// Granted scopes, separated by spaces.
    pub scope: String,
}

#[derive(Deserialize)]
struct Body {
    access_token: String,
    token_type: String,
    expires_in: u64,
    #[serde(default)]
    scope: Option<String>,
}

/// Parses the answer to a grant for `scope`. `now` serves to report clock skew.
///
/// # Errors
/// [`Refusal`] if Maskinporten refused the grant or the answer is not a valid token for `scope`.
pub fn read(
    answer: &Response,
    scope: &str,
    now: OffsetDateTime,
) -> Result<TokenResponse, Box<Refusal>> {
    if answer.status() != StatusCode::OK {
        return Err(Box::new(Refusal::read(answer, now)));
    }
    minted(answer, scope).map_err(|reason| Box::new(Refusal::unreadable(answer.status(), reason)))
}

fn minted(answer: &Response, scope: &str) -> Result<TokenResponse, &'static str> {
    if !is_json(answer) {
        return Err("the answer is not JSON");
    }
    let body: Body =
        serde_json::from_slice(answer.body()).map_err(|_| "the answer is not a token")?;
    if !body.token_type.eq_ignore_ascii_case("bearer") {
        return Err("the token is not a bearer token");
    }
    let token = &body.access_token;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token cannot be sent in a header");
    }
    let granted = body.scope.unwrap_or_else(|| scope.to_owned());
    let has = |wanted| {
        granted
            .split_ascii_whitespace()
            .any(|scope| scope == wanted)
    };
    if !scope.split(' ').all(has) {
        return Err("the token lacks a scope that was asked for");
    }
    Ok(TokenResponse {
        access_token: Secret::new(body.access_token),
        lifetime: Duration::from_secs(body.expires_in),
        scope: granted,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;
    use crate::maskinporten::Class;

    fn answer(body: &str, media_type: &'static str) -> Result<TokenResponse, Box<Refusal>> {
        let mut answer = Response::new(Bytes::from(body.to_owned()));
        answer.headers_mut().insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static(media_type),
        );
        read(&answer, "a b", datetime!(2026-01-01 12:00 UTC))
    }

    #[test]
    fn reads_a_token() {
        let minted = answer(
            r#"{"access_token":"x.y.z","token_type":"Bearer","expires_in":119,"scope":"b a"}"#,
            "application/json;charset=UTF-8",
        )
        .expect("a token");
        assert_eq!(minted.access_token.expose(), "x.y.z");
        assert_eq!(minted.lifetime, Duration::from_secs(119));
        assert_eq!(minted.scope, "b a");
    }

    #[test]
    fn nonsense_is_never_a_token_and_never_quoted() {
        for (body, media_type) in [
            (
                r#"{"access_token":"sesam","token_type":"Bearer","expires_in":119}"#,
                "text/html",
            ),
            ("<html>sesam</html>", "application/json"),
            (
                r#"{"access_token":"sesam","token_type":"DPoP","expires_in":119}"#,
                "application/json",
            ),
            (
                r#"{"access_token":"sesam","token_type":"Bearer","expires_in":"soon"}"#,
                "application/json",
            ),
            (
                r#"{"access_token":"","token_type":"Bearer","expires_in":119}"#,
                "application/json",
            ),
            (
                r#"{"access_token":"sesam\nsesam","token_type":"Bearer","expires_in":119}"#,
                "application/json",
            ),
            (
                r#"{"access_token":"sesam","token_type":"Bearer","expires_in":119,"scope":"ab a"}"#,
                "application/json",
            ),
        ] {
            let refusal = answer(body, media_type).expect_err(body);
            assert_eq!(refusal.class, Class::Unreadable);
            assert!(!format!("{refusal:?}").contains("sesam"), "{body}");
        }
    }
}
