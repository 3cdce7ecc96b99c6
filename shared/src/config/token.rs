//! The settings of the token component.

use serde::Deserialize;

use super::fault::ConfigError;
use super::resolve::Resolver;
use super::sections::{Consumers, Login, Origin, StoreKeys};
use super::{Raw, Settings};
use crate::credential::VerifyingKey;
use crate::maskinporten::{Client, RawClient};
use crate::party::Environment;

const CLIENTS: &str = "set it to a JSON array of {organisation, client_id, kid or certificate_chain, key}, one for each consumer";
const SERVICES: &str = "set it to a JSON array of {subject, public_key for a component, scopes, authorization_details}";

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
    /// One for each consumer.
    pub clients: Vec<Client>,
    /// Who may ask, and for what.
    pub services: Vec<TokenService>,
    /// Seals the store of tokens.
    pub store_keys: StoreKeys,
}

/// Someone who may ask for tokens.
#[derive(Clone, Debug)]
pub struct TokenService {
    /// The `sub` of its credential.
    pub subject: String,
    /// The key of one of our components; `None` for a back end with a token of the login service.
    pub public_key: Option<VerifyingKey>,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
    /// The types of `authorization_details` that it may ask for.
    pub authorization_details: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    subject: String,
    #[serde(default)]
    public_key: Option<String>,
    scopes: Vec<String>,
    #[serde(default)]
    authorization_details: Vec<String>,
}

impl Settings for TokenConfig {
    const VARIABLES: &'static [&'static str] = &[
        "environment",
        "consumer_organisation",
        "consumer_organisations",
        "consumer_claim",
        "login_origin",
        "login_jwks_path",
        "login_issuer",
        "login_audience",
        "login_party_claim",
        "login_organisations_claim",
        "maskinporten_origin",
        "maskinporten_clients",
        "token_services",
        "token_store_key",
        "token_store_previous_key",
    ];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let consumers = resolver.consumers();
        let login = resolver.login();
        let maskinporten = resolver.origin("maskinporten_origin");
        let clients = clients(&mut resolver, consumers.as_ref());
        let services = services(&mut resolver);
        let store_keys = resolver.store_keys("token_store_key", "token_store_previous_key");
        let settings = || {
            Some(Self {
                environment: environment?,
                consumers: consumers?,
                login: login?,
                maskinporten: maskinporten?,
                clients: clients?,
                services: services?,
                store_keys: store_keys?,
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
                resolver.invalid(NAME, &format!("number {} {error}", index + 1), CLIENTS);
                continue;
            }
        };
        if clients
            .iter()
            .any(|other| other.organisation == client.organisation)
        {
            resolver.invalid(NAME, &format!("has {} twice", client.organisation), CLIENTS);
        }
        clients.push(client);
    }
    for consumer in consumers.iter().flat_map(|consumers| consumers.all()) {
        if !clients
            .iter()
            .any(|client| client.organisation == *consumer)
        {
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
    for service in raw {
        let public_key = service.public_key.as_deref().map(VerifyingKey::parse);
        if matches!(public_key, Some(None)) {
            let reason = format!(
                "has a public_key for {} that is not base64url of 32 bytes",
                service.subject
            );
            resolver.invalid(NAME, &reason, SERVICES);
        }
        if services
            .iter()
            .any(|other| other.subject == service.subject)
        {
            resolver.invalid(NAME, &format!("has {} twice", service.subject), SERVICES);
        }
        services.push(TokenService {
            subject: service.subject,
            public_key: public_key.flatten(),
            scopes: service.scopes,
            authorization_details: service.authorization_details,
        });
    }
    Some(services)
}
