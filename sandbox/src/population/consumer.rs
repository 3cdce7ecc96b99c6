//! Organisations that use the product in the sandbox, with the keys of their clients at
//! Maskinporten.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use rcgen::{KeyPair, RsaKeySize};
use time::OffsetDateTime;

use super::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};
use crate::pki::{EnterpriseAuthority, Profile, public_jwk, rsa_key_named};

/// Organisation with a client at Maskinporten.
#[derive(Debug)]
pub struct Consumer {
    /// Organisation number.
    pub organisation: &'static str,
    /// Client identifier.
    pub client_id: &'static str,
    /// Private key of the client.
    pub key: PrivateKey,
    /// Public half of the key.
    pub public_key: Jwk,
    /// Way in which the client proves possession of the key.
    pub credential: Credential,
}

/// Place of a client's private key.
pub enum PrivateKey {
    /// Private key in PKCS#8 PEM.
    Here(String),
    /// Key in the vault's transit engine, which never releases it.
    InVault {
        /// Name of the key in the vault.
        name: &'static str,
        /// Version of the key.
        version: u32,
    },
}

/// Key of a client that only a vault can use.
#[derive(Debug)]
pub(crate) struct VaultKey {
    /// Name of the key in the vault.
    pub(crate) name: &'static str,
    /// Version of the key.
    pub(crate) version: u32,
    /// Public half of the key.
    pub(crate) public_key: Jwk,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PrivateKey")
    }
}

/// Proof by which Maskinporten knows a client's key.
#[derive(Debug)]
pub enum Credential {
    /// Key registered on the client under this `kid`.
    Registered {
        /// Key identifier.
        kid: &'static str,
    },
    /// Certified: the leaf and the authority that issued it, in the standard base64 of their DER.
    Certified {
        /// Certificate chain, sent as `x5c`.
        chain: Vec<String>,
    },
}

impl Consumer {
    /// Makes the demo's three, with keys of this process and one in a vault. Blocks while it makes
    /// keys.
    pub(crate) fn generate(
        authority: &EnterpriseAuthority,
        in_vault: VaultKey,
        now: OffsetDateTime,
    ) -> anyhow::Result<[Self; 3]> {
        let registered = rsa_key_named(FJORDBANKEN, RsaKeySize::_2048)?;
        let certified = rsa_key_named(INNLANDSBANKEN, RsaKeySize::_2048)?;
        let chain = chain(authority, &certified, now)?;
        Ok([
            Self {
                organisation: FJORDBANKEN,
                client_id: "7b1f4a52-0c1e-4f3a-9a55-2d8d7f6f9c10",
                key: PrivateKey::Here(registered.serialize_pem()),
                public_key: public_jwk(&registered)?,
                credential: Credential::Registered {
                    kid: "fjordbanken-1",
                },
            },
            Self {
                organisation: INNLANDSBANKEN,
                client_id: "c9a0f7d4-5c1b-4b0e-8f6d-3e2a1b7c4d55",
                key: PrivateKey::Here(certified.serialize_pem()),
                public_key: public_jwk(&certified)?,
                credential: Credential::Certified { chain },
            },
            Self {
                organisation: VESTBANKEN,
                client_id: "41d2c8e6-9f3b-4a70-b1d5-6c0e8a29f713",
                key: PrivateKey::InVault {
                    name: in_vault.name,
                    version: in_vault.version,
                },
                public_key: in_vault.public_key,
                credential: Credential::Registered {
                    kid: "vestbanken-1",
                },
            },
        ])
    }

    /// Returns the identifiers of the organisation's clients.
    pub(crate) fn clients_of(organisation: &str, consumers: &[Self]) -> Vec<String> {
        let own = consumers
            .iter()
            .filter(|own| own.organisation == organisation);
        own.map(|own| own.client_id.to_owned()).collect()
    }

    /// Returns the private key, PKCS#8 in PEM, unless it is in the vault.
    pub fn pem(&self) -> Option<&str> {
        match &self.key {
            PrivateKey::Here(pem) => Some(pem),
            PrivateKey::InVault { .. } => None,
        }
    }
}

fn chain(
    authority: &EnterpriseAuthority,
    key: &KeyPair,
    now: OffsetDateTime,
) -> anyhow::Result<Vec<String>> {
    let leaf = authority.issue(
        Profile::Seid2,
        INNLANDSBANKEN,
        "INNLANDSBANKEN ASA",
        key,
        now,
    )?;
    Ok(vec![
        STANDARD.encode(&leaf),
        STANDARD.encode(authority.issuing()),
    ])
}
