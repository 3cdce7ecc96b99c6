//! Authorities of one environment.

use rcgen::PublicKeyData;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::ca_profile::NOWHERE;
use super::hierarchy::{Hierarchy, Keys};
use super::leaf::Leaf;
use super::{CaProfile, Environment, Profile, Purpose, Vendor};

/// Issues enterprise certificates: both issuers' lines, in both profiles.
#[derive(Debug)]
pub struct EnterpriseAuthority {
    base: String,
    buypass_seid1: Hierarchy,
    buypass_seid2: Hierarchy,
    commfides_seid1: Hierarchy,
    commfides_seid2: Hierarchy,
}

impl EnterpriseAuthority {
    /// Generates authorities for tests, without published revocation data.
    ///
    /// # Errors
    ///
    /// Fails if a key or certificate cannot be made.
    pub fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::generate_all(Environment::Test, NOWHERE, now)
    }

    /// Generates authorities for tests, which publish at the origin `base`.
    ///
    /// # Errors
    ///
    /// Fails if a key or certificate cannot be made.
    pub fn publishing_at(base: &str, now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::generate_all(Environment::Test, base, now)
    }

    /// Generates equal authorities for production, which nothing in the sandbox trusts.
    ///
    /// # Errors
    ///
    /// Fails if a key or certificate cannot be made.
    pub fn production_twin(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::generate_all(Environment::Production, NOWHERE, now)
    }

    fn generate_all(
        environment: Environment,
        base: &str,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        Self::made(base, |vendor, profile| {
            let ca_profile = CaProfile::soft(vendor, profile, environment);
            Hierarchy::generate(ca_profile, Keys::Quick, base, now)
        })
    }

    pub(super) fn made(
        base: &str,
        generate: impl Fn(Vendor, Profile) -> anyhow::Result<Hierarchy> + Sync,
    ) -> anyhow::Result<Self> {
        let generate = &generate;
        let failed = |_| anyhow::anyhow!("making keys failed");
        // RSA keys take their time.
        let all = std::thread::scope(|scope| {
            let both = |vendor| {
                [Profile::Seid1, Profile::Seid2]
                    .map(|profile| scope.spawn(move || generate(vendor, profile)))
            };
            [both(Vendor::Buypass), both(Vendor::Commfides)]
                .map(|two| two.map(|made| made.join().map_err(failed).flatten()))
        });
        let [
            [buypass_seid1, buypass_seid2],
            [commfides_seid1, commfides_seid2],
        ] = all;
        Ok(Self {
            base: base.to_owned(),
            buypass_seid1: buypass_seid1?,
            buypass_seid2: buypass_seid2?,
            commfides_seid1: commfides_seid1?,
            commfides_seid2: commfides_seid2?,
        })
    }

    /// Returns the origin where the authorities publish.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the hierarchy of a vendor and profile.
    pub fn hierarchy(&self, vendor: Vendor, profile: Profile) -> &Hierarchy {
        match (vendor, profile) {
            (Vendor::Buypass, Profile::Seid1) => &self.buypass_seid1,
            (Vendor::Buypass, Profile::Seid2) => &self.buypass_seid2,
            (Vendor::Commfides, Profile::Seid1) => &self.commfides_seid1,
            (Vendor::Commfides, Profile::Seid2) => &self.commfides_seid2,
        }
    }

    /// Returns all four hierarchies.
    pub fn hierarchies(&self) -> [&Hierarchy; 4] {
        [
            &self.buypass_seid1,
            &self.buypass_seid2,
            &self.commfides_seid1,
            &self.commfides_seid2,
        ]
    }

    /// Returns the certificate of the signing authority in Buypass' second generation, the most
    /// common one.
    pub fn issuing(&self) -> &CertificateDer<'static> {
        self.buypass_seid2.issuing()
    }

    /// Issues a certificate for authentication as Buypass does, valid for three years from the day
    /// before `from`.
    ///
    /// # Errors
    ///
    /// Fails if the certificate cannot be made.
    pub fn issue(
        &self,
        profile: Profile,
        organisation: &str,
        name: &str,
        key: &impl PublicKeyData,
        from: OffsetDateTime,
    ) -> anyhow::Result<CertificateDer<'static>> {
        self.issue_as(Vendor::Buypass, profile, organisation, name, key, from)
    }

    /// Issues a certificate as `vendor` makes it.
    ///
    /// # Errors
    ///
    /// Fails if the certificate cannot be made.
    pub fn issue_as(
        &self,
        vendor: Vendor,
        profile: Profile,
        organisation: &str,
        name: &str,
        key: &impl PublicKeyData,
        from: OffsetDateTime,
    ) -> anyhow::Result<CertificateDer<'static>> {
        let hierarchy = self.hierarchy(vendor, profile);
        let purpose = Purpose::Authentication;
        let leaf = Leaf::new(hierarchy.ca_profile(), purpose, organisation, name, from);
        hierarchy.issue(&leaf, key)
    }
}
