//! Public signature keys of a key set (JSON Web Key, RFC 7517).
//!
//! Only the members that select or define a key are kept, in the form of RFC 7518. Other members
//! are ignored (RFC 7517 §4), whatever their length. Harmless deviations are accepted and reported.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use wasm_rsa::PublicKey;

/// Base64url decoder that accepts padding: RFC 7515 §2 has none, but some services write it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Public exponent 65537, the only one in use.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Sizes of RSA moduli, in bytes: 2048 to 4096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// Public key that verifies signatures, as a JSON Web Key.
#[derive(Clone, Debug)]
pub struct Jwk {
    names: Identifiers,
    /// Restricts the key to one algorithm (RFC 7517 §4.4).
    algorithm: Option<String>,
    material: Material,
    /// Prepared RSA key, computed on first use; `None` if its numbers do not form a valid key.
    rsa: OnceLock<Option<PublicKey>>,
}

/// `kid`, `x5t` and `x5t#S256`.
#[derive(Clone, Debug)]
struct Identifiers([Option<String>; 3]);

/// Public numbers of a key, in base64url (RFC 7518 §6, RFC 8037 §2).
#[derive(Clone, Debug, Eq, PartialEq)]
enum Material {
    Rsa { n: String },
    Ec { curve: Curve, x: String, y: String },
    Ed25519 { x: String },
}

/// Elliptic curve of signature keys (RFC 7518 §6.2.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// Type of a key, with its curve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Rsa,
    Ec(Curve),
    Ed25519,
}

/// Reason why a key of the set is skipped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SkipReason {
    /// Key for another purpose, or of an unsupported type.
    Other,
    /// Key that violates RFC 7517.
    Malformed(&'static str),
}

use SkipReason::{Malformed, Other};

/// JSON Web Key with the supported members. `null` is treated as absent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Published {
    kty: Value,
    kid: Value,
    x5t: Value,
    #[serde(rename = "x5t#S256")]
    x5t_sha256: Value,
    #[serde(rename = "use")]
    key_use: Value,
    key_ops: Value,
    alg: Value,
    crv: Value,
    n: Value,
    e: Value,
    x: Value,
    y: Value,
    // Members of private keys.
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
    r#priv: Option<IgnoredAny>,
}

impl Jwk {
    /// Parses one key. Adds harmless deviations from the RFC to `remarks`.
    ///
    /// # Errors
    /// `SkipReason` if the key is not for signatures, is of an unsupported type, or is malformed.
    pub fn read(json: &str, remarks: &mut Vec<&'static str>) -> Result<Self, SkipReason> {
        // serde accepts a list for a struct too.
        let is_object = json.trim_start().starts_with('{');
        let published = serde_json::from_str::<Published>(json).ok();
        let published = published.filter(|_| is_object).ok_or(Malformed(
            "it is no object, or has one of its members twice",
        ))?;
        published.expect_for_signatures(remarks)?;
        let material = published.material(remarks)?;
        if published.is_private() {
            return Err(Malformed("it holds a private key, which is now public"));
        }
        let name = |value, fault| text(value, fault).map(|name| name.map(str::to_owned));
        // A thumbprint is only another name, so an invalid one does not invalidate the key.
        let thumbprint = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self {
            names: Identifiers([
                name(&published.kid, "its kid is not text")?,
                thumbprint(&published.x5t),
                thumbprint(&published.x5t_sha256),
            ]),
            algorithm: name(&published.alg, "its alg is not text")?,
            material,
            rsa: OnceLock::new(),
        })
    }

    /// Returns whether `name` is the key's `kid`, `x5t` or `x5t#S256`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let mut names = self.names.0.iter().flatten();
        names.any(|own| own == name)
    }

    /// Returns the algorithm that the key is restricted to.
    pub(super) fn algorithm(&self) -> Option<&str> {
        self.algorithm.as_deref()
    }

    pub(super) const fn key_type(&self) -> Type {
        match &self.material {
            Material::Rsa { .. } => Type::Rsa,
            Material::Ec { curve, .. } => Type::Ec(*curve),
            Material::Ed25519 { .. } => Type::Ed25519,
        }
    }

    /// Returns the RSA key. Preparing it takes as long as a verification, so it is cached.
    pub(super) fn rsa(&self) -> Option<&PublicKey> {
        let Material::Rsa { n } = &self.material else {
            return None;
        };
        let prepare = || {
            let modulus = LENIENT.decode(n).ok()?;
            PublicKey::from_components(&modulus, &EXPONENT).ok()
        };
        self.rsa.get_or_init(prepare).as_ref()
    }

    /// Returns the key as JSON with only its type and numbers.
    pub(super) fn bare(&self) -> String {
        self.members().to_string()
    }

    /// Returns the key as JSON with every member that [`Jwk::read`] uses.
    pub fn json(&self) -> String {
        let mut members = self.members();
        let Identifiers([kid, x5t, x5t_sha256]) = &self.names;
        for (name, value) in [
            ("kid", kid),
            ("x5t", x5t),
            ("x5t#S256", x5t_sha256),
            ("alg", &self.algorithm),
        ] {
            if let (Some(value), Some(members)) = (value, members.as_object_mut()) {
                members.insert(name.to_owned(), value.as_str().into());
            }
        }
        members.to_string()
    }

    fn members(&self) -> Value {
        match &self.material {
            Material::Rsa { n } => json!({"kty": "RSA", "n": n, "e": "AQAB"}),
            Material::Ec { curve, x, y } => {
                json!({"kty": "EC", "crv": curve.name(), "x": x, "y": y})
            }
            Material::Ed25519 { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        }
    }
}

