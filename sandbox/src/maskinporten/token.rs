//! What a token says, in the order in which real ones say it.
//!
//! Assumptions: where `aud` and `pid` stand, for no token with them has been seen; that an opaque one
//! is 32 random bytes in base64url.

use serde::Serialize;

use super::details::Given;

/// A token's claims.
#[derive(Debug, Serialize)]
pub(super) struct TokenClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_details: Option<[Given; 1]>,
    pub(super) scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supplier: Option<Organisation>,
    pub(super) iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<&'a str>,
    pub(super) client_amr: &'a str,
    pub(super) token_type: &'a str,
    pub(super) exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delegation_source: Option<&'a str>,
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
    /// The register that numbers come from.
    pub(super) const AUTHORITY: &'static str = "iso6523-actorid-upis";
    /// What stands before a Norwegian organisation's number.
    pub(super) const NORWEGIAN: &'static str = "0192:";

    /// That of nine digits.
    pub(super) fn of(number: &str) -> Self {
        Self {
            authority: Self::AUTHORITY,
            id: format!("{}{number}", Self::NORWEGIAN),
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
