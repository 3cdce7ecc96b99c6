//! All authorities of one environment.

use rcgen::PublicKeyData;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::hierarchy::{Hierarchy, Keys};
use super::leaf::Leaf;
use super::line::NOWHERE;
use super::{Environment, Line, Profile, Purpose, Vendor};

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
    /// New ones for tests, which nobody publishes for.
    pub fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::of(Environment::Test, NOWHERE, now)
    }

    /// New ones for tests, which publish at the origin `base`.
    pub fn publishing_at(base: &str, now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::of(Environment::Test, base, now)
    }

    /// New ones that are alike but for production, which nobody in the sandbox trusts.
    pub fn production_twin(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::of(Environment::Production, NOWHERE, now)
    }

    fn of(environment: Environment, base: &str, now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::made(base, |vendor, profile| {
            let line = Line::soft(vendor, profile, environment);
            Hierarchy::generate(line, Keys::Quick, base, now)
        })
    }

    pub(super) fn made(
        base: &str,
        of: impl Fn(Vendor, Profile) -> anyhow::Result<Hierarchy> + Sync,
    ) -> anyhow::Result<Self> {
        let of = &of;
        let failed = |_| anyhow::anyhow!("making keys failed");
        // RSA keys take their time.
        let all = std::thread::scope(|scope| {
            let both = |vendor| {
                [Profile::Seid1, Profile::Seid2]
                    .map(|profile| scope.spawn(move || of(vendor, profile)))
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

    /// Where they publish: an origin.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One of the four.
    pub fn hierarchy(&self, vendor: Vendor, profile: Profile) -> &Hierarchy {
        match (vendor, profile) {
            (Vendor::Buypass, Profile::Seid1) => &self.buypass_seid1,
            (Vendor::Buypass, Profile::Seid2) => &self.buypass_seid2,
            (Vendor::Commfides, Profile::Seid1) => &self.commfides_seid1,
            (Vendor::Commfides, Profile::Seid2) => &self.commfides_seid2,
        }
    }

    /// All four.
    pub fn hierarchies(&self) -> [&Hierarchy; 4] {
        [
            &self.buypass_seid1,
            &self.buypass_seid2,
            &self.commfides_seid1,
            &self.commfides_seid2,
        ]
    }

    /// The certificate of the authority that signs in Buypass' second generation, as most have it.
    pub fn issuing(&self) -> &CertificateDer<'static> {
        self.buypass_seid2.issuing()
    }

    /// A certificate for authentication as Buypass makes it, valid for three years from the day
    /// before `from`.
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

    /// The same, as `vendor` makes it.
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
        let leaf = Leaf::new(hierarchy.line(), purpose, organisation, name, from);
        hierarchy.issue(&leaf, key)
    }
}
