//! Format of a sealed row.
//!
//! A row consists of the format's byte, `not_after` (Unix seconds, 8 bytes, big endian), a 24-byte
//! nonce and the ciphertext, whose plaintext is the value as JSON. Rows of every format begin so: a
//! sweep can tell that a row has expired, also a row of a newer release or under a key that no
//! longer exists.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac_sha256::HMAC;
use serde::Serialize;
use time::OffsetDateTime;

use super::Name;
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::platform::Platform;
use innsyn_core::secret::Secret;

/// Format of the rows that this release writes, and the only one that it reads. A release that
/// changes the format reads both, and writes the older one for as long as older releases run beside
/// it.
const FORMAT: u8 = 2;

/// Row names and seals under one key of one store.
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

/// Contents of a sealed row.
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
        // Separate keys per purpose: a name reveals nothing about the seal.
        let names = HMAC::mac(b"innsyn names v1", key.expose());
        let seals = HMAC::mac(b"innsyn seals v1", key.expose());
        Self {
            store,
            environment,
            names: Secret::new(names),
            seals: XChaCha20Poly1305::new(&seals.into()),
        }
    }

    /// Returns the keyed hash of a name.
    pub(super) fn hash(&self, name: &Name<'_>) -> [u8; 32] {
        let mut parts = vec![name.consumer.as_str(), name.kind];
        parts.extend_from_slice(name.parts);
        HMAC::mac(self.framed(&parts), self.names.expose())
    }

    /// Returns the row's name in the store: the store's own name, a dot and 64 hexadecimal digits.
    /// The store's name is included because several stores may share one database.
    pub(super) fn name(&self, name: &Name<'_>) -> String {
        self.hash(name)
            .iter()
            .fold(prefix(self.store), |mut text, byte| {
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
        let plain = serde_json::to_vec(value).ok()?;
        let mut nonce = [0_u8; 24];
        platform.random(&mut nonce);
        let not_after = not_after.unix_timestamp().to_be_bytes();
        let payload = Payload {
            msg: &plain,
            aad: &self.about(key, consumer, not_after),
        };
        let sealed = self
            .seals
            .encrypt(XNonce::from_slice(&nonce), payload)
            .ok()?;
        Some([&[FORMAT][..], &not_after, &nonce, &sealed].concat())
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
        let (not_after, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, sealed) = rest.split_at_checked(24)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.about(key, consumer, *not_after),
        };
        let value = self
            .seals
            .decrypt(XNonce::from_slice(nonce), payload)
            .ok()?;
        Some(Opened {
            not_after: self::not_after(row)?,
            value,
        })
    }

    /// Returns the associated data of the seal.
    fn about(&self, key: &str, consumer: &OrganisationNumber, not_after: [u8; 8]) -> Vec<u8> {
        let mut about = self.framed(&[key, consumer.as_str()]);
        about.extend_from_slice(&not_after);
        about
    }

    /// Concatenates format, store, environment and `parts` with length prefixes, so that the
    /// encoding is unambiguous.
    fn framed(&self, parts: &[&str]) -> Vec<u8> {
        let mut framed = vec![FORMAT];
        for part in [self.store, self.environment.as_str()].iter().chain(parts) {
            framed.extend_from_slice(&(part.len() as u64).to_be_bytes());
            framed.extend_from_slice(part.as_bytes());
        }
        framed
    }
}

/// Returns the prefix of the names of a store's rows.
pub(super) fn prefix(store: &str) -> String {
    format!("{store}.")
}

/// Returns the expiry of a row, whatever its format and key; `None` if it is not a row.
pub(super) fn not_after(row: &[u8]) -> Option<OffsetDateTime> {
    let (_format, rest) = row.split_first()?;
    let (seconds, _) = rest.split_first_chunk::<8>()?;
    OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*seconds)).ok()
}

/// Returns whether a newer release wrote the row.
pub(super) fn is_newer(row: &[u8]) -> bool {
    row.first().is_some_and(|format| *format > FORMAT)
}
