//! What the app needs to run against this sandbox: its variables, with secrets made anew at each
//! start, and its runtime configuration.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::bank;
use crate::consumer::{Consumer, Credential, FJORDBANKEN, INNLANDSBANKEN};
use crate::random;
use crate::world::World;

/// The app's secrets, other than the consumers' keys.
pub(crate) struct Secrets {
    consent_signing: ComponentKey,
    claims_signing: ComponentKey,
    consent_store: String,
    token_store: String,
    maintenance: String,
}

/// The Ed25519 key with which a component shows the token component who it is.
struct ComponentKey {
    /// 32 bytes, base64url.
    seed: String,
    /// 32 bytes, base64url.
    public: String,
}

impl Secrets {
    pub(crate) fn generate() -> anyhow::Result<Self> {
        let secret = || random::token().context("no randomness");
        Ok(Self {
            consent_signing: ComponentKey::generate()?,
            claims_signing: ComponentKey::generate()?,
            consent_store: secret()?,
            token_store: secret()?,
            maintenance: secret()?,
        })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl ComponentKey {
    fn generate() -> anyhow::Result<Self> {
        let seed = random::bytes().context("no randomness")?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).context("no Ed25519 key")?;
        Ok(Self {
            seed: URL_SAFE_NO_PAD.encode(seed),
            public: URL_SAFE_NO_PAD.encode(pair.public_key()),
        })
    }
}

/// All variables of the app, whose public address is `public_url`.
pub(crate) fn variables(
    world: &World,
    secrets: &Secrets,
    public_url: &str,
) -> BTreeMap<String, String> {
    let addresses = &world.addresses;
    let clients: Vec<_> = world.consumers.iter().map(Registration::of).collect();
    let values = [
        ("environment", "test".to_owned()),
        ("public_url", public_url.to_owned()),
        ("web_origins", addresses.bank_page.clone()),
        ("return_addresses", addresses.bank_page.clone()),
        ("consumer_organisation", FJORDBANKEN.to_owned()),
        ("consumer_organisations", INNLANDSBANKEN.to_owned()),
        ("consumer_claim", "consumer".to_owned()),
        ("login_origin", addresses.login.clone()),
        ("login_issuer", addresses.login.clone()),
        ("login_audience", bank::AUDIENCE.to_owned()),
        ("altinn_origin", addresses.altinn.clone()),
        ("altinn_page_origin", addresses.altinn_page.clone()),
        ("maskinporten_origin", addresses.maskinporten.clone()),
        ("skatteetaten_origin", addresses.skatteetaten.clone()),
        ("maskinporten_clients", json(&clients)),
        ("token_services", json(&services(secrets))),
        ("consent_signing_key", secrets.consent_signing.seed.clone()),
        ("claims_signing_key", secrets.claims_signing.seed.clone()),
        ("consent_store_key", secrets.consent_store.clone()),
        ("token_store_key", secrets.token_store.clone()),
        ("maintenance_secret", secrets.maintenance.clone()),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Trust in the sandbox's authority, and stores in memory, for the three components.
pub(crate) fn runtime_config(ca_file: &Path) -> String {
    // A JSON string is also a TOML string.
    let ca_file = json(&ca_file.to_string_lossy());
    format!(
        r#"[[client_tls]]
component_ids = ["token", "consent", "claims"]
hosts = ["localhost"]
ca_roots_file = {ca_file}

[key_value_store.consents]
type = "spin"

[key_value_store.tokens]
type = "spin"
"#
    )
}

/// One of `maskinporten_clients`.
#[derive(Debug, Serialize)]
struct Registration<'a> {
    organisation: &'a str,
    client_id: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_chain: Option<&'a [String]>,
}

impl<'a> Registration<'a> {
    fn of(consumer: &'a Consumer) -> Self {
        let (kid, certificate_chain) = match &consumer.credential {
            Credential::Registered { kid } => (Some(*kid), None),
            Credential::Certified { chain } => (None, Some(chain.as_slice())),
        };
        Self {
            organisation: consumer.organisation,
            client_id: consumer.client_id,
            key: &consumer.key,
            kid,
            certificate_chain,
        }
    }
}

/// One of `token_services`.
#[derive(Debug, Serialize)]
struct Service<'a> {
    subject: &'static str,
    public_key: &'a str,
    scopes: &'static [&'static str],
    authorization_details: &'static [&'static str],
}

fn services(secrets: &Secrets) -> [Service<'_>; 2] {
    [
        Service {
            subject: "consent",
            public_key: &secrets.consent_signing.public,
            scopes: &[
                "altinn:consentrequests.write",
                "altinn:consentrequests.read",
            ],
            authorization_details: &[],
        },
        Service {
            subject: "claims",
            public_key: &secrets.claims_signing.public,
            scopes: &[
                "altinn:consentrequests.read",
                "skatteetaten:kravogbetalinger",
            ],
            authorization_details: &["urn:altinn:consent"],
        },
    ]
}

/// What is serialised here has only text in it, which cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
