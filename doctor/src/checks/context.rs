//! Input of the checks.

use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_protocols::x509::{Authorities, Authority, Holder, Issuer, Purpose as KeyPurpose};
use time::OffsetDateTime;

use crate::finding::Purpose;
use crate::material::{LoadedCertificate, Material};

/// Input of the checks of certificate and key.
pub(crate) struct CheckContext<'a> {
    /// Certificate, key and chain.
    pub(crate) material: &'a Material,
    /// Known authorities, and those that are trusted besides.
    pub(crate) authorities: &'a Authorities,
    /// Intended use of the certificate and the key.
    pub(crate) purpose: Purpose,
    /// Environment in which they are to be used.
    pub(crate) target: Option<Environment>,
    /// Organisation for which they are to be used.
    pub(crate) organisation: Option<&'a OrganisationNumber>,
    /// Current time.
    pub(crate) now: OffsetDateTime,
}

/// Input of the checks that need a certificate.
pub(crate) struct CertificateContext<'a> {
    /// Certificate, key and chain.
    pub(crate) material: &'a Material,
    /// Certificate to check.
    pub(crate) leaf: &'a LoadedCertificate,
    /// Known authorities, and those that are trusted besides.
    pub(crate) authorities: &'a Authorities,
    /// Intended use of the certificate and the key.
    pub(crate) purpose: Purpose,
    /// Environment in which they are to be used.
    pub(crate) target: Option<Environment>,
    /// Organisation for which they are to be used.
    pub(crate) organisation: Option<&'a OrganisationNumber>,
    /// Current time.
    pub(crate) now: OffsetDateTime,
}

impl<'a> CheckContext<'a> {
    /// Returns the context of the certificate, if there is one.
    pub(crate) fn certificate(&self) -> Option<CertificateContext<'a>> {
        Some(CertificateContext {
            material: self.material,
            leaf: self.material.leaf.as_ref()?,
            authorities: self.authorities,
            purpose: self.purpose,
            target: self.target,
            organisation: self.organisation,
            now: self.now,
        })
    }
}

impl CertificateContext<'_> {
    /// Returns the known authority that issued the certificate: by the key that the certificate states, or, if it states
    /// none, by its signature.
    pub(crate) fn authority(&self) -> Option<&Authority> {
        if let Issuer::Known(authority) = self.authorities.issuer_of(&self.leaf.fields) {
            return Some(authority);
        }
        if self.leaf.fields.authority_key.is_some() {
            return None;
        }
        let mut signers = self
            .possible_issuers()
            .filter(|other| other.has_signed(self.leaf));
        signers.find_map(|other| self.authorities.whose(&other.fields))
    }

    /// Returns the certificates of the files that have the name and the key of the issuer.
    pub(super) fn possible_issuers(&self) -> impl Iterator<Item = &LoadedCertificate> {
        let all = self.material.others.iter().chain(&self.material.trusted);
        all.filter(|other| other.could_have_issued(self.leaf))
    }

    /// Returns whether the certificate is an organisation's. Checks of an organisation's certificate are skipped for others.
    pub(crate) fn is_organisations(&self) -> bool {
        let holder = self.leaf.fields.holder();
        matches!(holder, Holder::Enterprise | Holder::Unknown) && !self.issuer_issues_to_persons()
    }

    /// Returns whether the issuer issues to persons, by its name: both vendors put it there.
    pub(super) fn issuer_issues_to_persons(&self) -> bool {
        let name = self.leaf.fields.issuer.common_name().unwrap_or_default();
        let is_vendors = ["Buypass", "Commfides", "CPN"]
            .iter()
            .any(|vendor| name.contains(vendor));
        is_vendors && name.contains("Person") && !name.contains("Legal Person")
    }

    /// Returns whether the certificate is an issuer's: it may issue, and its key has no other use.
    pub(super) fn is_issuers(&self) -> bool {
        let certificate = &self.leaf.fields;
        certificate.is_authority()
            && matches!(certificate.purpose(), Some(KeyPurpose::Issuing) | None)
    }

    /// Returns whether the certificate, or an issuer below the root, is signed with a broken hash function.
    pub(crate) fn has_broken_signature(&self) -> bool {
        let chain = self.leaf.presented_chain(&self.material.others);
        chain
            .into_iter()
            .any(|certificate| certificate.fields.signature.is_broken())
    }
}
