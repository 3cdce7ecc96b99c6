//! What Altinn 2 does with its keys, which are made when they are first asked for.

use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;
use time::OffsetDateTime;

use super::Altinn2;
use super::key::{KeyRing, PublishedKey, SigningKey};
use super::proof::{self, ProofError};
use super::switches::Proofs;
use super::wrong;
use crate::world::World;

impl Altinn2 {
    /// The claims of a consent token that is shown at `now`, if its signature, issuer and times are good. What
    /// it is about is for whoever receives it to check.
    pub fn verify(&self, now: OffsetDateTime, token: &str) -> Result<Value, ProofError> {
        let published = self.ring().as_ref().map(KeyRing::published);
        proof::verify(token, now, published.as_ref().map_or(&[], |keys| keys))
    }

    /// A signed consent token with these claims, whatever they are. Makes RSA keys the first time: not for
    /// an async thread.
    pub fn sign(&self, world: &World, claims: &Value) -> anyhow::Result<String> {
        let mut ring = self.ring();
        Ok(made(&mut ring, world.clock.now())?.sign(claims)?)
    }

    /// The consent token with these claims; it may be switched to be a wrong one. Not for an async thread.
    pub(super) fn proof(&self, world: &World, claims: &Value) -> anyhow::Result<String> {
        let proofs = self.switches().proofs;
        let changed = wrong::claims(proofs, claims);
        match proofs {
            Proofs::Tampered => {
                let signed = self.sign(world, claims)?;
                wrong::tampered(&signed, &changed)
            }
            // Somebody signed it, who is not Altinn.
            Proofs::UnknownKey => world.maskinporten.sign(&changed),
            _ => self.sign(world, &changed),
        }
    }

    /// The announced certificate signs from now on, and another is announced. Not for an async thread.
    pub fn rotate_keys(&self, world: &World) -> anyhow::Result<()> {
        let now = world.clock.now();
        let next = SigningKey::generate(now)?;
        made(&mut self.ring(), now)?.rotate(next);
        Ok(())
    }

    pub(super) fn published(&self, world: &World) -> anyhow::Result<[PublishedKey; 2]> {
        Ok(made(&mut self.ring(), world.clock.now())?.published())
    }

    fn ring(&self) -> MutexGuard<'_, Option<KeyRing>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn made(ring: &mut Option<KeyRing>, now: OffsetDateTime) -> anyhow::Result<&mut KeyRing> {
    let already = ring.take();
    Ok(ring.insert(already.map_or_else(|| KeyRing::generate(now), Ok)?))
}
