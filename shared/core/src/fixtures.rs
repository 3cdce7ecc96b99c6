//! Keys, numbers and claims for tests.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made stops the test"
)]

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::context::Context;
use crate::credential::SigningKey;
use crate::party::OrganisationNumber;
use crate::platform::memory::Memory;

/// Organisation number of the default consumer.
pub const CONSUMER: &str = "310000205";
/// Organisation number of the second consumer.
pub const SECOND_CONSUMER: &str = "310000302";

/// Issuer: the login service.
pub const ISSUER: &str = "https://login.example";
/// Audience of login tokens.
pub const AUDIENCE: &str = "innsyn";
/// Origin of Maskinporten.
pub const MASKINPORTEN: &str = "https://maskinporten.example";

/// RSA test key, generated in each run.
pub struct RsaKey {
    /// Private key in PEM.
    pub pem: String,
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

    /// Returns the JWK with its private members (RFC 7518 §6.3.2).
    pub fn private_jwk(&self, kid: &str, algorithm: &str) -> Value {
        let mut jwk = self.jwk(kid);
        jwk["alg"] = algorithm.into();
        let numbers = der_integers(&self.der);
        // PKCS #1 in PKCS #8: two versions, then n, e, d, p, q, dp, dq, qi.
        for (name, number) in ["d", "p", "q", "dp", "dq", "qi"].iter().zip(&numbers[4..]) {
            jwk[*name] = URL_SAFE_NO_PAD.encode(number).into();
        }
        jwk
    }

    /// Returns the public JWK.
    pub fn jwk(&self, kid: &str) -> Value {
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": self.modulus, "e": "AQAB"})
    }

    /// Returns the verification key for the independent library.
    pub fn decoding(&self) -> jsonwebtoken::DecodingKey {
        jsonwebtoken::DecodingKey::from_rsa_components(&self.modulus, "AQAB").expect("a key")
    }

    /// Returns a token with these claims, signed with RS256.
    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = kid.map(str::to_owned);
        self.sign_under(&header, claims)
    }

    /// Returns a token with the given header.
    pub fn sign_under(&self, header: &Header, claims: &Value) -> String {
        let key = EncodingKey::from_rsa_pem(self.pem.as_bytes()).expect("a key");
        jsonwebtoken::encode(header, claims, &key).expect("a token")
    }
}

/// Returns every INTEGER in `der`, at any depth, without the leading zero of its sign.
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

/// Encodes PEM (RFC 7468).
pub fn pem(label: &str, der: &[u8]) -> String {
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

/// Key of the login service.
pub static LOGIN_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// Key of the client at Maskinporten.
pub static CLIENT_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// Signing key of Altinn 2.
pub static ALTINN_PRIMARY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// Announced next key of Altinn 2.
pub static ALTINN_SECONDARY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);
/// Unrelated key.
pub static OTHER_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);

/// Returns the claims of a logged-in customer, at the clock of a new [`Memory`].
pub fn login_claims(now: i64) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "kari", "iat": now, "exp": now + 300,
        "pid": "02829090123", "organisations": ["313367002"],
    })
}

/// Returns the key of the component `claims`.
pub fn component_key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).expect("a seed")
}

/// Parses a valid organisation number.
pub fn consumer(number: &str) -> OrganisationNumber {
    OrganisationNumber::parse(number).expect("a number")
}

/// Returns the context of a request with nine seconds left.
pub fn context(platform: &Memory) -> Context<'_, Memory> {
    Context::new(platform, "test", Duration::from_secs(9))
}

/// Returns the key of a store: the byte and its successors.
pub fn store_key(first: u8) -> String {
    let bytes: Vec<u8> = (0..32).map(|index| first.wrapping_add(index)).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}
