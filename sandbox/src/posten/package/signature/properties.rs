//! Signed properties: the time, the signer, and the type of each file.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::reference::References;
use super::xml::{CERTIFICATES, DSIG, SHA1, XADES, digest};
use crate::kit::clock::between;
use crate::posten::package::check::{Invalid, Measure, ensure};
use crate::posten::schema::Element;

/// Maximum number of `DataObjectFormat`: 20 documents and the manifest.
const FORMATS: usize = 21;

/// Signed properties of a signature.
#[derive(Debug)]
pub(super) struct Properties<'t> {
    /// `SignedProperties` element, whose digest is signed.
    pub(super) element: Element<'t>,
    time: OffsetDateTime,
    certificates: Vec<NamedCertificate>,
    /// Media types, by the `Id` of the reference.
    formats: BTreeMap<&'t str, String>,
}

/// Certificate identified in the properties.
#[derive(Debug)]
struct NamedCertificate {
    sha1: Vec<u8>,
    /// Serial number, decimal.
    serial: String,
}

impl<'t> Properties<'t> {
    /// Reads the properties in `object`, about the signature of that `Id`.
    pub(super) fn read(object: Element<'t>, signature: &str) -> Result<Self, Invalid> {
        let mut content = object.content(XADES)?;
        let qualifying = content.one("QualifyingProperties")?;
        content.end()?;
        let target = qualifying.attribute("Target");
        ensure(
            target.and_then(|target| target.strip_prefix('#')) == Some(signature),
            "the properties are those of another signature",
        )?;
        let mut content = qualifying.content(XADES)?;
        let element = content.one("SignedProperties")?;
        content.end()?;

        let mut content = element.content(XADES)?;
        let mut of_signature = content.one("SignedSignatureProperties")?.content(XADES)?;
        let mut of_files = content.one("SignedDataObjectProperties")?.content(XADES)?;
        content.end()?;
        let time = of_signature.one("SigningTime")?.time()?;
        let mut named = of_signature.one("SigningCertificate")?.content(XADES)?;
        of_signature.end()?;
        let certificates = named.several("Cert", CERTIFICATES)?;
        named.end()?;
        let formats = of_files.several("DataObjectFormat", FORMATS)?;
        of_files.end()?;
        let count = formats.len();
        let formats: BTreeMap<_, _> = formats
            .into_iter()
            .map(format)
            .collect::<Result<_, Invalid>>()?;
        ensure(formats.len() == count, "a file's format stands there twice")?;
        let certificates = certificates.into_iter().map(NamedCertificate::read);
        Ok(Self {
            element,
            time,
            certificates: certificates.collect::<Result<_, _>>()?,
            formats,
        })
    }

    /// Returns whether they name the certificate that signed. The issuer's name is not compared:
    /// clients write it in at least three ways.
    pub(super) fn name(&self, signer: &[u8]) -> Result<(), Invalid> {
        let sha1 = Sha1::digest(signer);
        let serial = X509Certificate::from_der(signer)
            .map(|(_, certificate)| certificate.tbs_certificate.serial.to_string());
        let serial = serial.unwrap_or_default();
        let mut named = self.certificates.iter();
        ensure(
            named.any(|named| named.sha1 == sha1.as_slice() && named.serial == serial),
            "SigningCertificate names another certificate",
        )
    }

    /// Returns whether they match the manifest for the file of each reference.
    pub(super) fn describe(
        &self,
        references: &References<'_>,
        kinds: &BTreeMap<&str, &str>,
    ) -> Result<(), Invalid> {
        let mut files = references.files.iter();
        let all = files.all(|(file, (id, _))| {
            let format = self.formats.get(id).map(String::as_str);
            format.is_some() && format == kinds.get(file.as_str()).copied()
        });
        ensure(
            all && self.formats.len() == references.files.len(),
            "the files' formats are not those of the manifest",
        )
    }

    /// Returns whether the signing time is near the service's.
    pub(super) fn is_of_now(&self, measure: Measure<'_>) -> Result<(), Invalid> {
        ensure(
            between(measure.now, self.time).abs() <= measure.tolerance,
            "SigningTime is too far from the time here",
        )
    }
}

impl NamedCertificate {
    fn read(element: Element<'_>) -> Result<Self, Invalid> {
        let mut content = element.content(XADES)?;
        let mut of_digest = content.one("CertDigest")?.content(DSIG)?;
        let sha1 = digest(&mut of_digest, SHA1)?;
        of_digest.end()?;
        let mut issuer = content.one("IssuerSerial")?.content(DSIG)?;
        content.end()?;
        let name = issuer.one("X509IssuerName")?.text()?;
        let serial = issuer.one("X509SerialNumber")?.text()?;
        issuer.end()?;
        ensure(!name.trim().is_empty(), "an issuer has no name")?;
        Ok(Self {
            sha1,
            serial: serial.trim().to_owned(),
        })
    }
}

/// Returns the `Id` that a format refers to, and the media type; it may have nothing else.
fn format(element: Element<'_>) -> Result<(&str, String), Invalid> {
    let about = element.attribute("ObjectReference");
    let about = about.and_then(|about| about.strip_prefix('#'));
    let about = about.ok_or_else(|| Invalid::new("a format is about nothing"))?;
    let mut content = element.content(XADES)?;
    let kind = content.one("MimeType")?.text()?;
    content.end()?;
    Ok((about, kind))
}
