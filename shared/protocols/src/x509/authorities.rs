//! Certification authorities of enterprise certificates.
//!
//! The authority key identifier of a leaf equals the subject key identifier of its issuer. Issuer,
//! environment and generation therefore follow from the leaf alone. Policies are not sufficient:
//! Buypass' test certificates carry the policy of production. An issuer that is not in the table is
//! unknown, not invalid.

use super::name::normalised;
use super::{Certificate, Fingerprint, KeyIdentifier};
use innsyn_core::party::Environment::{self, Production, Test};

use CaVendor::{Buypass, Commfides};
use Generation::{Seid1, Seid2};
use Role::{Issuing, Root};

/// Certification authority.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    /// Common name.
    pub name: String,
    /// Vendor that operates the authority.
    pub vendor: CaVendor,
    /// Position in the hierarchy.
    pub role: Role,
    /// Profile of the certificates that it issues.
    pub generation: Generation,
    /// Environment of the certificates that it issues.
    pub environment: Environment,
    /// Subject key identifier, to which leaves refer.
    pub key: KeyIdentifier,
    /// SHA-256 of its own certificate.
    pub fingerprint: Fingerprint,
}

/// Vendor of enterprise certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CaVendor {
    /// Buypass AS.
    Buypass,
    /// Commfides Norge AS.
    Commfides,
}

/// Position of an authority in its hierarchy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Root authority.
    Root,
    /// Issuing authority, between the root and the enterprises.
    Issuing,
}

/// Norwegian profile of enterprise certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Generation {
    /// SEID 1, of 2005. Its last production certificates expired on 1 June 2025.
    Seid1,
    /// SEID 2, of 2020, in use.
    Seid2,
}

/// Issuer of a certificate, as far as the certificate tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Issuer<'a> {
    /// Known authority, identified by its key.
    Known(&'a Authority),
    /// Authority with the name of a known one and a different key.
    LookAlike(&'a Authority),
    /// Self-issued certificate.
    Itself,
    /// Unknown authority.
    Unknown,
}

/// Table of known authorities.
#[derive(Clone, Debug)]
pub struct Authorities(Vec<Authority>);

impl Authorities {
    /// Returns the published authorities of Buypass and Commfides, for production and test.
    pub fn known() -> Self {
        let known = KNOWN.iter().filter_map(
            |(name, vendor, role, generation, environment, key, fingerprint)| {
                Some(Authority {
                    name: (*name).to_owned(),
                    vendor: *vendor,
                    role: *role,
                    generation: *generation,
                    environment: *environment,
                    key: KeyIdentifier::parse(key)?,
                    fingerprint: Fingerprint::parse(fingerprint)?,
                })
            },
        );
        Self(known.collect())
    }

    /// Adds an authority, such as a simulated one.
    #[must_use]
    pub fn with(mut self, authority: Authority) -> Self {
        self.0.push(authority);
        self
    }

    /// Returns an iterator over the authorities.
    pub fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.0.iter()
    }

    /// Returns the issuer of `certificate`.
    pub fn issuer_of(&self, certificate: &Certificate) -> Issuer<'_> {
        if certificate.is_self_issued() {
            return Issuer::Itself;
        }
        let key = certificate.authority_key.as_ref();
        if let Some(known) = self.iter().find(|known| Some(&known.key) == key) {
            return Issuer::Known(known);
        }
        let name = certificate.issuer.common_name().map(normalised);
        let like = self
            .iter()
            .find(|known| Some(normalised(&known.name)) == name);
        like.map_or(Issuer::Unknown, Issuer::LookAlike)
    }

    /// Returns the authority that owns this certificate.
    pub fn whose(&self, certificate: &Certificate) -> Option<&Authority> {
        self.iter()
            .find(|known| known.fingerprint == certificate.fingerprint)
    }
}

type Row = (
    &'static str,
    CaVendor,
    Role,
    Generation,
    Environment,
    &'static str,
    &'static str,
);

