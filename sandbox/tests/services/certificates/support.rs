//! Orders, and the content of their files as an independent library reads it.

use std::fs;
use std::path::PathBuf;

use sandbox::pki::certificates::{Defect, Order};
use sandbox::pki::{Profile, Purpose, Vendor};
use tempfile::TempDir;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;

pub(crate) const ORGANISATION: &str = "310000302";
pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const POLICIES: &str = "2.5.29.32";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";

/// The files of an order.
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// Creates an organisation's authentication certificate with `defects`.
    pub(crate) fn with(vendor: Vendor, profile: Profile, defects: &[Defect]) -> Self {
        Self::with_purposes(vendor, profile, &[Purpose::Authentication], defects)
    }

    pub(crate) fn with_purposes(
        vendor: Vendor,
        profile: Profile,
        purposes: &[Purpose],
        defects: &[Defect],
    ) -> Self {
        let order = Order {
            vendor,
            profile,
            purposes: purposes.to_vec(),
            organisation: ORGANISATION.to_owned(),
            name: "INNLANDSBANKEN ASA".to_owned(),
            defects: defects.to_vec(),
        };
        let package = order.make(OffsetDateTime::now_utc()).unwrap();
        let folder = TempDir::new().unwrap();
        package.write(folder.path()).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_default()
    }

    /// Returns the certificates in a PEM file; empty for other content.
    pub(crate) fn pems(&self, name: &str) -> Vec<Pem> {
        Pem::iter_from_buffer(&self.read(name))
            .filter_map(Result::ok)
            .collect()
    }

    /// Applies `look` to the first certificate of a file.
    pub(crate) fn see<T>(&self, name: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        let pems = self.pems(name);
        look(&pems[0].parse_x509().unwrap())
    }

    /// Applies `look` to the authentication certificate.
    pub(crate) fn leaf<T>(&self, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        self.see("authentication.pem", look)
    }
}

/// The attributes of a subject: the kind's identifier, the tag of the string and the text.
pub(crate) fn subject(certificate: &X509Certificate<'_>) -> Vec<(String, u32, String)> {
    let attributes = certificate.subject().iter_attributes();
    attributes
        .map(|attribute| {
            (
                attribute.attr_type().to_id_string(),
                attribute.attr_value().header.tag().0,
                attribute.as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

/// Returns the first text of a kind in the subject.
pub(crate) fn text(certificate: &X509Certificate<'_>, kind: &str) -> Option<String> {
    let attributes = subject(certificate);
    let found = attributes.into_iter().find(|(oid, ..)| oid == kind);
    found.map(|(.., text)| text)
}

/// Extension of a certificate.
#[derive(Debug, PartialEq)]
pub(crate) struct Extension {
    pub(crate) content: Vec<u8>,
    pub(crate) is_critical: bool,
}

/// Returns the extension of a kind.
pub(crate) fn extension(certificate: &X509Certificate<'_>, kind: &str) -> Option<Extension> {
    let mut extensions = certificate.extensions().iter();
    let found = extensions.find(|extension| extension.oid.to_id_string() == kind)?;
    Some(Extension {
        content: found.value.to_vec(),
        is_critical: found.critical,
    })
}

/// The certificate policies.
pub(crate) fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    use x509_parser::extensions::ParsedExtension;
    let mut extensions = certificate.extensions().iter();
    let found = extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::CertificatePolicies(policies) => Some(policies),
        _ => None,
    });
    let policies = found.into_iter().flat_map(|policies| policies.iter());
    policies
        .map(|policy| policy.policy_id.to_id_string())
        .collect()
}
