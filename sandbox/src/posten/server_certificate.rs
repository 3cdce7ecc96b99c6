//! Server certificate of the TLS handshake: an enterprise certificate of the legal person Posten
//! Bring AS, without any host name, as the vendor's documentation says. Clients must identify the
//! server by its organisation number.

use std::fmt;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{KeyPair, RsaKeySize};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use super::state::Posten;
use super::switches::ServerCertificate;
use crate::pki::{EnterpriseAuthority, Hierarchy, Leaf, Profile, Purpose, Vendor, rsa_key_named};
use crate::population::INNLANDSBANKEN;

/// Organisation number of Posten Bring AS.
pub const POSTEN: &str = "984661185";
const NAME: &str = "POSTEN BRING AS";

/// Certificate resolver: issues a certificate of the selected form for each handshake.
pub(super) struct CertificateResolver {
    posten: Arc<Posten>,
    untrusted: EnterpriseAuthority,
    pair: KeyPair,
    signer: Arc<dyn SigningKey>,
}

impl CertificateResolver {
    pub(super) fn new(posten: &Arc<Posten>) -> anyhow::Result<Self> {
        let pair = rsa_key_named("Posten's server certificate", RsaKeySize::_2048)?;
        let key = PrivateKeyDer::try_from(pair.serialize_der()).map_err(anyhow::Error::msg)?;
        Ok(Self {
            posten: posten.clone(),
            untrusted: EnterpriseAuthority::production_twin(posten.clock.now())?,
            signer: rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
                .context("the server's own key")?,
            pair,
        })
    }

    fn certified(&self, form: ServerCertificate) -> anyhow::Result<CertifiedKey> {
        let now = self.posten.clock.now();
        let profile = match form {
            ServerCertificate::Seid1 => Profile::Seid1,
            _ => Profile::Seid2,
        };
        let authority = match form {
            ServerCertificate::WrongAuthority => &self.untrusted,
            _ => &*self.posten.enterprise,
        };
        let hierarchy = authority.hierarchy(Vendor::Buypass, profile);
        let leaf = issued(hierarchy, form, &self.pair, now)?;
        let chain = vec![leaf, hierarchy.issuing().clone()];
        Ok(CertifiedKey::new(chain, self.signer.clone()))
    }
}

impl ResolvesServerCert for CertificateResolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let form = self.posten.switches().server_certificate;
        self.certified(form).ok().map(Arc::new)
    }
}

impl fmt::Debug for CertificateResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CertificateResolver")
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
    let mut leaf = Leaf::new(hierarchy.ca_profile(), purpose, organisation, name, now);
    // Valid for a while already, so that a proxy on a machine whose clock is behind the sandbox's
    // accepts it too.
    leaf.not_before = now.saturating_sub(Duration::days(90));
    if form == ServerCertificate::Expired {
        leaf.not_before = now.saturating_sub(Duration::days(3 * 365));
        leaf.not_after = now.saturating_sub(Duration::DAY);
    }
    hierarchy.issue(&leaf, key)
}
