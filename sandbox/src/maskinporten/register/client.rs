//! An organisation's client.

use std::collections::BTreeSet;

use super::key::RegisteredKey;

/// An organisation's client.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Its identifier: a grant's `iss`.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What its owner says of it.
    pub description: String,
    /// Whose it is: nine digits.
    pub organisation: String,
    /// Who made it in that organisation's name, for one of the old kind: it can have no scope that is
    /// delegated, and nothing else comes of it. Assumption: tokens do not name the supplier.
    pub supplier: Option<String>,
    /// The scopes it may ask for.
    pub scopes: BTreeSet<String>,
    /// Its keys; a client with none uses an enterprise certificate.
    pub keys: Vec<RegisteredKey>,
    /// Its tokens' lifetime in seconds, where it has chosen one.
    pub token_lifetime_s: Option<i64>,
    /// Whether it is in use. Assumption: one that is not is as one that is not there.
    pub active: bool,
}

impl Client {
    /// One in use, with nothing yet.
    pub fn new(id: &str, organisation: &str) -> Self {
        Self {
            id: id.to_owned(),
            organisation: organisation.to_owned(),
            active: true,
            ..Self::default()
        }
    }
}
