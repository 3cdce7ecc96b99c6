//! Organisation that calls an interface.

use serde_json::Value;

use super::refusal::{self, Refusal};

/// Calling organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Caller {
    /// Organisation number of the consumer.
    pub(super) consumer: String,
    /// Supplier that acts for the consumer, by Maskinporten's delegation.
    pub(super) supplier: Option<String>,
    /// `None` with a certificate, which knows no scopes.
    pub(super) scope: Option<String>,
}

impl Caller {
    pub(super) fn from_claims(claims: &Value) -> Option<Self> {
        let number = |claim: &str| {
            let identifier = claims.get(claim)?.get("ID")?.as_str()?;
            identifier.strip_prefix("0192:").map(str::to_owned)
        };
        Some(Self {
            consumer: number("consumer")?,
            supplier: number("supplier"),
            scope: Some(claims["scope"].as_str().unwrap_or_default().to_owned()),
        })
    }

    /// Returns the caller, if it has no token or a token with one of the scopes.
    pub(super) fn with_one_of(self, scopes: &[&str]) -> Result<Self, Refusal> {
        let has = |scope: &String| scope.split(' ').any(|held| scopes.contains(&held));
        if self.scope.as_ref().is_none_or(has) {
            Ok(self)
        } else {
            Err(refusal::SCOPE)
        }
    }
}