impl Published {
    /// Checks that `use` and `key_ops`, if present, allow verification (RFC 7517 §4.2 and §4.3).
    fn expect_for_signatures(&self, remarks: &mut Vec<&'static str>) -> Result<(), SkipReason> {
        match text(&self.key_use, "its use is not text")? {
            None | Some("sig") => {}
            Some("enc") => return Err(Other),
            Some(_) => return Err(Malformed("its use is neither sig nor enc")),
        }
        let operations = match &self.key_ops {
            Value::Null => return Ok(()),
            Value::Array(operations) => operations,
            _ => return Err(Malformed("its key_ops is no list")),
        };
        let verifies = |operation: &Value| operation == "verify";
        // WebCrypto exports public keys with an empty list.
        if !operations.is_empty() && !operations.iter().any(verifies) {
            return Err(Other);
        }
        if operations.len() > 1 {
            remarks.push("key_ops of a public key lists more than verify");
        }
        Ok(())
    }

    fn material(&self, remarks: &mut Vec<&'static str>) -> Result<Material, SkipReason> {
        let curve = text(&self.crv, "its crv is not text")?;
        match text(&self.kty, "its kty is not text")? {
            None => Err(Malformed("it has no kty")),
            Some("RSA") => self.rsa(remarks),
            Some("EC") => {
                let curve = match curve {
                    Some("P-256") => Curve::P256,
                    Some("P-384") => Curve::P384,
                    _ => return Err(Other),
                };
                let x = coordinate(&self.x, curve.size(), remarks)?;
                let y = coordinate(&self.y, curve.size(), remarks)?;
                Ok(Material::Ec { curve, x, y })
            }
            Some("OKP") if curve == Some("Ed25519") => {
                let bytes = number(&self.x, remarks)?;
                if bytes.len() != 32 {
                    return Err(Malformed("its x has not 32 bytes"));
                }
                let x = encode(&bytes);
                Ok(Material::Ed25519 { x })
            }
            Some(_) => Err(Other),
        }
    }

    fn rsa(&self, remarks: &mut Vec<&'static str>) -> Result<Material, SkipReason> {
        let n = unsigned(&self.n, remarks)?;
        if !MODULUS.contains(&n.len()) || (n.len() == *MODULUS.start() && !has_high_bit(&n)) {
            return Err(Malformed("its modulus has not 2048 to 4096 bits"));
        }
        if unsigned(&self.e, remarks)? != EXPONENT {
            return Err(Malformed("its exponent is not 65537"));
        }
        Ok(Material::Rsa { n: encode(&n) })
    }

    const fn is_private(&self) -> bool {
        self.d.is_some()
            || self.p.is_some()
            || self.q.is_some()
            || self.dp.is_some()
            || self.dq.is_some()
            || self.qi.is_some()
            || self.oth.is_some()
            || self.k.is_some()
            || self.r#priv.is_some()
    }
}

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// Length of a coordinate, in bytes.
    const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

fn text<'a>(value: &'a Value, fault: &'static str) -> Result<Option<&'a str>, SkipReason> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(Malformed(fault)),
    }
}

fn encode(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn has_high_bit(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first >= 0x80)
}

/// Decodes base64url. Accepts the standard alphabet and padding.
fn number(value: &Value, remarks: &mut Vec<&'static str>) -> Result<Vec<u8>, SkipReason> {
    let written = text(value, "one of its numbers is not text")?;
    let written = written.ok_or(Malformed("one of its numbers is missing"))?;
    let alphabet = written.replace('+', "-").replace('/', "_");
    let bytes = LENIENT.decode(&alphabet);
    let bytes = bytes.map_err(|_| Malformed("one of its numbers is not base64url"))?;
    if encode(&bytes) != written {
        remarks.push("numbers of a key are in base64, not in base64url without padding");
    }
    Ok(bytes)
}

/// Decodes an unsigned number (`Base64urlUInt`, RFC 7518 §2). Accepts leading zeros.
fn unsigned(value: &Value, remarks: &mut Vec<&'static str>) -> Result<Vec<u8>, SkipReason> {
    let mut bytes = number(value, remarks)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    if zeros > 0 {
        remarks.push("numbers of a key begin with zeros");
        bytes.drain(..zeros);
    }
    Ok(bytes)
}

/// Decodes a coordinate of `size` bytes (RFC 7518 §6.2.1.2). Accepts missing leading zeros and one
/// extra zero.
fn coordinate(
    value: &Value,
    size: usize,
    remarks: &mut Vec<&'static str>,
) -> Result<String, SkipReason> {
    let bytes = number(value, remarks)?;
    if bytes.len() == size {
        return Ok(encode(&bytes));
    }
    let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    let zeros = size
        .checked_sub(digits.len())
        .ok_or(Malformed("one of its coordinates is too long"))?;
    remarks.push("a coordinate of a key has not the length of its curve");
    let padded = [vec![0; zeros], digits].concat();
    Ok(encode(&padded))
}
