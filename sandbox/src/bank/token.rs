//! Login tokens, valid and defective.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::customer::Customer;
use crate::population::FJORDBANKEN;

/// Audience of login tokens.
pub const AUDIENCE: &str = "innsyn";

/// `client_id` of a back end of the bank's, which logs in as itself.
pub const BACK_END: &str = "case-work";

/// Lifetime of a token.
const LIFETIME: Duration = Duration::minutes(15);

/// Deviations of a token from the ordinary; `default()` is the ordinary.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Seconds from now to `exp`; negative for an expired token.
    pub expires_in: Option<i64>,
    /// Claims that replace or complete the ordinary ones; `null` removes a claim.
    pub claims: BTreeMap<String, Value>,
    /// Kind of signature.
    pub signature: Signature,
}

/// Kind of a token's signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Signature {
    /// Signed by the login service.
    #[default]
    Genuine,
    /// Signs with an unknown key, under the `kid` of the login service's.
    ForeignKey,
    /// Signs with an unknown key, under an unknown `kid`.
    UnknownKey,
    /// Leaves the token unsigned: `alg` is `none`.
    None,
    /// Authenticates with HS256, with the public key as the secret.
    PublicKeyAsSecret,
}

impl Overrides {
    /// Sets or replaces one claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the kind of signature.
    #[must_use]
    pub const fn signed(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }

    /// Sets the remaining lifetime in seconds.
    #[must_use]
    pub const fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_in = Some(seconds);
        self
    }
}

/// Returns the claims of the customer's token.
pub(super) fn claims(
    issuer: &str,
    now: OffsetDateTime,
    customer: &Customer,
    overrides: &Overrides,
) -> Value {
    let who = json!({
        "sub": customer.subject,
        "pid": customer.pid,
        "organisations": customer.organisations,
        "consumer": customer.bank,
    });
    complete(issuer, now, who, overrides)
}

/// Returns the claims of the token of [`BACK_END`], as RFC 9068 §2.2 has them for the client
/// credentials grant.
pub(super) fn back_end_claims(issuer: &str, now: OffsetDateTime, overrides: &Overrides) -> Value {
    let who = json!({
        "sub": BACK_END,
        "client_id": BACK_END,
        "consumer": FJORDBANKEN,
        "scope": "innsyn:persons",
    });
    complete(issuer, now, who, overrides)
}

fn complete(issuer: &str, now: OffsetDateTime, who: Value, overrides: &Overrides) -> Value {
    let at = now.unix_timestamp();
    let mut claims = json!({
        "iss": issuer,
        "aud": AUDIENCE,
        "iat": at,
        "exp": at.saturating_add(overrides.expires_in.unwrap_or(LIFETIME.whole_seconds())),
        "jti": Uuid::new_v4(),
    });
    if let (Some(members), Value::Object(who)) = (claims.as_object_mut(), who) {
        members.extend(who);
        members.extend(overrides.claims.clone());
        members.retain(|_, value| !value.is_null());
    }
    claims
}
