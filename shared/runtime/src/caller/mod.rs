//! Authentication of callers, customers of the bank and back ends, by tokens of the organisation's
//! own login service.

mod back_end;
mod claims;
mod customer;
mod login;
#[cfg(test)]
mod tests;
mod verified;
mod verified_tokens;

use http::HeaderMap;
use subtle::ConstantTimeEq as _;

use crate::header::header_once;
use innsyn_core::problem::{Kind, Problem};

pub use back_end::BackEnd;
pub use customer::{Customer, LookupScopes};
pub use login::LoginTokens;
pub use verified::{Timer, VerifiedCaller, Visitor};

/// Header that names the party; without it the customer asks about themself.
pub const PARTY_HEADER: &str = "innsyn-party";

/// Returns the token of `Authorization: Bearer …` (RFC 6750 §2.1).
///
/// # Errors
///
/// `Kind::LoginRequired` if the header is absent, repeated or of another scheme.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = header_once(headers, "authorization").map_err(|_| Kind::LoginRequired)?;
    let (scheme, token) = value
        .and_then(|value| value.split_once(' '))
        .ok_or(Kind::LoginRequired)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Kind::LoginRequired.into());
    }
    Ok(token.trim())
}

/// Compares two secrets in constant time, by hashes of equal length.
fn same(shown: &str, secret: &str) -> bool {
    let hash = |text: &str| hmac_sha256::Hash::hash(text.as_bytes());
    hash(shown).as_slice().ct_eq(hash(secret).as_slice()).into()
}
