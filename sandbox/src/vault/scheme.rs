//! Signature schemes: hash and padding.

use serde::Deserialize;
use serde_json::Value;

use super::hash::{Hash, Signing, VerificationAlgorithm};
use super::refusal::Refusal;

/// Requested scheme; SHA-256 and PSS are the defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestedScheme {
    hash_algorithm: String,
    /// Older name of `hash_algorithm`.
    algorithm: String,
    prehashed: bool,
    signature_algorithm: String,
    salt_length: Value,
    batch_input: Value,
}

/// Signature scheme: hash, padding and salt.
pub(super) struct Scheme {
    pub(super) hash: &'static Hash,
    /// True if the input is the hash.
    pub(super) prehashed: bool,
    pub(super) signing: Signing,
    /// Schemes to check with, any of which may succeed.
    pub(super) checking: Vec<VerificationAlgorithm>,
}

impl RequestedScheme {
    /// Returns the scheme of the request. The path may name the hash too.
    pub(super) fn scheme(&self, in_path: Option<&str>) -> Result<Scheme, Refusal> {
        if !self.batch_input.is_null() {
            return bad("the sandbox's vault takes no batch_input".to_owned());
        }
        let names = [
            in_path.unwrap_or_default(),
            &self.hash_algorithm,
            &self.algorithm,
        ];
        let name = names.into_iter().find(|name| !name.is_empty());
        let name = name.unwrap_or("sha2-256");
        let Some(hash) = Hash::named(name) else {
            return bad(format!("invalid hash algorithm {name:?}"));
        };
        let salt = self.salt(hash.length())?;
        let (signing, checking) = match (self.signature_algorithm.as_str(), salt) {
            ("pkcs1v15", _) => (hash.pkcs1.0, vec![hash.pkcs1.1]),
            ("" | "pss", Salt::Longest) => (hash.pss_max.0, vec![hash.pss_max.1, hash.pss.1]),
            ("" | "pss", Salt::AsHash) => (hash.pss.0, vec![hash.pss.1]),
            (other, _) => {
                let reason = format!("unsupported rsa signature algorithm {other}");
                return Err(Refusal::Failed(reason));
            }
        };
        Ok(Scheme {
            hash,
            prehashed: self.prehashed,
            signing,
            checking,
        })
    }

    /// Parses the salt length. Unlike the real vault, only the two named lengths are accepted.
    fn salt(&self, hash: usize) -> Result<Salt, Refusal> {
        let text = match &self.salt_length {
            Value::Null => return Ok(Salt::Longest),
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        match (text.as_str(), text.parse::<i64>()) {
            ("auto", _) | (_, Ok(0)) => Ok(Salt::Longest),
            ("hash", _) | (_, Ok(-1)) => Ok(Salt::AsHash),
            (_, Ok(length)) if usize::try_from(length) == Ok(hash) => Ok(Salt::AsHash),
            (_, Ok(length)) if length < 0 => bad(format!("salt length is invalid: {length}")),
            (_, Ok(_)) => {
                bad("the sandbox's vault takes no salt_length but auto and hash".to_owned())
            }
            _ => bad(format!(
                "salt length neither 'auto', 'hash', nor an int: {text}"
            )),
        }
    }
}

/// Length of the salt of a PSS signature.
enum Salt {
    /// Longest possible salt. A check accepts any length.
    Longest,
    AsHash,
}

fn bad<T>(reason: String) -> Result<T, Refusal> {
    Err(Refusal::Bad(reason))
}
