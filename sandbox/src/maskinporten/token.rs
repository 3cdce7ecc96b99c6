//! What a token says, in the order in which real ones say it.
//!
//! Assumption: where `aud` and `pid` stand; no token with them has been seen.

use serde::Serialize;

use super::details::GivenConsent;

/// A token's claims.
#[derive(Debug, Serialize)]
pub(super) struct TokenClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_details: Option<[GivenConsent; 1]>,
    pub(super) scope: &'a str,
    pub(super) iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<&'a str>,
    pub(super) client_amr: &'a str,
    pub(super) token_type: &'a str,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) client_id: &'a str,
    pub(super) jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pid: Option<&'a str>,
    pub(super) consumer: Organisation,
}

/// An organisation, as ISO 6523 names it.
#[derive(Debug, Serialize)]
pub(super) struct Organisation {
    authority: &'static str,
    #[serde(rename = "ID")]
    id: String,
}

impl Organisation {
    /// That of nine digits.
    pub(super) fn of(number: &str) -> Self {
        Self {
            authority: "iso6523-actorid-upis",
            id: format!("0192:{number}"),
        }
    }
}

/// The answer to a grant.
#[derive(Debug, Serialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: i64,
    pub(super) scope: String,
}
