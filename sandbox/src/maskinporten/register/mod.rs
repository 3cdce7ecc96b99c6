//! Who may ask for what: organisations, their clients with keys, scopes, and which organisation has
//! been granted which scope.

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

/// The integration type of Maskinporten's own clients.
pub const INTEGRATION_TYPE: &str = "maskinporten";

/// All registrations.
#[derive(Clone, Debug, Default)]
pub struct Register {
    organisations: BTreeMap<String, String>,
    clients: BTreeMap<String, Client>,
    scopes: BTreeMap<String, Scope>,
    /// By scope and organisation: whether access is granted, or withdrawn after it was.
    access: BTreeMap<(String, String), bool>,
}

impl Register {
    /// Adds an organisation, in place of one with the same number.
    pub fn add_organisation(&mut self, number: &str, name: &str) {
        self.organisations
            .insert(number.to_owned(), name.to_owned());
    }

    /// Every organisation's number and name.
    pub(super) fn organisations(&self) -> &BTreeMap<String, String> {
        &self.organisations
    }

    /// Adds a client, in place of one with the same identifier.
    pub fn add_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    /// The client `id`, in use or not.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// The client `id`, to be changed.
    pub fn client_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.clients.get_mut(id)
    }

    /// Every client, in use or not.
    pub(super) fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// Adds a scope, in place of one with the same name.
    pub fn add_scope(&mut self, name: &str, scope: Scope) {
        self.scopes.insert(name.to_owned(), scope);
    }

    /// The scope `name`, in use or not.
    pub(super) fn scope(&self, name: &str) -> Option<&Scope> {
        self.scopes.get(name)
    }

    /// The scope `name`, to be changed.
    pub fn scope_mut(&mut self, name: &str) -> Option<&mut Scope> {
        self.scopes.get_mut(name)
    }

    /// Every scope by its name, in use or not.
    pub(super) fn scopes(&self) -> &BTreeMap<String, Scope> {
        &self.scopes
    }

    /// The API owner grants `scope` to `organisation`.
    pub fn grant(&mut self, scope: &str, organisation: &str) {
        let key = (scope.to_owned(), organisation.to_owned());
        self.access.insert(key, true);
    }

    /// The API owner withdraws `scope` from `organisation`.
    pub fn withdraw(&mut self, scope: &str, organisation: &str) {
        let key = (scope.to_owned(), organisation.to_owned());
        self.access.insert(key, false);
    }

    /// Whom the API owner has decided about, and whether they have access to `scope`.
    pub(super) fn access_to(&self, scope: &str) -> impl Iterator<Item = (&str, bool)> {
        self.access
            .iter()
            .filter(move |((name, _), _)| name == scope)
            .map(|((_, organisation), granted)| (organisation.as_str(), *granted))
    }

    /// Whether `organisation` may have `scope`: it has been granted it, or everybody may.
    pub(super) fn is_granted(&self, scope: &str, organisation: &str) -> bool {
        let open = self
            .scope(scope)
            .is_some_and(|scope| scope.accessible_for_all);
        let key = (scope.to_owned(), organisation.to_owned());
        open || self.access.get(&key) == Some(&true)
    }
}
