//! Who calls: the customer of the bank, or another back end, by a token of the organisation's own login service.

mod customer;
mod keys;
mod login;
#[cfg(test)]
mod tests;

use http::HeaderMap;

use crate::inbound::header_once;
use crate::problem::{Kind, Problem};

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
