//! The settings of the token component.

use serde::Deserialize;

use super::fault::ConfigError;
use super::resolve::Resolver;
use super::sections::{Consumers, Login, Origin, StoreKeys};
use super::{Raw, Settings};
use crate::credential::VerifyingKey;
use crate::maskinporten::{Client, RawClient, Signer};
use crate::outbound::Marking;
use crate::party::{Environment, OrganisationNumber};
use crate::secret::Secret;
use crate::trace::CallerTraces;
use crate::vault::{VaultLogin, VaultSettings};

const CLIENTS: &str = "set it to a JSON array of {organisation, client_id, keys, and consumers where it is their supplier}, one for each consumer; each key has kid or certificate_chain, and key or transit";
const SERVICES: &str = "set it to a JSON array of {subject, public_key or none for a back end with a login token, scopes, authorization_details, consumer_orgs, pid, sweep}";
const VAULT: &str =
    "a client has a key in transit: set vault_token, or vault_role_id and vault_secret_id";

/// The settings of the token component.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// Where the app runs.
    pub environment: Environment,
    /// Whose tokens are minted.
    pub consumers: Consumers,
    /// Who vouches for back ends.
    pub login: Login,
    /// Where tokens are minted. The issuer is the same with a slash at the end.
    pub maskinporten: Origin,
    /// One for each consumer: its own, or its supplier's.
    pub clients: Vec<Client>,
    /// Who may ask, and for what.
    pub services: Vec<TokenService>,
    /// Where keys are that may not leave it, if a client has one there.
    pub vault: Option<VaultSettings>,
    /// Seals the store of tokens.
    pub store_keys: StoreKeys,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

/// Someone who may ask for tokens.
#[derive(Clone, Debug)]
pub struct TokenService {
    /// The `sub` of its credential.
    pub subject: String,
    /// The keys that it may sign credentials with: one, and a second while it is changed. `None` for a back end with a token
    /// of the login service.
    pub public_keys: Option<Vec<VerifyingKey>>,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
    /// The types of `authorization_details` that it may ask for.
    pub authorization_details: Vec<String>,
    /// The organisations for which it may ask as their supplier.
    pub consumer_orgs: ConsumerOrgs,
    /// Whether it may ask for tokens that are restricted to a person.
    pub pid: bool,
    /// Whether it may have the store swept.
    pub sweep: bool,
}

/// The organisations that have delegated scopes to us and that a service may ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConsumerOrgs {
    /// Any: Maskinporten knows who has delegated.
    Any,
    /// These; none, where nothing is said.
    Only(Vec<OrganisationNumber>),
}

impl ConsumerOrgs {
    /// Whether a service may ask for `organisation`.
    pub fn allow(&self, organisation: &OrganisationNumber) -> bool {
        match self {
            Self::Any => true,
            Self::Only(organisations) => organisations.contains(organisation),
        }
    }

    /// Numbers, or an asterisk alone.
    fn read(texts: &[String]) -> Option<Self> {
        if matches!(texts, [only] if only == "*") {
            return Some(Self::Any);
        }
        let numbers = texts
            .iter()
            .map(|text| OrganisationNumber::parse(text).ok());
        numbers.collect::<Option<_>>().map(Self::Only)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    subject: String,
    #[serde(default)]
    public_key: Option<PublicKeys>,
    scopes: Vec<String>,
    #[serde(default)]
    authorization_details: Vec<String>,
    #[serde(default)]
    consumer_orgs: Vec<String>,
    #[serde(default)]
    pid: bool,
    #[serde(default)]
    sweep: bool,
}

/// One key, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum PublicKeys {
    One(String),
    Several(Vec<String>),
}

impl PublicKeys {
    /// The keys, of which there is at least one.
    fn parse(&self) -> Option<Vec<VerifyingKey>> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        let keys: Option<Vec<_>> = texts.iter().map(|text| VerifyingKey::parse(text)).collect();
        keys.filter(|keys| !keys.is_empty())
    }
}

impl Settings for TokenConfig {
    const VARIABLES: &'static [&'static str] = &[
        "environment",
        "budgeted_origins",
        "consumer_organisation",
        "consumer_organisations",
        "consumer_claim",
        "login_origin",
        "login_jwks_path",
        "login_issuer",
        "login_audience",
        "login_party_claim",
        "login_organisations_claim",
        "key_set_store_key",
        "maskinporten_origin",
        "maskinporten_clients",
        "token_services",
        "vault_origin",
        "vault_namespace",
        "vault_token",
        "vault_role_id",
        "vault_secret_id",
        "token_store_key",
        "token_store_previous_key",
        "trace_from_callers",
    ];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let consumers = resolver.consumers();
        let login = resolver.login();
        let maskinporten = resolver.origin("maskinporten_origin");
        let clients = clients(&mut resolver, consumers.as_ref());
        let services = services(&mut resolver);
        let vault = vault(&mut resolver, clients.as_deref().unwrap_or_default());
        let store_keys = resolver.store_keys("token_store_key", "token_store_previous_key");
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking("token_store_key");
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
    const NAME: &str = "maskinporten_clients";
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

fn services(resolver: &mut Resolver<'_>) -> Option<Vec<TokenService>> {
    const NAME: &str = "token_services";
    let raw: Vec<RawService> = resolver.json(NAME, SERVICES)?;
    let mut services: Vec<TokenService> = Vec::new();
    for (index, service) in raw.into_iter().enumerate() {
        let number = index.saturating_add(1);
        let public_keys = service.public_key.as_ref().map(PublicKeys::parse);
        if matches!(public_keys, Some(None)) {
            let reason =
                format!("number {number} has a public_key that is not base64url of 32 bytes");
            resolver.invalid(NAME, &reason, SERVICES);
        }
        if services
            .iter()
            .any(|other| other.subject == service.subject)
        {
            resolver.invalid(
                NAME,
                &format!("number {number} has the subject of another"),
                SERVICES,
            );
        }
        let Some(consumer_orgs) = ConsumerOrgs::read(&service.consumer_orgs) else {
            let reason = format!(
                "number {number} has consumer_orgs that are neither organisation numbers nor \"*\" alone"
            );
            resolver.invalid(NAME, &reason, SERVICES);
            continue;
        };
        services.push(TokenService {
            subject: service.subject,
            public_keys: public_keys.flatten(),
            scopes: service.scopes,
            authorization_details: service.authorization_details,
            consumer_orgs,
            pid: service.pid,
            sweep: service.sweep,
        });
    }
    Some(services)
}

/// The vault, where a client has a key in it; otherwise none, whatever else is set.
fn vault(resolver: &mut Resolver<'_>, clients: &[Client]) -> Option<VaultSettings> {
    let mut keys = clients.iter().flat_map(|client| &client.keys);
    if !keys.any(|key| matches!(key.signer, Signer::Vault(_))) {
        return None;
    }
    let origin = resolver.origin("vault_origin");
    let text = |name| resolver.optional(name).map(str::to_owned);
    let namespace = text("vault_namespace");
    let login = match (
        text("vault_token"),
        text("vault_role_id"),
        text("vault_secret_id"),
    ) {
        (Some(token), None, None) => Some(VaultLogin::Token(Secret::new(token))),
        (None, Some(role_id), Some(secret_id)) => Some(VaultLogin::AppRole {
            role_id,
            secret_id: Secret::new(secret_id),
        }),
        _ => {
            resolver.invalid(
                "vault_token",
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
