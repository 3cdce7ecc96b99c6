//! A client's key: how Maskinporten knows it, and what signs with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jwt_simple::prelude::{RS256KeyPair, RSAKeyPairLike as _};
use keyfile::{Pem, PemError};
use serde::Deserialize;
use serde_json::Value;
use superboring::hash::MessageDigest;
use superboring::pkey::{PKey, Private};
use superboring::rsa::{Padding, Rsa};
use superboring::sign::Signer as RsaSigner;
use thiserror::Error;

/// One of a client's keys.
#[derive(Clone, Debug)]
pub struct Key {
    /// How Maskinporten knows it.
    pub identifier: KeyIdentifier,
    /// Which signatures it makes.
    pub algorithm: Algorithm,
    /// What makes them.
    pub signer: Signer,
}

impl Key {
    /// A key in PKCS#8 that signs with the usual algorithm; `None` where it is not RSA of 2048 to 4096 bits.
    pub fn of_pkcs8(identifier: KeyIdentifier, der: &[u8]) -> Option<Self> {
        let signer = RsaKey::of(&RS256KeyPair::from_der(der).ok()?)?;
        Some(Self {
            identifier,
            algorithm: Algorithm::default(),
            signer: Signer::Here(signer),
        })
    }
}

/// The signatures that Maskinporten takes (its metadata, `token_endpoint_auth_signing_alg_values_supported`).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// RSA with SHA-256, PKCS #1 v1.5.
    #[default]
    Rs256,
    /// With SHA-384.
    Rs384,
    /// With SHA-512.
    Rs512,
}

impl Algorithm {
    /// `alg` (RFC 7518 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }
}

/// How Maskinporten knows a key: exactly one of the two stands in a grant's header (Digdir, "JWT grant").
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyIdentifier {
    /// A key registered on the client.
    Kid(String),
    /// An enterprise certificate, leaf first, with or without those above it: standard base64 of DER.
    Chain(Vec<String>),
}

impl KeyIdentifier {
    /// For the log: which key is meant.
    pub fn name(&self) -> &str {
        match self {
            Self::Kid(kid) => kid,
            Self::Chain(_) => "the enterprise certificate",
        }
    }

    /// What tells two keys apart in a token's identity.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Kid(kid) => kid,
            Self::Chain(chain) => chain.first().map_or("", String::as_str),
        }
    }
}

/// What signs: a key that is here, or one that never leaves its vault.
#[derive(Clone, Debug)]
pub enum Signer {
    /// An RSA key in the app's settings.
    Here(RsaKey),
    /// A key in the transit engine of a vault.
    Vault(TransitKey),
}

/// An RSA key of 2048 to 4096 bits. It cannot be printed.
#[derive(Clone)]
pub struct RsaKey(Box<PKey<Private>>);

impl RsaKey {
    /// The signature of `message`, made with the library beneath jwt-simple, which itself has no way to write `x5c`.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let digest = match algorithm {
            Algorithm::Rs256 => MessageDigest::sha256(),
            Algorithm::Rs384 => MessageDigest::sha384(),
            Algorithm::Rs512 => MessageDigest::sha512(),
        };
        let mut signer = RsaSigner::new(digest, &self.0).ok()?;
        signer.set_rsa_padding(Padding::PKCS1).ok()?;
        signer.update(message).ok()?;
        signer.sign_to_vec().ok()
    }

    /// Reads every key of a PEM text that is RSA of 2048 to 4096 bits.
    ///
    /// # Errors
    ///
    /// Returns [`PemError`] if the text has no key, or a block that cannot be read.
    pub(crate) fn all_of_pem(pem: &str) -> Result<Vec<Self>, PemError> {
        let pem = Pem::read(pem.as_bytes());
        let keys = pem.private_keys()?;
        let keys = keys
            .iter()
            .filter_map(|(_, der)| RS256KeyPair::from_der(der).ok());
        Ok(keys.filter_map(|pair| Self::of(&pair)).collect())
    }

    /// Whether it is the key of the `SubjectPublicKeyInfo` in `public`.
    pub(crate) fn is_of(&self, public: &[u8]) -> bool {
        let PKey::Rsa(own) = self.0.as_ref() else {
            return false;
        };
        Rsa::public_key_from_der(public).is_ok_and(|public| {
            public.n().to_vec() == own.n().to_vec() && public.e().to_vec() == own.e().to_vec()
        })
    }

    fn of(pair: &RS256KeyPair) -> Option<Self> {
        let key = pair.key_pair().as_ref().clone();
        let key = PKey::from_rsa(key).ok()?;
        Some(Self(Box::new(key)))
    }
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RsaKey(…)")
    }
}

/// A key in the transit engine of a vault.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TransitKey {
    /// Its name.
    pub key: String,
    /// Which version: a new one is another key to Maskinporten, with its own `kid` or certificate.
    pub version: u32,
    /// Where the engine is mounted.
    #[serde(default = "TransitKey::usual_mount")]
    pub mount: String,
}

impl TransitKey {
    fn usual_mount() -> String {
        "transit".to_owned()
    }

