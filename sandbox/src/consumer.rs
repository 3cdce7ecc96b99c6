//! The organisations that use the product in the sandbox, with the keys they sign grants with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use rcgen::{KeyPair, RsaKeySize};
use time::OffsetDateTime;

use crate::authority::{EnterpriseAuthority, Profile, rsa_key_named};
use crate::maskinporten::public_key;
use crate::vault::{self, Vault};

/// "Fjordbanken", whose client has a registered key.
pub const FJORDBANKEN: &str = "310000205";
/// "Innlandsbanken", whose client uses an enterprise certificate.
pub const INNLANDSBANKEN: &str = "310000302";
/// "Vestbanken", whose client has a registered key that lies in the vault.
pub const VESTBANKEN: &str = "310000418";

/// An organisation with a client at Maskinporten.
#[derive(Debug)]
pub struct Consumer {
    /// Its organisation number.
    pub organisation: &'static str,
    /// The client's identifier.
    pub client_id: &'static str,
    /// The client's private key.
    pub key: PrivateKey,
    /// Its public half.
    pub public_key: Jwk,
    /// What the client shows beside its signature.
    pub credential: Credential,
}

/// Where a client's private key is.
pub enum PrivateKey {
    /// Here: PKCS#8 in PEM.
    Here(String),
    /// In the vault's transit engine, which alone can use it.
    InVault {
        /// The key's name.
        name: &'static str,
        /// Its version.
        version: u32,
    },
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PrivateKey")
    }
}

/// How Maskinporten knows a client's key.
#[derive(Debug)]
pub enum Credential {
    /// Registered on the client, under this `kid`.
    Registered {
        /// The key's identifier.
        kid: &'static str,
    },
    /// Certified: the leaf and the authority that issued it, in the standard base64 of their DER.
    Certified {
        /// `x5c`.
        chain: Vec<String>,
    },
}

impl Consumer {
    /// The demo's three, with keys of this process and of `vault`. Making them takes its time: not for
    /// an async thread.
    pub fn generate(
        authority: &EnterpriseAuthority,
        vault: &Vault,
        now: OffsetDateTime,
    ) -> anyhow::Result<[Self; 3]> {
        let registered = rsa_key_named(FJORDBANKEN, RsaKeySize::_2048)?;
        let certified = rsa_key_named(INNLANDSBANKEN, RsaKeySize::_2048)?;
        let chain = chain(authority, &certified, now)?;
        let (version, in_vault) = vault.public_key()?;
        Ok([
            Self {
                organisation: FJORDBANKEN,
                client_id: "7b1f4a52-0c1e-4f3a-9a55-2d8d7f6f9c10",
                key: PrivateKey::Here(registered.serialize_pem()),
                public_key: public_key(&registered)?,
                credential: Credential::Registered {
                    kid: "fjordbanken-1",
                },
            },
            Self {
                organisation: INNLANDSBANKEN,
                client_id: "c9a0f7d4-5c1b-4b0e-8f6d-3e2a1b7c4d55",
                key: PrivateKey::Here(certified.serialize_pem()),
                public_key: public_key(&certified)?,
                credential: Credential::Certified { chain },
            },
            Self {
                organisation: VESTBANKEN,
                client_id: "41d2c8e6-9f3b-4a70-b1d5-6c0e8a29f713",
                key: PrivateKey::InVault {
                    name: vault::KEY,
                    version,
                },
                public_key: in_vault,
                credential: Credential::Registered {
                    kid: "vestbanken-1",
                },
            },
        ])
    }

    /// The private key, PKCS#8 in PEM, unless it is in the vault.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisations_are_synthetic_and_their_numbers_are_good() {
        for number in [FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN] {
            let digits = number.bytes().map(|byte| u32::from(byte - b'0'));
            let sum: u32 = digits
                .zip([3, 2, 7, 6, 5, 4, 3, 2, 1])
                .map(|(a, b)| a * b)
                .sum();
            assert_eq!((number.len(), sum % 11), (9, 0), "{number}");
            assert!(number.starts_with(['2', '3']), "{number}");
        }
    }
}
