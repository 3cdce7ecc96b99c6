//! The seal of one row.
//!
//! A row is the format's byte, a 24-byte nonce and the ciphertext. The plain text is `not_after` (Unix
//! seconds, 8 bytes, big endian) and the value as JSON.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac_sha256::HMAC;
use serde::Serialize;
use time::OffsetDateTime;

use super::Name;
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Platform;
use crate::secret::Secret;

/// The format of a row. A reader that does not know it refuses the row.
const FORMAT: u8 = 1;

/// Names and seals under one key of one store.
pub(super) struct Sealer {
    store: &'static str,
    environment: Environment,
    names: Secret<[u8; 32]>,
    seals: XChaCha20Poly1305,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// What a row holds.
pub(super) struct Opened {
    pub(super) not_after: OffsetDateTime,
    pub(super) value: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(
        store: &'static str,
        environment: Environment,
        key: &Secret<[u8; 32]>,
    ) -> Self {
        // One key for each purpose, so that a name says nothing about the seal.
        let names = HMAC::mac(b"innsyn names v1", key.expose());
        let seals = HMAC::mac(b"innsyn seals v1", key.expose());
        Self {
            store,
            environment,
            names: Secret::new(names),
            seals: XChaCha20Poly1305::new(&seals.into()),
        }
    }

    /// The row's name in the store: 64 hexadecimal digits.
    pub(super) fn name(&self, name: &Name<'_>) -> String {
        let mut parts = vec![name.consumer.as_str(), name.kind];
        parts.extend_from_slice(name.parts);
        let bytes = HMAC::mac(self.framed(&parts), self.names.expose());
        bytes
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                for nibble in [byte >> 4, byte & 0x0f] {
                    text.extend(char::from_digit(u32::from(nibble), 16));
                }
                text
            })
    }

    pub(super) fn seal<T: Serialize>(
        &self,
        platform: &impl Platform,
        key: &str,
        consumer: &OrganisationNumber,
        value: &T,
        not_after: OffsetDateTime,
    ) -> Option<Vec<u8>> {
        let mut plain = not_after.unix_timestamp().to_be_bytes().to_vec();
        serde_json::to_writer(&mut plain, value).ok()?;
        let mut nonce = [0_u8; 24];
        platform.random(&mut nonce);
        let payload = Payload {
            msg: &plain,
            aad: &self.framed(&[key, consumer.as_str()]),
        };
        let sealed = self
            .seals
            .encrypt(XNonce::from_slice(&nonce), payload)
            .ok()?;
        Some([&[FORMAT][..], &nonce, &sealed].concat())
    }

    pub(super) fn open(
        &self,
        key: &str,
        consumer: &OrganisationNumber,
        row: &[u8],
    ) -> Option<Opened> {
        let (format, rest) = row.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let (nonce, sealed) = rest.split_at_checked(24)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.framed(&[key, consumer.as_str()]),
        };
        let plain = self
            .seals
            .decrypt(XNonce::from_slice(nonce), payload)
            .ok()?;
        let (not_after, value) = plain.split_first_chunk::<8>()?;
        Some(Opened {
            not_after: OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*not_after)).ok()?,
            value: value.to_vec(),
        })
    }

    /// Format, store, environment and `parts`, each behind its length, so that no two lists look the same.
    fn framed(&self, parts: &[&str]) -> Vec<u8> {
        let mut framed = vec![FORMAT];
        for part in [self.store, self.environment.as_str()].iter().chain(parts) {
            framed.extend_from_slice(&(part.len() as u64).to_be_bytes());
            framed.extend_from_slice(part.as_bytes());
        }
        framed
    }
}
