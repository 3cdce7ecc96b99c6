//! Keys, tokens and settings for the tests, in one place. Nothing here is used anywhere else.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::config::{KeySetStore, Raw, Settings as _, TokenConfig};
use crate::context::Context;
use crate::credential::SigningKey;
use crate::inbound::VerifiedCaller;
use crate::party::{Environment, OrganisationNumber};
use crate::platform::memory::Memory;
use crate::secret::Secret;

/// A caller whose body is read without anything having been verified.
pub(crate) struct Anyone;

impl VerifiedCaller for Anyone {}

/// The default consumer, and a second one.
pub(crate) const CONSUMER: &str = "310000205";
pub(crate) const SECOND_CONSUMER: &str = "310000302";

pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "innsyn";
pub(crate) const MASKINPORTEN: &str = "https://maskinporten.example";

/// A test key, made anew in each run.
pub(crate) struct RsaKey {
    pub(crate) pem: String,
    modulus: String,
    der: Vec<u8>,
}

impl RsaKey {
    fn generate() -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = key.as_der().expect("PKCS#8");
        let modulus = key
            .public_key()
            .modulus()
            .big_endian_without_leading_zero()
            .to_vec();
        Self {
            pem: pem("PRIVATE KEY", der.as_ref()),
            modulus: URL_SAFE_NO_PAD.encode(modulus),
            der: der.as_ref().to_vec(),
        }
    }

    /// With its private members (RFC 7518 §6.3.2).
    pub(crate) fn private_jwk(&self, kid: &str, algorithm: &str) -> Value {
        let mut jwk = self.jwk(kid);
        jwk["alg"] = algorithm.into();
        let numbers = der_integers(&self.der);
        // PKCS #1 in PKCS #8: two versions, then n, e, d, p, q, dp, dq, qi.
        for (name, number) in ["d", "p", "q", "dp", "dq", "qi"].iter().zip(&numbers[4..]) {
            jwk[*name] = URL_SAFE_NO_PAD.encode(number).into();
        }
        jwk
    }

    /// As it is published.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": self.modulus, "e": "AQAB"})
    }

    /// Verifies with the other library.
    pub(crate) fn decoding(&self) -> jsonwebtoken::DecodingKey {
        jsonwebtoken::DecodingKey::from_rsa_components(&self.modulus, "AQAB").expect("a key")
    }

    pub(crate) fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = kid.map(str::to_owned);
        self.sign_under(&header, claims)
    }

    /// Under a header of the test's own.
    pub(crate) fn sign_under(&self, header: &Header, claims: &Value) -> String {
        let key = EncodingKey::from_rsa_pem(self.pem.as_bytes()).expect("a key");
        jsonwebtoken::encode(header, claims, &key).expect("a token")
    }
}

/// Every INTEGER in `der`, however deep, without its sign's zero.
fn der_integers(mut der: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = der {
        let (length, content) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let (size, rest) = rest.split_at(usize::from(*first & 0x7f));
            let length = size
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        };
        let (content, after) = content.split_at(length);
        match tag {
            0x02 => found.push(content.strip_prefix(&[0]).unwrap_or(content).to_vec()),
            0x30 | 0x04 => found.extend(der_integers(content)),
            _ => {}
        }
        der = after;
    }
    found
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// The key of the login service.
pub(crate) static LOGIN_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// The key of the client at Maskinporten.
pub(crate) static CLIENT_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// The keys of Altinn 2: what signs now, and what is announced.
pub(crate) static ALTINN_PRIMARY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
pub(crate) static ALTINN_SECONDARY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// Somebody's key.
pub(crate) static OTHER_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);

/// The claims of a customer who is logged in, at the clock of a new [`Memory`].
pub(crate) fn login_claims(now: i64) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "kari", "iat": now, "exp": now + 300,
        "pid": "02829090123", "organisations": ["313367002"],
    })
}

/// Returns the settings of the store in which public keys are shared.
pub(crate) fn key_sets() -> KeySetStore {
    KeySetStore {
        environment: Environment::Test,
        consumer: consumer(CONSUMER),
        key: Secret::new([4; 32]),
    }
}

/// The key of the component `claims`.
pub(crate) fn component_key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).expect("a seed")
}

pub(crate) fn consumer(number: &str) -> OrganisationNumber {
    OrganisationNumber::parse(number).expect("a number")
}

pub(crate) fn context(platform: &Memory) -> Context<'_, Memory> {
    Context::new(platform, "test", Duration::from_secs(9))
}

/// A key of a store: the byte and its successors.
pub(crate) fn store_key(first: u8) -> String {
    let bytes: Vec<u8> = (0..32).map(|index| first.wrapping_add(index)).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One of `maskinporten_clients`.
pub(crate) fn client(organisation: &str, keys: &Value) -> Value {
    json!({"organisation": organisation, "client_id": format!("client-{organisation}"), "keys": keys})
}

/// The variables of the token component, all valid.
pub(crate) fn token_variables() -> Vec<(&'static str, String)> {
    let clients = json!([
        client(CONSUMER, &json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}])),
        client(
            SECOND_CONSUMER,
            &json!([{"certificate_chain": ["bGVhZg==", "aXNzdWVy"], "key": CLIENT_KEY.pem}])
        ),
    ]);
    let services = json!([
        {"subject": "claims", "public_key": component_key().verifying_key().to_text(),
         "scopes": ["skatteetaten:kravogbetalinger", "a", "b"], "authorization_details": ["urn:altinn:consent"], "sweep": true},
        {"subject": "backend", "scopes": ["a"]},
        {"subject": "accounting", "public_key": component_key().verifying_key().to_text(), "scopes": ["a"],
         "authorization_details": ["urn:altinn:systemuser"], "consumer_orgs": ["313367002"], "pid": true},
    ]);
    [
        ("environment", "test"),
        ("consumer_organisation", CONSUMER),
        ("consumer_organisations", SECOND_CONSUMER),
        ("consumer_claim", ""),
        ("login_origin", ISSUER),
        ("login_jwks_path", "/jwks"),
        ("login_issuer", ISSUER),
        ("login_audience", AUDIENCE),
        ("login_party_claim", "pid"),
        ("login_organisations_claim", "organisations"),
        ("key_set_store_key", &store_key(4)),
        ("maskinporten_origin", MASKINPORTEN),
        ("maskinporten_clients", &clients.to_string()),
        ("token_services", &services.to_string()),
        ("vault_origin", "https://vault.example"),
        ("vault_namespace", ""),
        ("vault_token", ""),
        ("vault_role_id", "role"),
        ("vault_secret_id", "half of the secret"),
        ("token_store_key", &store_key(1)),
        ("token_store_previous_key", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

pub(crate) fn token_config() -> TokenConfig {
    token_config_with(&[])
}

/// With `changes` in place of the variables above.
pub(crate) fn token_config_with(changes: &[(&str, &str)]) -> TokenConfig {
    let mut variables = token_variables();
    for (name, value) in &mut variables {
        if let Some((_, change)) = changes.iter().find(|(changed, _)| changed == name) {
            *value = (*change).to_owned();
        }
    }
    let pairs = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    TokenConfig::resolve(&Raw::from_pairs(pairs)).expect("valid settings")
}
