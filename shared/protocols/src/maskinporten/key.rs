//! Keys of a client: their identifier at Maskinporten, and their signer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfile::PemError;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::rsa_key::{Algorithm, RsaKey};

/// Key of a client.
#[derive(Clone, Debug)]
pub struct Key {
    /// Identifier at Maskinporten.
    pub identifier: KeyIdentifier,
    /// Signature algorithm.
    pub algorithm: Algorithm,
    /// Signer that holds the private key.
    pub signer: Signer,
}

impl Key {
    /// Parses a PKCS #8 key with the default algorithm. Returns `None` if it is not an RSA key of
    /// 2048 to 4096 bits.
    pub fn of_pkcs8(identifier: KeyIdentifier, der: &[u8]) -> Option<Self> {
        Some(Self {
            identifier,
            algorithm: Algorithm::default(),
            signer: Signer::Here(RsaKey::from_der(der)?),
        })
    }
}

/// Identifier of a key at Maskinporten. The header of a grant has exactly one of the two (Digdir,
/// "JWT grant").
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyIdentifier {
    /// Key id of a key registered on the client.
    Kid(String),
    /// Enterprise certificate, leaf first, with or without its issuers: standard base64 of DER.
    Chain(Vec<String>),
}

impl KeyIdentifier {
    /// Returns a name of the key for the log.
    pub fn name(&self) -> &str {
        match self {
            Self::Kid(kid) => kid,
            Self::Chain(_) => "the enterprise certificate",
        }
    }

    /// Returns the value that distinguishes the key in the cache key of a token.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Kid(kid) => kid,
            Self::Chain(chain) => chain.first().map_or("", String::as_str),
        }
    }
}

/// Signer: a local key, or one that never leaves its vault.
#[derive(Clone, Debug)]
pub enum Signer {
    /// RSA key in the app's settings.
    Here(RsaKey),
    /// Key in the transit engine of a vault.
    Vault(TransitKey),
}

/// Key in the transit engine of a vault.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TransitKey {
    /// Name of the key.
    pub key: String,
    /// Version of the key. A new version is a different key to Maskinporten, with its own `kid` or
    /// certificate.
    pub version: u32,
    /// Mount path of the engine.
    #[serde(default = "TransitKey::usual_mount")]
    pub mount: String,
}

impl TransitKey {
    fn usual_mount() -> String {
        "transit".to_owned()
    }

    /// Returns whether the names are safe in the path of an address.
    fn is_valid(&self) -> bool {
        let parts = || self.mount.split('/').chain([self.key.as_str()]);
        self.version > 0 && parts().all(|part| is_kid(part) && !part.starts_with('.'))
    }
}

/// Key as configured.
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

/// Certificate chain: a list of base64, or PEM.
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
pub fn certificates(pem: &str) -> Result<Vec<String>, PemError> {
    let pem = keyfile::Pem::read(pem.as_bytes());
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

/// Returns whether a text consists of letters, digits and `._-` (Digdir, client registration).
fn is_kid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(allowed)
}

/// Parses a JWK that is written as a JSON string, as secrets often are.
fn written_out(key: Value) -> Value {
    let parsed = key
        .as_str()
        .filter(|text| text.trim_start().starts_with('{'))
        .and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or(key)
}

/// Parses PEM or a JWK.
fn rsa(key: &Value) -> Result<RsaKey, KeyError> {
    if let Some(pem) = key.as_str() {
        let keys = RsaKey::all_of_pem(pem).map_err(|error| match error {
            PemError::NoPrivateKey => KeyError::Key,
            error => KeyError::KeyPem(error),
        })?;
        return keys.into_iter().next().ok_or(KeyError::Key);
    }
    RsaKey::from_jwk(key).ok_or(KeyError::Key)
}

/// Reason why a configured key is invalid.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// Both `kid` and a certificate chain are set, or neither.
    #[error("needs exactly one of `kid` and `certificate_chain`")]
    Identifier,
    /// `kid` that Maskinporten would not register.
    #[error("has a `kid` that is not letters, digits and ._-")]
    Kid,
    /// Certificate chain that is neither base64 of DER nor PEM.
    #[error("has a `certificate_chain` that is neither base64 of DER, leaf first, nor PEM")]
    Chain,
    /// Certificate chain in PEM that cannot be read.
    #[error("has a `certificate_chain` that cannot be read: {0}")]
    ChainPem(PemError),
    /// Algorithm other than RS256, RS384 and RS512.
    #[error("has an algorithm that is not RS256, RS384 or RS512")]
    Algorithm,
    /// Both a private key and a vault are set, or neither.
    #[error("needs exactly one of `key` and `transit`")]
    Signer,
    /// Invalid name of a key or mount, or version 0.
    #[error("has a `transit` whose key or mount is not a name, or whose version is not 1 or more")]
    Transit,
    /// Private key in PEM that cannot be read.
    #[error("has a `key` that cannot be read: {0}")]
    KeyPem(PemError),
    /// Not a private key, or an RSA key of another size.
    #[error("has a `key` that is not an RSA private key of 2048 to 4096 bits, as PEM or JWK")]
    Key,
}
