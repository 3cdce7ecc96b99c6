//! Key of the transit engine: an RSA key with versions, whose public halves alone are readable.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_lc_rs::rsa::KeyPair as RsaKey;
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::names::KEY;
use super::refusal::Refusal;

/// Type of the key, which is also the name of each version.
const TYPE: &str = "rsa-2048";

/// The key, with all its versions. The first is number 1.
pub(super) struct TransitKey(Vec<Version>);

/// Version of the key.
pub(super) struct Version {
    pub(super) number: u32,
    pub(super) key: RsaKey,
    /// Public key: `RSAPublicKey` in DER.
    pub(super) public: Vec<u8>,
    public_pem: String,
    created: OffsetDateTime,
}

impl TransitKey {
    /// Creates the key whose first version is `pair`.
    pub(super) fn new(pair: &KeyPair, now: OffsetDateTime) -> anyhow::Result<Self> {
        Ok(Self(vec![Version::new(1, pair, now)?]))
    }

    /// Adds a version, the newest from now on.
    pub(super) fn add(&mut self, pair: &KeyPair, now: OffsetDateTime) -> anyhow::Result<()> {
        let number = u32::try_from(self.0.len().saturating_add(1)).context("too many versions")?;
        self.0.push(Version::new(number, pair, now)?);
        Ok(())
    }

    /// Returns the newest version's number and public half.
    pub(super) fn newest(&self) -> (u32, String) {
        let newest = self.0.last();
        newest.map_or_else(Default::default, |version| {
            (version.number, version.public_pem.clone())
        })
    }

    /// Returns the version to sign with: zero means the newest. The real vault answers a number
    /// beyond it with an internal failure.
    pub(super) fn version(&self, number: i64) -> Result<&Version, Refusal> {
        if number < 0 {
            let reason = "requested version for signing is negative";
            return Err(Refusal::Failed(reason.to_owned()));
        }
        let found = match number {
            0 => self.0.last(),
            _ => self.find(number),
        };
        found.ok_or_else(|| {
            let reason = "requested version for signing is higher than the latest key version";
            Refusal::Failed(reason.to_owned())
        })
    }

    /// Returns the version with this number.
    pub(super) fn find(&self, number: i64) -> Option<&Version> {
        let mut versions = self.0.iter();
        versions.find(|version| i64::from(version.number) == number)
    }

    /// Returns the description of the key.
    pub(super) fn about(&self) -> Value {
        let keys: BTreeMap<_, _> = self
            .0
            .iter()
            .map(|version| (version.number.to_string(), version.about()))
            .collect();
        json!({
            "allow_plaintext_backup": false,
            "auto_rotate_period": 0,
            "deletion_allowed": false,
            "derived": false,
            "exportable": false,
            "imported_key": false,
            "keys": keys,
            "latest_version": self.newest().0,
            "min_available_version": 0,
            "min_decryption_version": 1,
            "min_encryption_version": 0,
            "name": KEY,
            "supports_decryption": true,
            "supports_derivation": false,
            "supports_encryption": true,
            "supports_signing": true,
            "type": TYPE,
        })
    }
}

impl Version {
    fn new(number: u32, pair: &KeyPair, created: OffsetDateTime) -> anyhow::Result<Self> {
        Ok(Self {
            number,
            key: RsaKey::from_pkcs8(&pair.serialize_der()).context("an RSA key")?,
            public: pair.der_bytes().to_vec(),
            public_pem: pair.public_key_pem(),
            created,
        })
    }

    fn about(&self) -> Value {
        json!({
            "certificate_chain": "",
            "creation_time": self.created.format(&Rfc3339).unwrap_or_default(),
            "name": TYPE,
            "public_key": self.public_pem,
        })
    }
}
