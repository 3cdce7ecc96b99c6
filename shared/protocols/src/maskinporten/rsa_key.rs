//! RSA signing keys in this component's memory.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyfile::{Pem, PemError};
use serde::Deserialize;
use serde_json::Value;
use wasm_rsa::{Hash, PrivateKey, PrivateKeyComponents, PublicKey};

/// Public exponent 65537, the only one in use.
const EXPONENT: u32 = 65537;

/// Signature algorithm that Maskinporten accepts (its metadata,
/// `token_endpoint_auth_signing_alg_values_supported`).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// RSA with SHA-256, PKCS #1 v1.5.
    #[default]
    Rs256,
    /// RSA with SHA-384, PKCS #1 v1.5.
    Rs384,
    /// RSA with SHA-512, PKCS #1 v1.5.
    Rs512,
}

impl Algorithm {
    /// Returns the value of `alg` (RFC 7518 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }
}

/// RSA private key of 2048 to 4096 bits. Its `Debug` output is redacted.
#[derive(Clone, Debug)]
pub struct RsaKey(PrivateKey);

impl RsaKey {
    /// Signs `message`. Returns `None` if no randomness is available for the blinding.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let hash = match algorithm {
            Algorithm::Rs256 => Hash::Sha256,
            Algorithm::Rs384 => Hash::Sha384,
            Algorithm::Rs512 => Hash::Sha512,
        };
        self.0.sign(hash, message).ok()
    }

    /// Parses the keys of a PEM text, and returns those that are RSA of 2048 to 4096 bits.
    ///
    /// # Errors
    ///
    /// Returns [`PemError`] if the text has no key, or a block that cannot be read.
    pub(crate) fn all_of_pem(pem: &str) -> Result<Vec<Self>, PemError> {
        let pem = Pem::read(pem.as_bytes());
        let keys = pem.private_keys()?;
        Ok(keys
            .iter()
            .filter_map(|(_, der)| Self::from_der(der))
            .collect())
    }

    /// Returns whether the `SubjectPublicKeyInfo` in `public` belongs to this key.
    pub fn is_of(&self, public: &[u8]) -> bool {
        PublicKey::from_spki_der(public).is_ok_and(|public| public == *self.0.public_key())
    }

    /// Parses a key in PKCS #8 or PKCS #1.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let key = PrivateKey::from_pkcs8_der(der).or_else(|_| PrivateKey::from_pkcs1_der(der));
        Self::new(key.ok()?)
    }

    /// Parses a JWK (RFC 7518 §6.3). Its `alg` is ignored: the algorithm is configured separately.
    pub(super) fn from_jwk(jwk: &Value) -> Option<Self> {
        let jwk = RawJwk::deserialize(jwk).ok()?;
        let signs = |operations: &Vec<String>| operations.iter().any(|name| name == "sign");
        let is_for_signatures = jwk
            .key_use
            .as_deref()
            .is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.as_ref().is_none_or(signs);
        if jwk.kty != "RSA" || !is_for_signatures || jwk.oth.is_some() {
            return None;
        }
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        // `d` is not used, but a JWK without it is not a private key.
        number(&jwk.d)?;
        let key = PrivateKey::from_components(&PrivateKeyComponents {
            modulus: &number(&jwk.n)?,
            public_exponent: &number(&jwk.e)?,
            prime1: &number(&jwk.p)?,
            prime2: &number(&jwk.q)?,
            exponent1: &number(&jwk.dp)?,
            exponent2: &number(&jwk.dq)?,
            coefficient: &number(&jwk.qi)?,
        });
        Self::new(key.ok()?)
    }

    fn new(key: PrivateKey) -> Option<Self> {
        (key.public_key().exponent() == EXPONENT).then_some(Self(key))
    }
}

/// Members of a private JWK that are read.
#[derive(Deserialize)]
struct RawJwk {
    kty: String,
    #[serde(rename = "use", default)]
    key_use: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    n: String,
    e: String,
    d: String,
    p: String,
    q: String,
    dp: String,
    dq: String,
    qi: String,
    #[serde(default)]
    oth: Option<Value>,
}
