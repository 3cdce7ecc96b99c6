//! Claims of a token, in the order of real ones.
//!
//! Assumptions: the places of `aud` and `pid`, since no token with them has been seen; an opaque
//! one is 32 random bytes in base64url.

use serde::Serialize;

use super::details::TokenDetails;
use super::organisation::Organisation;

/// Claims of an access token.
#[derive(Debug, Serialize)]
pub(super) struct TokenClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_details: Option<[TokenDetails; 1]>,
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

/// Token response (RFC 6749 §5.1).
#[derive(Debug, Serialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: i64,
    pub(super) scope: String,
}
