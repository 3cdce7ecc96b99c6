//! `META-INF/signatures.xml`: one XAdES signature over all files of a package.
//!
//! The profile is Posten's (signering-docs, "Dokumentpakke"), the form that of its Java client:
//! SHA-256 everywhere but in the certificate's digest, canonical XML 1.0, and no prefix declared
//! above the qualifying properties, so that each part has the same canonical form in every context.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::macros::format_description;

use super::xml::{DECLARATION, Xml};
use super::{RequestError, Seal};

const CONTAINER: &str = "http://uri.etsi.org/2918/v1.2.1#";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const QUALIFYING: &str = "http://uri.etsi.org/01903/v1.3.2#";
const PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";
const CANONICAL: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

/// Signed file of the package.
pub(super) struct SignedFile<'a> {
    /// File name: letters, digits, `.` and `_`, so that it is the same in an address.
    name: &'a str,
    media_type: &'a str,
    /// SHA-256, in base64.
    digest: String,
}

impl<'a> SignedFile<'a> {
    /// Hashes the content. Hashing is the slow part of signing and does not depend on the time.
    pub(super) fn new(name: &'a str, media_type: &'a str, content: &[u8]) -> Self {
        Self {
            name,
            media_type,
            digest: sha256(content),
        }
    }
}

/// Returns the maximum size of `META-INF/signatures.xml`, in bytes, for this number of files.
pub(super) fn most_bytes(files: usize, seal: &Seal) -> usize {
    // Twice the size of the elements and a signature of 4096 bits.
    const FIXED: usize = 8 * 1024;
    const EACH_FILE: usize = 1024;
    const EACH_CERTIFICATE: usize = 64;
    let chain = seal.chain.iter().map(String::len);
    let chain = chain.fold(seal.issuer.len(), |sum, length| {
        sum.saturating_add(length).saturating_add(EACH_CERTIFICATE)
    });
    files
        .saturating_mul(EACH_FILE)
        .saturating_add(chain)
        .saturating_add(FIXED)
}

pub(super) fn signatures(
    files: &[SignedFile<'_>],
    seal: &Seal,
    now: OffsetDateTime,
) -> Result<String, RequestError> {
    let properties = properties(files, seal, now)?;
    let info = info(files, &properties);
    let signed = canonical("SignedInfo", &[("xmlns", SIGNATURE)], &info);
    let value = seal
        .sign(signed.as_bytes())
        .ok_or(RequestError::Signature)?;
    let signature = Xml::part(|xml| {
        xml.element("XAdESSignatures", &[("xmlns", CONTAINER)], |xml| {
            xml.element(
                "Signature",
                &[("xmlns", SIGNATURE), ("Id", "Signature")],
                |xml| {
                    xml.element("SignedInfo", &[], |xml| xml.written(&info));
                    xml.text("SignatureValue", &STANDARD.encode(value));
                    xml.element("KeyInfo", &[], |xml| {
                        xml.element("X509Data", &[], |xml| {
                            for certificate in &seal.chain {
                                xml.text("X509Certificate", certificate);
                            }
                        });
                    });
                    xml.element("Object", &[], |xml| {
                        let [own, foreign] = NAMESPACES;
                        let attributes = [own, foreign, ("Target", "#Signature")];
                        xml.element("QualifyingProperties", &attributes, |xml| {
                            xml.element("SignedProperties", &[PROPERTIES_ID], |xml| {
                                xml.written(&properties);
                            });
                        });
                    });
                },
            );
        });
    });
    Ok(format!("{DECLARATION}{signature}"))
}

/// Namespaces in scope at the signed properties, in canonical order.
const NAMESPACES: [(&str, &str); 2] = [("xmlns", QUALIFYING), ("xmlns:ns2", SIGNATURE)];
const PROPERTIES_ID: (&str, &str) = ("Id", "SignedProperties");

/// Writes the content of `SignedInfo`.
fn info(files: &[SignedFile<'_>], properties: &str) -> String {
    Xml::part(|xml| {
        xml.empty("CanonicalizationMethod", &[("Algorithm", CANONICAL)]);
        xml.empty("SignatureMethod", &[("Algorithm", RSA_SHA256)]);
        for (place, file) in files.iter().enumerate() {
            let id = file_id(place);
            xml.element("Reference", &[("Id", &id), ("URI", file.name)], |xml| {
                digest(xml, &file.digest);
            });
        }
        let [own, foreign] = NAMESPACES;
        let properties = canonical(
            "SignedProperties",
            &[own, foreign, PROPERTIES_ID],
            properties,
        );
        let attributes = [("Type", PROPERTIES_TYPE), ("URI", "#SignedProperties")];
        xml.element("Reference", &attributes, |xml| {
            xml.element("Transforms", &[], |xml| {
                xml.empty("Transform", &[("Algorithm", CANONICAL)]);
            });
            digest(xml, &sha256(properties.as_bytes()));
        });
    })
}

/// Writes the content of `SignedProperties`.
fn properties(
    files: &[SignedFile<'_>],
    seal: &Seal,
    now: OffsetDateTime,
) -> Result<String, RequestError> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let now = now.to_offset(time::UtcOffset::UTC).format(format);
    let now = now.map_err(|_| RequestError::Time)?;
    Ok(Xml::part(|xml| {
        xml.element("SignedSignatureProperties", &[], |xml| {
            xml.text("SigningTime", &now);
            xml.element("SigningCertificate", &[], |xml| {
                xml.element("Cert", &[], |xml| {
                    xml.element("CertDigest", &[], |xml| {
                        xml.empty("ns2:DigestMethod", &[("Algorithm", SHA1)]);
                        xml.text("ns2:DigestValue", &STANDARD.encode(seal.digest));
                    });
                    xml.element("IssuerSerial", &[], |xml| {
                        xml.text("ns2:X509IssuerName", &seal.issuer);
                        xml.text("ns2:X509SerialNumber", &seal.serial);
                    });
                });
            });
        });
        xml.element("SignedDataObjectProperties", &[], |xml| {
            for (place, file) in files.iter().enumerate() {
                let reference = format!("#{}", file_id(place));
                xml.element(
                    "DataObjectFormat",
                    &[("ObjectReference", &reference)],
                    |xml| xml.text("MimeType", file.media_type),
                );
            }
        });
    }))
}

fn file_id(place: usize) -> String {
    format!("ID_{place}")
}

fn digest(xml: &mut Xml, digest: &str) {
    xml.empty("DigestMethod", &[("Algorithm", SHA256)]);
    xml.text("DigestValue", digest);
}

fn sha256(content: &[u8]) -> String {
    STANDARD.encode(hmac_sha256::Hash::hash(content))
}

/// Writes an element in the canonical form that is hashed: with the namespaces in scope declared on
/// it.
fn canonical(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    Xml::part(|xml| xml.element(name, attributes, |xml| xml.written(content)))
}
