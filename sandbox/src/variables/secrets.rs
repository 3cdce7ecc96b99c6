//! The app's secrets, other than its clients' keys.

use anyhow::Context;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::kit::random;

/// Generated secrets of the app.
pub(crate) struct Secrets {
    pub(super) consent_signing: ComponentKey,
    pub(super) claims_signing: ComponentKey,
    pub(super) accounting_signing: ComponentKey,
    pub(super) income_signing: ComponentKey,
    pub(super) tax_basis_signing: ComponentKey,
    pub(super) persons_signing: ComponentKey,
    pub(super) signature_signing: ComponentKey,
    pub(super) back_end_signing: ComponentKey,
    pub(super) consent_store: String,
    pub(super) token_store: String,
    pub(super) job_store: String,
    pub(super) key_set_store: String,
    pub(super) maintenance: String,
    /// Secret of the back end's events, in its written form.
    pub(super) events: String,
}

/// Ed25519 key with which a component, or a back end, authenticates to the token component, or the
/// proxy.
pub(super) struct ComponentKey {
    /// Private key: 32 bytes in base64url.
    pub(super) seed: String,
    /// Public key: 32 bytes in base64url.
    pub(super) public: String,
}

impl Secrets {
    pub(crate) fn generate() -> anyhow::Result<Self> {
        let secret = || random::token().context("no randomness");
        Ok(Self {
            consent_signing: ComponentKey::generate()?,
            claims_signing: ComponentKey::generate()?,
            accounting_signing: ComponentKey::generate()?,
            income_signing: ComponentKey::generate()?,
            tax_basis_signing: ComponentKey::generate()?,
            persons_signing: ComponentKey::generate()?,
            signature_signing: ComponentKey::generate()?,
            back_end_signing: ComponentKey::generate()?,
            consent_store: secret()?,
            token_store: secret()?,
            job_store: secret()?,
            key_set_store: secret()?,
            maintenance: secret()?,
            events: format!(
                "whsec_{}",
                STANDARD.encode(random::bytes().context("no randomness")?)
            ),
        })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl ComponentKey {
    fn generate() -> anyhow::Result<Self> {
        let seed = random::bytes().context("no randomness")?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).context("no Ed25519 key")?;
        Ok(Self {
            seed: URL_SAFE_NO_PAD.encode(seed),
            public: URL_SAFE_NO_PAD.encode(pair.public_key()),
        })
    }
}
