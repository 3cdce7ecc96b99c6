//! What the server shows in the handshake: an enterprise certificate of the legal person Posten Bring AS,
//! without any host name, as the vendor's documentation says. Clients are to tell the server by its
//! organisation number.

use std::fmt;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{KeyPair, RsaKeySize};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::authority::{
    EnterpriseAuthority, Hierarchy, Leaf, Profile, Purpose, Vendor, rsa_key_named,
};
use crate::consumer::INNLANDSBANKEN;
use crate::world::World;

/// Posten Bring AS.
pub const POSTEN: &str = "984661185";
const NAME: &str = "POSTEN BRING AS";

/// The forms that it can have.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerCertificate {
    /// SEID 2: the number is in `organizationIdentifier`.
    #[default]
    Seid2,
    /// SEID 1: the number is in `serialNumber`. So it was until January 2025.
    Seid1,
    /// As good as it should be, of another organisation.
    WrongOrganisation,
    /// From an authority for production, which nobody in the sandbox trusts.
    WrongAuthority,
    /// It expired yesterday.
    Expired,
}

/// Issues one for each handshake, of the form that is switched on.
pub(super) struct Shown {
    world: Arc<World>,
    untrusted: EnterpriseAuthority,
    pair: KeyPair,
    signer: Arc<dyn SigningKey>,
}

impl Shown {
    pub(super) fn new(world: &Arc<World>) -> anyhow::Result<Self> {
        let pair = rsa_key_named("Posten's server certificate", RsaKeySize::_2048)?;
        let key = PrivateKeyDer::try_from(pair.serialize_der()).map_err(anyhow::Error::msg)?;
        Ok(Self {
            world: world.clone(),
            untrusted: EnterpriseAuthority::production_twin(world.clock.now())?,
            signer: rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
                .context("the server's own key")?,
            pair,
        })
    }

    fn certified(&self, form: ServerCertificate) -> anyhow::Result<CertifiedKey> {
        let now = self.world.clock.now();
        let profile = match form {
            ServerCertificate::Seid1 => Profile::Seid1,
            _ => Profile::Seid2,
        };
        let authority = match form {
            ServerCertificate::WrongAuthority => &self.untrusted,
            _ => &self.world.enterprise,
        };
        let hierarchy = authority.hierarchy(Vendor::Buypass, profile);
        let leaf = issued(hierarchy, form, &self.pair, now)?;
        let chain = vec![leaf, hierarchy.issuing().clone()];
        Ok(CertifiedKey::new(chain, self.signer.clone()))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let form = self.world.posten.switches().server_certificate;
        self.certified(form).ok().map(Arc::new)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shown")
    }
}

fn issued(
    hierarchy: &Hierarchy,
    form: ServerCertificate,
    key: &KeyPair,
    now: OffsetDateTime,
) -> anyhow::Result<CertificateDer<'static>> {
    let (organisation, name) = match form {
        ServerCertificate::WrongOrganisation => (INNLANDSBANKEN, "INNLANDSBANKEN ASA"),
        _ => (POSTEN, NAME),
    };
    let purpose = Purpose::Authentication;
    let mut leaf = Leaf::new(hierarchy.line(), purpose, organisation, name, now);
    // In use for a while: a proxy on a machine whose clock is behind the sandbox's takes it too.
    leaf.not_before = now.saturating_sub(Duration::days(90));
    if form == ServerCertificate::Expired {
        leaf.not_before = now.saturating_sub(Duration::days(3 * 365));
        leaf.not_after = now.saturating_sub(Duration::DAY);
    }
    hierarchy.issue(&leaf, key)
}
