//! Orders of certificates, and what is made of them.

use super::defect::Defect;
use crate::pki::{Profile, Purpose, Vendor};

/// Order of enterprise certificates.
#[derive(Clone, Debug)]
pub struct Order {
    /// Vendor to imitate.
    pub vendor: Vendor,
    /// Generation of the profile.
    pub profile: Profile,
    /// Purposes of the organisation's certificates.
    pub purposes: Vec<Purpose>,
    /// Organisation number.
    pub organisation: String,
    /// Name of the organisation.
    pub name: String,
    /// Defects that the certificates get.
    pub defects: Vec<Defect>,
}

/// Certificates of an organisation and of its authorities.
#[derive(Debug)]
pub struct Package {
    pub(super) certificates: Vec<Certificate>,
    pub(super) authorities: Vec<Authority>,
    pub(super) defects: Vec<Defect>,
}

/// Certificate of the organisation, with its chain and key.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) purpose: Purpose,
    pub(super) der: Vec<u8>,
    /// Certificates of one file: the leaf, then its chain.
    pub(super) chain: Vec<Vec<u8>>,
    /// Private key in PKCS#8 PEM.
    pub(super) key: Option<String>,
}

/// Certificates of an issuing authority and its root.
#[derive(Debug)]
pub(super) struct Authority {
    /// Prefix of the file names.
    pub(super) prefix: &'static str,
    pub(super) issuing: Vec<u8>,
    pub(super) root: Vec<u8>,
    /// Revocation list of the issuing authority, in DER.
    pub(super) list: Vec<u8>,
}

impl Order {
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }
}

/// Returns the name of the files of a certificate for `purpose`.
pub(super) fn name_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signing => "signing",
        Purpose::Encryption => "encryption",
    }
}