    /// Names become parts of an address.
    fn is_valid(&self) -> bool {
        let parts = || self.mount.split('/').chain([self.key.as_str()]);
        self.version > 0 && parts().all(|part| is_kid(part) && !part.starts_with('.'))
    }
}

/// A key as it is configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKey {
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    certificate_chain: Option<RawChain>,
    #[serde(default)]
    algorithm: Option<Algorithm>,
    #[serde(default)]
    key: Option<Value>,
    #[serde(default)]
    transit: Option<TransitKey>,
}

/// A list of base64, or PEM as files have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawChain {
    List(Vec<String>),
    Pem(String),
}

impl RawChain {
    fn read(self) -> Result<Vec<String>, KeyError> {
        let chain = match self {
            Self::List(chain) => chain,
            Self::Pem(text) => certificates(&text).map_err(|error| match error {
                PemError::NoCertificate => KeyError::Chain,
                error => KeyError::ChainPem(error),
            })?,
        };
        let whole = !chain.is_empty() && chain.iter().all(|der| STANDARD.decode(der).is_ok());
        whole.then_some(chain).ok_or(KeyError::Chain)
    }
}

/// Returns the base64 of each certificate in a PEM text.
///
/// # Errors
///
/// Returns [`PemError`] if there is none, or a block that cannot be read.
pub(crate) fn certificates(pem: &str) -> Result<Vec<String>, PemError> {
    let pem = Pem::read(pem.as_bytes());
    let found = pem.certificates()?;
    Ok(found.iter().map(|der| STANDARD.encode(der)).collect())
}

impl TryFrom<RawKey> for Key {
    type Error = KeyError;

    fn try_from(raw: RawKey) -> Result<Self, KeyError> {
        let key = raw.key.map(written_out);
        let own = |name: &str| key.as_ref()?.get(name)?.as_str();
        let kid = raw.kid.as_deref().or_else(|| own("kid"));
        let identifier = match (kid, raw.certificate_chain) {
            (_, Some(chain)) if raw.kid.is_none() => KeyIdentifier::Chain(chain.read()?),
            (Some(kid), None) if is_kid(kid) => KeyIdentifier::Kid(kid.to_owned()),
            (Some(_), None) => return Err(KeyError::Kid),
            _ => return Err(KeyError::Identifier),
        };
        let named = own("alg").map(|name| Algorithm::deserialize(Value::from(name)));
        let named = named.transpose().map_err(|_| KeyError::Algorithm)?;
        let algorithm = raw.algorithm.or(named).unwrap_or_default();
        let signer = match (&key, raw.transit) {
            (Some(key), None) => Signer::Here(rsa(key)?),
            (None, Some(key)) if key.is_valid() => Signer::Vault(key),
            (None, Some(_)) => return Err(KeyError::Transit),
            _ => return Err(KeyError::Signer),
        };
        Ok(Self {
            identifier,
            algorithm,
            signer,
        })
    }
}

/// Letters, digits and `._-` (Digdir, client registration).
fn is_kid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(allowed)
}

/// A JWK may be a text, as secrets often are.
fn written_out(key: Value) -> Value {
    let parsed = key
        .as_str()
        .filter(|text| text.trim_start().starts_with('{'))
        .and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or(key)
}

/// PEM, or a JWK.
fn rsa(key: &Value) -> Result<RsaKey, KeyError> {
    if let Some(pem) = key.as_str() {
        let keys = RsaKey::all_of_pem(pem).map_err(|error| match error {
            PemError::NoPrivateKey => KeyError::Key,
            error => KeyError::KeyPem(error),
        })?;
        return keys.into_iter().next().ok_or(KeyError::Key);
    }
    let jwk = || {
        let mut jwk = key.as_object()?.clone();
        // What the key signs with is decided beside it; its reader takes one algorithm.
        jwk.insert("alg".to_owned(), "RS256".into());
        let text = serde_json::to_string(&jwk).ok()?;
        RsaKey::of(&RS256KeyPair::from_jwk(&text).ok()?)
    };
    jwk().ok_or(KeyError::Key)
}

/// What is wrong with a configured key.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// Both, or neither.
    #[error("needs exactly one of `kid` and `certificate_chain`")]
    Identifier,
    /// Not one that Maskinporten would register.
    #[error("has a `kid` that is not letters, digits and ._-")]
    Kid,
    /// Not certificates.
    #[error("has a `certificate_chain` that is neither base64 of DER, leaf first, nor PEM")]
    Chain,
    /// A chain in PEM that cannot be read.
    #[error("has a `certificate_chain` that cannot be read: {0}")]
    ChainPem(PemError),
    /// Neither of the three.
    #[error("has an algorithm that is not RS256, RS384 or RS512")]
    Algorithm,
    /// Both, or neither.
    #[error("needs exactly one of `key` and `transit`")]
    Signer,
    /// Not names, or a version that no key has.
    #[error("has a `transit` whose key or mount is not a name, or whose version is not 1 or more")]
    Transit,
    /// A key in PEM that cannot be read.
    #[error("has a `key` that cannot be read: {0}")]
    KeyPem(PemError),
    /// Not a private key, or one of another size.
    #[error("has a `key` that is not an RSA private key of 2048 to 4096 bits, as PEM or JWK")]
    Key,
}
