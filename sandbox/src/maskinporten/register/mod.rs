//! Registrations: organisations, their clients with keys, scopes, and the grants of scopes to
//! organisations.

mod client;
mod demo;
mod key;
mod propagation;
mod scope;

use std::collections::BTreeMap;

pub use client::Client;
pub use key::RegisteredKey;
pub use scope::{Scope, TokenType, Visibility};

pub(super) use key::MAX_KEYS;
pub(super) use propagation::Registrations;

/// Integration type of clients for Maskinporten, as opposed to ID-porten.
pub const INTEGRATION_TYPE: &str = "maskinporten";

/// Registrations: organisations, clients and scopes.
#[derive(Clone, Debug, Default)]
pub struct Register {
    organisations: BTreeMap<String, String>,
    clients: BTreeMap<String, Client>,
    scopes: BTreeMap<String, Scope>,
    /// Access by scope and organisation: granted, or withdrawn after it was.
    access: BTreeMap<(String, String), bool>,
}

/// Decision of an API owner on an organisation's access to a scope.
pub(super) struct AccessDecision<'a> {
    pub(super) organisation: &'a str,
    pub(super) is_granted: bool,
}

impl Register {
    /// Adds an organisation, in place of one with the same number.
    pub fn add_organisation(&mut self, number: &str, name: &str) {
        self.organisations
            .insert(number.to_owned(), name.to_owned());
    }

    /// Returns every organisation's number and name.
    pub(super) fn organisations(&self) -> &BTreeMap<String, String> {
        &self.organisations
    }

    /// Adds a client, in place of one with the same identifier.
    pub fn add_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    /// Returns the client `id`, active or not.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// Returns the client `id` for changes.
    pub fn client_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.clients.get_mut(id)
    }

    /// Returns every client, in use or not.
    pub(super) fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// Adds a scope, in place of one with the same name.
    pub fn add_scope(&mut self, name: &str, scope: Scope) {
        self.scopes.insert(name.to_owned(), scope);
    }

    /// Returns the scope `name`, active or not.
    pub(super) fn scope(&self, name: &str) -> Option<&Scope> {
        self.scopes.get(name)
    }

    /// Returns the scope `name` for changes.
    pub fn scope_mut(&mut self, name: &str) -> Option<&mut Scope> {
        self.scopes.get_mut(name)
    }

    /// Returns every scope by its name, in use or not.
    pub(super) fn scopes(&self) -> &BTreeMap<String, Scope> {
        &self.scopes
    }

    /// Grants `scope` to `organisation`, as the API owner does.
    pub fn grant(&mut self, scope: &str, organisation: &str) {
        let key = (scope.to_owned(), organisation.to_owned());
        self.access.insert(key, true);
    }

    /// Withdraws `scope` from `organisation`, as the API owner does.
    pub fn withdraw(&mut self, scope: &str, organisation: &str) {
        let key = (scope.to_owned(), organisation.to_owned());
        self.access.insert(key, false);
    }

    /// Returns the API owner's decisions on access to `scope`.
    pub(super) fn access_to(&self, scope: &str) -> impl Iterator<Item = AccessDecision<'_>> {
        self.access
            .iter()
            .filter(move |((name, _), _)| name == scope)
            .map(|((_, organisation), is_granted)| AccessDecision {
                organisation,
                is_granted: *is_granted,
            })
    }

    /// Returns whether `organisation` may have `scope`: it has been granted it, or all may.
    pub(super) fn is_granted(&self, scope: &str, organisation: &str) -> bool {
        let open = self
            .scope(scope)
            .is_some_and(|scope| scope.accessible_for_all);
        let key = (scope.to_owned(), organisation.to_owned());
        open || self.access.get(&key) == Some(&true)
    }
}
