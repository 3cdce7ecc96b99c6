//! Tokens: what a login gives, and what it may do until it expires.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::names::{KEY, VARIABLES};
use crate::kit::clock::between;
use crate::kit::random;

/// Lifetime of a token of the app's role: the role's `token_ttl`.
const LEASE: Duration = Duration::minutes(20);

/// Policies of a token of the app's role: its own, and `default`.
const POLICIES: [&str; 2] = ["default", "vestbanken-sign"];

/// Capability of a policy on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capability {
    Read,
    Update,
    /// Create, delete, list or patch: no policy here has them.
    Other,
}

/// Tokens issued by logins.
#[derive(Default)]
pub(super) struct Tokens(BTreeMap<String, Token>);

/// Token issued by a login.
#[derive(Clone)]
pub(super) struct Token {
    id: String,
    accessor: String,
    issued: OffsetDateTime,
}

impl Tokens {
    /// Issues a token at `now`, and removes expired ones.
    pub(super) fn issue(
        &mut self,
        now: OffsetDateTime,
    ) -> Result<Token, aws_lc_rs::error::Unspecified> {
        self.0.retain(|_, token| token.holds(now));
        let token = Token {
            id: format!("hvs.{}", random::token()?),
            accessor: random::token()?,
            issued: now,
        };
        self.0.insert(token.id.clone(), token.clone());
        Ok(token)
    }

    /// Returns the token, if it is still valid at `now`.
    pub(super) fn find(&self, id: &str, now: OffsetDateTime) -> Option<&Token> {
        self.0.get(id).filter(|token| token.holds(now))
    }
}

impl Token {
    fn holds(&self, now: OffsetDateTime) -> bool {
        now < self.issued.saturating_add(LEASE)
    }

    /// Returns whether the role's policies let it do this. `path` begins after `/v1/`.
    pub(super) fn permits(path: &str, capability: Capability) -> bool {
        let key = |path: &str| path.split('/').next() == Some(KEY);
        match capability {
            Capability::Read => {
                path == "auth/token/lookup-self" || path.strip_prefix("transit/keys/") == Some(KEY)
            }
            Capability::Update => ["transit/sign/", "transit/verify/"]
                .iter()
                .any(|engine| path.strip_prefix(engine).is_some_and(key)),
            Capability::Other => false,
        }
    }

    /// Returns `auth` of the answer to a login.
    pub(super) fn auth(&self) -> Value {
        json!({
            "client_token": self.id,
            "accessor": self.accessor,
            "policies": POLICIES,
            "token_policies": POLICIES,
            "metadata": { "role_name": "innsyn" },
            "lease_duration": LEASE.whole_seconds(),
            "renewable": true,
            "entity_id": "",
            "token_type": "service",
            "orphan": true,
            "mfa_requirement": null,
            "num_uses": 0,
        })
    }

    /// Returns the description for the token's holder.
    pub(super) fn about(&self, now: OffsetDateTime) -> Value {
        let expires = self.issued.saturating_add(LEASE);
        json!({
            "accessor": self.accessor,
            "creation_time": self.issued.unix_timestamp(),
            "creation_ttl": LEASE.whole_seconds(),
            "display_name": "approle",
            "entity_id": "",
            "expire_time": expires.format(&Rfc3339).unwrap_or_default(),
            "explicit_max_ttl": 0,
            "id": self.id,
            "issue_time": self.issued.format(&Rfc3339).unwrap_or_default(),
            "meta": { "role_name": "innsyn" },
            "num_uses": 0,
            "orphan": true,
            "path": "auth/approle/login",
            "policies": POLICIES,
            "renewable": true,
            "ttl": between(now, expires).whole_seconds(),
            "type": "service",
        })
    }
}

/// Returns whether the policy `innsyn-variables` lets its token do this.
pub(super) fn reads_variables(path: &str, capability: Capability) -> bool {
    let secret = path.strip_prefix("secret/data/");
    let variable = secret.is_some_and(|secret| secret.starts_with(VARIABLES));
    capability == Capability::Read && (variable || path == "auth/token/lookup-self")
}

/// Describes a token without an expiry for its holder.
pub(super) fn about_fixed(id: &str, policy: &str, path: &str) -> Value {
    json!({
        "accessor": policy,
        "creation_time": 0,
        "creation_ttl": 0,
        "display_name": policy,
        "entity_id": "",
        "expire_time": null,
        "explicit_max_ttl": 0,
        "id": id,
        "meta": null,
        "num_uses": 0,
        "orphan": true,
        "path": path,
        "policies": [policy],
        "ttl": 0,
        "type": "service",
    })
}
