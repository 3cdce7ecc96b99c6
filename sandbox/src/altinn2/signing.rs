//! Signing keys of Altinn 2, generated at first use.

use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;
use time::OffsetDateTime;

use super::defective_token;
use super::key::{KeyRing, PublishedKey, SigningKey};
use super::proof::{self, ProofError};
use super::state::Altinn2;
use super::switches::Proofs;

impl Altinn2 {
    /// Verifies the signature, issuer and times of a consent token that is presented at `now`, and
    /// returns its claims. The recipient checks the subject matter.
    ///
    /// # Errors
    ///
    /// [`ProofError`] is the first check that failed.
    pub fn verify(&self, now: OffsetDateTime, token: &str) -> Result<Value, ProofError> {
        let published = self.ring().as_ref().map(KeyRing::published);
        proof::verify(token, now, published.as_ref().map_or(&[], |keys| keys))
    }

    /// Signs a consent token with any claims. Generates RSA keys the first time: not for an async
    /// thread.
    ///
    /// # Errors
    ///
    /// Fails if a key cannot be generated or used.
    pub fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        let mut ring = self.ring();
        Ok(made(&mut ring, self.clock.now())?.sign(claims)?)
    }

    /// Signs the consent token with these claims, or a defective one if so switched. Not for an
    /// async thread.
    pub(super) fn proof(&self, claims: &Value) -> anyhow::Result<String> {
        let proofs = self.switches().proofs;
        let changed = defective_token::claims(proofs, claims);
        match proofs {
            Proofs::Tampered => {
                let signed = self.sign(claims)?;
                defective_token::tampered(&signed, &changed)
            }
            // Signed by a key that is not Altinn's.
            Proofs::UnknownKey => self.foreign.sign(&changed),
            _ => self.sign(&changed),
        }
    }

    /// Rotates the keys: the announced certificate signs from now on, and another is announced. Not
    /// for an async thread.
    ///
    /// # Errors
    ///
    /// Fails if a key cannot be generated.
    pub fn rotate_keys(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        let next = SigningKey::generate(now)?;
        made(&mut self.ring(), now)?.rotate(next);
        Ok(())
    }

    pub(super) fn published(&self) -> anyhow::Result<[PublishedKey; 2]> {
        Ok(made(&mut self.ring(), self.clock.now())?.published())
    }

    fn ring(&self) -> MutexGuard<'_, Option<KeyRing>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn made(ring: &mut Option<KeyRing>, now: OffsetDateTime) -> anyhow::Result<&mut KeyRing> {
    let already = ring.take();
    Ok(ring.insert(already.map_or_else(|| KeyRing::generate(now), Ok)?))
}
