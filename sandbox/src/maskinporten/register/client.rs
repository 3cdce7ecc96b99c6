//! An organisation's client.

use std::collections::BTreeSet;

use super::key::RegisteredKey;

/// Registered client of an organisation.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Identifier: a grant's `iss`.
    pub id: String,
    /// Name given by the owner.
    pub name: String,
    /// Description given by the owner.
    pub description: String,
    /// Organisation number of the owner: nine digits.
    pub organisation: String,
    /// Supplier that made it in that organisation's name, for a client of the old kind, which can
    /// have no delegated scope and is otherwise the same. Assumption: tokens do not name the
    /// supplier.
    pub supplier: Option<String>,
    /// Scopes that the client may request.
    pub scopes: BTreeSet<String>,
    /// Keys; a client with none uses an enterprise certificate.
    pub keys: Vec<RegisteredKey>,
    /// Tokens' lifetime in seconds, where it has chosen one.
    pub token_lifetime_s: Option<i64>,
    /// True if it is active. Assumption: an inactive one counts as missing.
    pub active: bool,
}

impl Client {
    /// Creates an active client without keys or scopes.
    pub fn new(id: &str, organisation: &str) -> Self {
        Self {
            id: id.to_owned(),
            organisation: organisation.to_owned(),
            active: true,
            ..Self::default()
        }
    }
}
