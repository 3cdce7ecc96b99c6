//! Who calls: the customer of the bank, or another back end, by a token of the organisation's own login service.

mod customer;
mod keys;
mod login;
#[cfg(test)]
mod tests;

use http::HeaderMap;

use crate::inbound::header_once;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

pub use customer::{Customer, LookupScopes};
pub use login::{BackEnd, LoginTokens};

/// The header that names the party; without it the customer asks about themself.
pub const PARTY_HEADER: &str = "innsyn-party";

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
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

/// Checks that the bearer is one of `maintenance_secret`, as a timer shows it.
pub fn expect_maintenance(headers: &HeaderMap, secrets: &[Secret<String>]) -> Result<(), Problem> {
    let shown = bearer(headers)?;
    if secrets.iter().any(|secret| same(shown, secret.expose())) {
        return Ok(());
    }
    Err(Problem::new(Kind::LoginRequired).cause("not the maintenance secret"))
}

/// Compares hashes of equal length in full, so that the time it takes says nothing about the secret.
fn same(shown: &str, secret: &str) -> bool {
    let hash = |text: &str| hmac_sha256::Hash::hash(text.as_bytes());
    let difference = hash(shown)
        .iter()
        .zip(hash(secret))
        .fold(0, |sum, (left, right)| sum | (left ^ right));
    difference == 0
}
