//! The organisations that use the product in the sandbox, with the keys they sign grants with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, RsaKeySize};
use time::OffsetDateTime;

use crate::authority::{EnterpriseAuthority, Profile, rsa_key_named};

/// "Fjordbanken", whose client has a registered key.
pub const FJORDBANKEN: &str = "310000205";
/// "Innlandsbanken", whose client uses an enterprise certificate.
pub const INNLANDSBANKEN: &str = "310000302";

/// An organisation with a client at Maskinporten.
#[derive(Debug)]
pub struct Consumer {
    /// Its organisation number.
    pub organisation: &'static str,
    /// The client's identifier.
    pub client_id: &'static str,
    /// The client's private key, PKCS#8 in PEM.
    pub key: String,
    /// What the client shows beside its signature.
    pub credential: Credential,
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
    /// The demo's two, with keys of this process. Making them takes its time: not for an
    /// async thread.
    pub fn generate(
        authority: &EnterpriseAuthority,
        now: OffsetDateTime,
    ) -> anyhow::Result<[Self; 2]> {
        let registered = rsa_key_named(FJORDBANKEN, RsaKeySize::_2048)?;
        let certified = rsa_key_named(INNLANDSBANKEN, RsaKeySize::_2048)?;
        let chain = chain(authority, &certified, now)?;
        Ok([
            Self {
                organisation: FJORDBANKEN,
                client_id: "7b1f4a52-0c1e-4f3a-9a55-2d8d7f6f9c10",
                key: registered.serialize_pem(),
                credential: Credential::Registered {
                    kid: "fjordbanken-1",
                },
            },
            Self {
                organisation: INNLANDSBANKEN,
                client_id: "c9a0f7d4-5c1b-4b0e-8f6d-3e2a1b7c4d55",
                key: certified.serialize_pem(),
                credential: Credential::Certified { chain },
            },
        ])
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
        for number in [FJORDBANKEN, INNLANDSBANKEN] {
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
