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

use crate::config::{Raw, Settings as _, TokenConfig};
use crate::context::Context;
use crate::credential::SigningKey;
use crate::party::OrganisationNumber;
use crate::platform::memory::Memory;

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
        }
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
        let key = EncodingKey::from_rsa_pem(self.pem.as_bytes()).expect("a key");
        let mut header = Header::new(Algorithm::RS256);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &key).expect("a token")
    }
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
/// Somebody's key.
pub(crate) static OTHER_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);

/// The claims of a customer who is logged in, at the clock of a new [`Memory`].
pub(crate) fn login_claims(now: i64) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "kari", "iat": now, "exp": now + 300,
        "pid": "02829090123", "organisations": ["313367002"],
    })
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

/// The variables of the token component, all valid.
pub(crate) fn token_variables() -> Vec<(&'static str, String)> {
    let client = |organisation: &str, identifier: (&str, Value)| json!({"organisation": organisation, "client_id": format!("client-{organisation}"), "key": CLIENT_KEY.pem, identifier.0: identifier.1});
    let clients = json!([
        client(CONSUMER, ("kid", json!("kid-1"))),
        client(
            SECOND_CONSUMER,
            ("certificate_chain", json!(["bGVhZg==", "aXNzdWVy"]))
        ),
    ]);
    let services = json!([
        {"subject": "claims", "public_key": component_key().verifying_key().to_text(),
         "scopes": ["skatteetaten:kravogbetalinger", "a", "b"], "authorization_details": ["urn:altinn:consent"]},
        {"subject": "backend", "scopes": ["a"]},
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
        ("maskinporten_origin", MASKINPORTEN),
        ("maskinporten_clients", &clients.to_string()),
        ("token_services", &services.to_string()),
        ("token_store_key", &store_key(1)),
        ("token_store_previous_key", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

pub(crate) fn token_config() -> TokenConfig {
    let variables = token_variables();
    let pairs = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    TokenConfig::resolve(&Raw::from_pairs(pairs)).expect("valid settings")
}
