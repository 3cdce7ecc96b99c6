//! Certificate with its encoding.

use innsyn_protocols::x509::Certificate;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use crate::language::Bilingual;

/// `id-ad-ocsp` and `id-ad-caIssuers` (RFC 5280 §4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// Certificate in DER, with the fields that the checks use.
#[derive(Clone)]
pub(crate) struct LoadedCertificate {
    /// Certificate in DER.
    pub(crate) der: Vec<u8>,
    /// Parsed fields.
    pub(crate) fields: Certificate,
}

/// Result of verifying the signature of a certificate with the key of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignatureStatus {
    /// The signature is valid.
    Valid,
    /// The signature is not valid.
    Invalid,
    /// The verifier does not support the algorithm.
    UnknownAlgorithm,
}

impl LoadedCertificate {
    /// Reads DER.
    ///
    /// # Errors
    ///
    /// The reason, in both languages, if it cannot be read.
    pub(crate) fn read(der: &[u8]) -> Result<Self, Bilingual> {
        let unreadable = |why: String| {
            Bilingual::new(
                format!("et sertifikat kan ikke leses ({why})"),
                format!("a certificate cannot be read ({why})"),
            )
        };
        let fields = Certificate::read(der).map_err(|error| unreadable(error.to_string()))?;
        // The two readers look at different parts of it.
        X509Certificate::from_der(der).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self {
            der: der.to_vec(),
            fields,
        })
    }

    /// Parses the certificate, for what is not in [`Certificate`]: signatures and addresses.
    pub(crate) fn parsed(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.der)
            .ok()
            .map(|(_, parsed)| parsed)
    }

    /// Returns the object identifier of the algorithm of the signature.
    pub(crate) fn signature_algorithm(&self) -> String {
        let parsed = self.parsed();
        parsed.map_or_else(String::new, |parsed| {
            parsed.signature_algorithm.algorithm.to_id_string()
        })
    }

    /// Returns the common name of the subject, or else its organisation.
    pub(crate) fn name(&self) -> &str {
        let subject = &self.fields.subject;
        let name = subject.common_name().or(subject.organisation());
        name.unwrap_or("?")
    }

    /// Returns whether `self` has the name and the key that `below` states for its issuer.
    pub(crate) fn could_have_issued(&self, below: &Self) -> bool {
        let same_key = match (&self.fields.subject_key, &below.fields.authority_key) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.fields.subject.name == below.fields.issuer && same_key
    }

    /// Verifies the signature of `below` with the key of `self`.
    pub(crate) fn verify(&self, below: &Self) -> SignatureStatus {
        let (Some(above), Some(below)) = (self.parsed(), below.parsed()) else {
            return SignatureStatus::Invalid;
        };
        match below.verify_signature(Some(above.public_key())) {
            Ok(()) => SignatureStatus::Valid,
            Err(X509Error::SignatureUnsupportedAlgorithm) => SignatureStatus::UnknownAlgorithm,
            Err(_) => SignatureStatus::Invalid,
        }
    }

    /// Returns whether `self` signed `below`.
    pub(crate) fn has_signed(&self, below: &Self) -> bool {
        self.verify(below) == SignatureStatus::Valid
    }

    /// Returns those of `others` that lead upwards from `self`, each after the one that it issued.
    pub(crate) fn issuer_chain<'a>(&'a self, others: &'a [Self]) -> Vec<&'a Self> {
        let mut chain: Vec<&Self> = Vec::new();
        let mut below = self;
        while !below.fields.is_self_issued() {
            let is_next = |other: &&Self| {
                other.could_have_issued(below) && !chain.iter().any(|known| known.der == other.der)
            };
            // Certificates of the same name that state no key are told apart by the signature.
            let signer = others
                .iter()
                .find(|other| is_next(other) && other.has_signed(below));
            let Some(next) = signer.or_else(|| others.iter().find(is_next)) else {
                break;
            };
            chain.push(next);
            below = next;
        }
        chain
    }

    /// Returns `self` and its issuers among `others`, without the root: the chain that TLS and grants present.
    pub(crate) fn presented_chain<'a>(&'a self, others: &'a [Self]) -> Vec<&'a Self> {
        let above = self.issuer_chain(others).into_iter();
        let above = above.filter(|other| !other.fields.is_self_issued());
        std::iter::once(self).chain(above).collect()
    }

    /// Returns the HTTP address of the issuer's certificate.
    pub(crate) fn issuer_address(&self) -> Option<String> {
        self.access_addresses(CA_ISSUERS).into_iter().next()
    }

    /// Returns the HTTP addresses of the OCSP responders.
    pub(crate) fn ocsp_addresses(&self) -> Vec<String> {
        self.access_addresses(OCSP)
    }

    /// Returns the HTTP addresses of the revocation lists.
    pub(crate) fn crl_addresses(&self) -> Vec<String> {
        let Some(parsed) = self.parsed() else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for extension in parsed.extensions() {
            let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension()
            else {
                continue;
            };
            for point in &points.points {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    all.extend(names.iter().filter_map(http_address));
                }
            }
        }
        all
    }

    fn access_addresses(&self, method: &str) -> Vec<String> {
        let Some(parsed) = self.parsed() else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for extension in parsed.extensions() {
            if let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() {
                let of_method = access
                    .accessdescs
                    .iter()
                    .filter(|description| description.access_method.to_id_string() == method);
                all.extend(
                    of_method.filter_map(|description| http_address(&description.access_location)),
                );
            }
        }
        all
    }
}

/// Returns the address if it is HTTP: LDAP is not supported.
fn http_address(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(address) if address.starts_with("http") => Some((*address).to_owned()),
        _ => None,
    }
}