/// Published values: the subject key identifier, and the SHA-256 fingerprint.
#[rustfmt::skip]
const KNOWN: &[Row] = &[
    ("Buypass Class 3 Root CA G2 ST", Buypass, Root, Seid2, Production,
     "175385266697c726120d9fdeccb44432ea94d4d1",
     "f8c16c6b4fd45cb0672e16582b8805f1cafd0c48d866f4ed895b30e352a9faa6"),
    ("Buypass Class 3 CA G2 ST Business", Buypass, Issuing, Seid2, Production,
     "81459c2995663837ed3b544e8e32e5962179d564",
     "45e05831cddac1f2b96dc8ca54620834c87649e9ffd3b26d7dad2ad07f807232"),
    ("Buypass Class 3 Root CA G2 HT", Buypass, Root, Seid2, Production,
     "b81c9fedb4df9d014ccd74bf48780e70030bb90c",
     "ab936dfd7f171d3a3cbd08f9bebdc3f3baaabaa79df6a908f8a7b0128627f187"),
    ("Buypass Class 3 CA G2 HT Business", Buypass, Issuing, Seid2, Production,
     "b0916abd4e8db2091984a9b676ad42f269e8f82f",
     "0ef5cedce44265b112785b359a21141e20f553aada4c579404617b5ca6046be9"),
    ("Commfides Root CA - G3", Commfides, Root, Seid2, Production,
     "cae1e2e986ad81911f589a630006eef547940b56",
     "5ad1a2b5dae0ce7daeb4d15e3676002da387ed852c1667b1a80543c474a41ec7"),
    ("Commfides Legal Person - G3", Commfides, Issuing, Seid2, Production,
     "f13448e0be61319c2316027a64f1a547c7e5e769",
     "318aa99dfbe3d5cf10bf1e3a5e8bd921d55c68a70901dadc2cb6ed77ac363501"),
    ("Buypass Class 3 Root CA", Buypass, Root, Seid1, Production,
     "47b8cdffe56feef8b2ec2f4e0ef925b08e3c6bc3",
     "edf7ebbca27a2a384d387b7d4010c666e2edb4843e4c29b4ae1d5b9332e6b24d"),
    ("Buypass Class 3 CA 3", Buypass, Issuing, Seid1, Production,
     "ccc3f807b79c6d7a4ef5a72b1d05f9b3471c91d1",
     "c49c350e5a8205e063e74c554a994335b8435c996527d4ef1a2b0c7b51584b2d"),
    ("CPN RootCA SHA256 Class 3", Commfides, Root, Seid1, Production,
     "96865fe08c1a14c3a682e2e399a16135a21618e1",
     "c37912106489b99ed93dba644dfe6b95c2735339742bec01934ad4f62ac278f3"),
    ("CPN Enterprise SHA256 CLASS 3", Commfides, Issuing, Seid1, Production,
     "92cd801c1ec1b9793cb5a88392c85c888d48ceb9",
     "400a00e96d00edc0beb13ce2782ba67e49de6076b927844e31b782695500619d"),
    ("Buypass Class 3 Test4 Root CA G2 ST", Buypass, Root, Seid2, Test,
     "50b3f93da0c726659bdaa8876fe9223da25e6b3f",
     "760637a0f7da3a3876f601f96b8cf2ceb4fef80b76bd6f052e7bcb0041da350d"),
    ("Buypass Class 3 Test4 CA G2 ST Business", Buypass, Issuing, Seid2, Test,
     "a7febb6c5988ad742e465e7a68f9d1bbbfcfb68b",
     "2f36956beb4de4907a3a0fb09437d7d532f4a12504473a00c12ceb028df54a28"),
    ("Buypass Class 3 Test4 Root CA G2 HT", Buypass, Root, Seid2, Test,
     "44880af22388a725db6b91fb8a3e99c506a73f49",
     "52a09cf14587d7a5be5f3dc64754125822faeea5d75d15fd961e63c6f63d3f70"),
    ("Buypass Class 3 Test4 CA G2 HT Business", Buypass, Issuing, Seid2, Test,
     "359add628dd007cc558f8860f038263c192dc651",
     "2c9e0ec146f148eda7c5dd05559ccd2261e0c0d66f638864fae21c7756de7210"),
    ("Commfides Root CA - G3 - TEST", Commfides, Root, Seid2, Test,
     "a495c389a60d7682e452bbbbde051a3935b22117",
     "97ea39029d946583d44539519a1f2cae4a40f9733d17dac18457246af5654325"),
    ("Commfides Legal Person - G3 - TEST", Commfides, Issuing, Seid2, Test,
     "ab3d313590a0f76f29eaace88a7e776c9398c35c",
     "94bb0e8701b61794d5d0c3154204571096b23c78b33c87e7f942097030e526d9"),
    ("Buypass Class 3 Test4 Root CA", Buypass, Root, Seid1, Test,
     "edb4cf3f7b2318763ac6adb26b005d7ac688d6eb",
     "2a8475824d9ba398170031b9b398222f857a59bdc5cc3b49005eafdb55955da4"),
    ("Buypass Class 3 Test4 CA 3", Buypass, Issuing, Seid1, Test,
     "3faef5780b92a37020355f5afaf724a05201f041",
     "b761abd7a4c478b33be382be511943c20e50950b3b2899875a692e1bef2bdc1b"),
    ("CPN Root SHA256 CA - TEST", Commfides, Root, Seid1, Test,
     "1e900df52a6364a66a1f49515b98cfae7c214472",
     "4501b8951a592e25a0cfe1437f93a0773d249f08f1cb7693a232c79962df0013"),
    ("Commfides CPN Enterprise-Norwegian SHA256 CA - TEST2", Commfides, Issuing, Seid1, Test,
     "4431efc9beede9628d9f84204d4a85ca7e547056",
     "566688d20da741f3b2ab0ba8885ff552da0320c1ce742e445f448d29e201a43b"),
];
