//! Login tokens, and ways of getting them wrong.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::customer::Customer;

/// What login tokens are for.
pub const AUDIENCE: &str = "innsyn";

/// How long a token lasts.
const LIFETIME: Duration = Duration::minutes(15);

/// How a token differs from the ordinary; `default()` is the ordinary.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Seconds from now to `exp`; negative for an expired token.
    pub expires_in: Option<i64>,
    /// Claims in place of the ordinary ones, or beside them; `null` takes a claim away.
    pub claims: BTreeMap<String, Value>,
    /// How it is signed.
    pub signature: Signature,
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Signature {
    /// By the login service.
    #[default]
    Genuine,
    /// By a key that nobody knows, under the `kid` of the login service's.
    ForeignKey,
    /// By a key that nobody knows, under a `kid` that nobody knows.
    UnknownKey,
    /// Not at all: `alg` is `none`.
    None,
    /// With HS256 and the public key as the secret.
    PublicKeyAsSecret,
}

impl Overrides {
    /// With one claim changed.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// With another signature.
    #[must_use]
    pub const fn signed(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }

    /// With another time left.
    #[must_use]
    pub const fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_in = Some(seconds);
        self
    }
}

/// The claims of the customer's token.
pub(super) fn claims(
    issuer: &str,
    now: OffsetDateTime,
    customer: &Customer,
    overrides: &Overrides,
) -> Value {
    let at = now.unix_timestamp();
    let mut claims = json!({
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": customer.subject,
        "pid": customer.pid,
        "organisations": customer.organisations,
        "consumer": customer.bank,
        "iat": at,
        "exp": at.saturating_add(overrides.expires_in.unwrap_or(LIFETIME.whole_seconds())),
        "jti": Uuid::new_v4(),
    });
    if let Some(members) = claims.as_object_mut() {
        members.extend(overrides.claims.clone());
        members.retain(|_, value| !value.is_null());
    }
    claims
}
