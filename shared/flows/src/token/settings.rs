//! Settings of the token component.

use super::services::{Deployment, SERVED, TokenService, services};
use innsyn_core::marks::Marking;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::maskinporten::{Client, RawClient, Signer};
use innsyn_protocols::vault::{VaultLogin, VaultSettings};
use innsyn_runtime::config::{
    COMMON, ConfigError, Consumers, Login, Raw, Resolver, Setting, Settings, StoreKeys,
};
use innsyn_runtime::settings;

settings! {
    /// Settings of the token component alone.
    OWN {
        /// Origin of Maskinporten.
        pub MASKINPORTEN_ORIGIN = Setting::required("maskinporten_origin");
        /// Clients at Maskinporten, with their keys.
        pub MASKINPORTEN_CLIENTS = Setting::required("maskinporten_clients").secret();
        VAULT_ORIGIN = Setting::with_default("vault_origin", "https://vault.invalid");
        VAULT_NAMESPACE = Setting::optional("vault_namespace");
        /// Token of the vault, which another program renews.
        pub VAULT_TOKEN = Setting::optional("vault_token").secret();
        VAULT_ROLE_ID = Setting::optional("vault_role_id");
        VAULT_SECRET_ID = Setting::optional("vault_secret_id").secret();
        TOKEN_STORE_KEY = Setting::required("token_store_key").secret();
        TOKEN_STORE_PREVIOUS_KEY = Setting::optional("token_store_previous_key").secret();
    }
}

const CLIENTS: &str = "set it to a JSON array of {organisation, client_id, keys, and consumers where it is their supplier}, one for each consumer; each key has kid or certificate_chain, and key or transit";
const VAULT: &str =
    "a client has a key in transit: set vault_token, or vault_role_id and vault_secret_id";

/// Settings of the token component.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Organisations whose tokens are minted.
    pub consumers: Consumers,
    /// Login service that authenticates back ends.
    pub login: Login,
    /// Origin of Maskinporten, which mints tokens. The issuer is the origin with a slash at the
    /// end.
    pub maskinporten: Origin,
    /// Clients: one for each consumer, its own or its supplier's.
    pub clients: Vec<Client>,
    /// Services that may request tokens, with their rights.
    pub services: Vec<TokenService>,
    /// Vault that holds the keys that must not leave it, if a client has one there.
    pub vault: Option<VaultSettings>,
    /// Keys that seal the store of tokens.
    pub store_keys: StoreKeys,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

impl Settings for TokenConfig {
    const SETTINGS: &'static [&'static [Setting]] = &[COMMON, SERVED, OWN];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let consumers = resolver.consumers();
        let login = resolver.login();
        let maskinporten = resolver.origin(MASKINPORTEN_ORIGIN.name);
        let clients = clients(&mut resolver, consumers.as_ref());
        let deployment = consumers.as_ref().zip(clients.as_deref());
        let deployment = deployment.map(|(consumers, clients)| Deployment { consumers, clients });
        let services = services(&mut resolver, deployment.as_ref());
        let vault = vault(&mut resolver, clients.as_deref().unwrap_or_default());
        let store_keys = resolver.store_keys(TOKEN_STORE_KEY.name, TOKEN_STORE_PREVIOUS_KEY.name);
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking(TOKEN_STORE_KEY.name);
        let settings = || {
            Some(Self {
                environment: environment?,
                consumers: consumers?,
                login: login?,
                maskinporten: maskinporten?,
                clients: clients?,
                services: services?,
                vault,
                store_keys: store_keys?,
                caller_traces: caller_traces?,
                marking: marking?,
            })
        };
        resolver.finish(settings())
    }
}

fn clients(resolver: &mut Resolver<'_>, consumers: Option<&Consumers>) -> Option<Vec<Client>> {
    const NAME: &str = MASKINPORTEN_CLIENTS.name;
    let raw: Vec<RawClient> = resolver.json(NAME, CLIENTS)?;
    let mut clients: Vec<Client> = Vec::new();
    for (index, client) in raw.into_iter().enumerate() {
        let client = match Client::try_from(client) {
            Ok(client) => client,
            Err(error) => {
                resolver.invalid(
                    NAME,
                    &format!("number {} {error}", index.saturating_add(1)),
                    CLIENTS,
                );
                continue;
            }
        };
        let served = std::iter::once(&client.organisation).chain(&client.consumers);
        for number in served {
            if clients.iter().any(|other| other.serves(number)) {
                resolver.invalid(NAME, &format!("has {number} twice"), CLIENTS);
            }
        }
        clients.push(client);
    }
    for consumer in consumers.iter().flat_map(|consumers| consumers.all()) {
        if !clients.iter().any(|client| client.serves(consumer)) {
            resolver.invalid(
                NAME,
                &format!("has no client for the consumer {consumer}"),
                CLIENTS,
            );
        }
    }
    Some(clients)
}

/// Returns the vault if a client has a key in it; otherwise none, whatever else is set.
fn vault(resolver: &mut Resolver<'_>, clients: &[Client]) -> Option<VaultSettings> {
    let mut keys = clients.iter().flat_map(|client| &client.keys);
    if !keys.any(|key| matches!(key.signer, Signer::Vault(_))) {
        return None;
    }
    let origin = resolver.origin(VAULT_ORIGIN.name);
    let text = |name| resolver.optional(name).map(str::to_owned);
    let namespace = text(VAULT_NAMESPACE.name);
    let login = match (
        text(VAULT_TOKEN.name),
        text(VAULT_ROLE_ID.name),
        text(VAULT_SECRET_ID.name),
    ) {
        (Some(token), None, None) => Some(VaultLogin::Token(Secret::new(token))),
        (None, Some(role_id), Some(secret_id)) => Some(VaultLogin::AppRole {
            role_id,
            secret_id: Secret::new(secret_id),
        }),
        _ => {
            resolver.invalid(
                VAULT_TOKEN.name,
                "is not the one way to log in to the vault",
                VAULT,
            );
            None
        }
    };
    Some(VaultSettings {
        origin: origin?,
        namespace,
        login: login?,
    })
}
