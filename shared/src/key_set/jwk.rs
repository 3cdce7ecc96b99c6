//! Public key of a set, as published (JSON Web Key, RFC 7517).

use serde::Deserialize;
use serde_json::value::RawValue;

/// More keys than this are not looked at.
const MOST: usize = 64;

/// Public key, as a JSON Web Key (RFC 7517 §4).
#[derive(Clone, Debug)]
pub(crate) struct Jwk {
    key_id: Option<String>,
    /// The thumbprint of its certificate, where it has one.
    thumbprint: Option<String>,
    /// As it was published.
    pub(crate) json: String,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    x5t: Option<String>,
}

impl Jwk {
    /// Reads one key; `None` where it is not a JSON object with names of the right type.
    pub(super) fn read(json: &str) -> Option<Self> {
        let named: Named = serde_json::from_str(json).ok()?;
        Some(Self {
            key_id: named.kid,
            thumbprint: named.x5t,
            json: json.to_owned(),
        })
    }

    /// Returns whether `name` is the key's `kid` or its `x5t`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.key_id.as_deref() == Some(name) || self.thumbprint.as_deref() == Some(name)
    }
}

/// Reads a set of keys (RFC 7517 §5). A key that cannot be read does not spoil the others.
pub(super) fn read(body: &[u8]) -> Option<Vec<Jwk>> {
    let set: Set = serde_json::from_slice(body).ok()?;
    let keys = set.keys.iter().take(MOST);
    Some(keys.filter_map(|key| Jwk::read(key.get())).collect())
}
