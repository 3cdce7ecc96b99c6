//! XAdES: one signer's signature in XML.
//!
//! XAdES baseline B (ETSI TS 103 171), written directly in canonical form, so that the digests are
//! of the bytes in the file. Assumptions: the vendor does not publish the content of its results.
//! Here the documents are in it, each as base64 in an `Object` of its own (W3C XML-Signature
//! §6.6.2), so that the file can be verified alone; the certificate is referred to by SHA-256, not
//! SHA-1 as in document packages.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Decode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_cert::Certificate;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::end_user::EndUser;
use super::order::Document;

const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const ASIC: &str = "http://uri.etsi.org/2918/v1.2.1#";
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// Builds the signature of `signer` on `documents`: an XML document.
pub(super) fn sign(
    documents: &[Document],
    signer: &EndUser,
    at: OffsetDateTime,
) -> anyhow::Result<String> {
    let properties = properties(documents, signer, at)?;
    let info = info(documents, &properties);
    let value = STANDARD.encode(signer.sign(info.as_bytes())?);
    let mut certificates = String::new();
    for der in &signer.chain {
        let certificate = STANDARD.encode(der);
        write!(
            certificates,
            "<X509Certificate>{certificate}</X509Certificate>"
        )?;
    }
    let mut objects = String::new();
    for (position, document) in documents.iter().enumerate() {
        let content = STANDARD.encode(&document.bytes);
        write!(
            objects,
            "<Object Encoding=\"{BASE64}\" Id=\"document-{position}\">{content}</Object>"
        )?;
    }
    // The two canonicalised elements declare the namespaces in scope only where they are digested:
    // here they are inherited.
    let info = info.replacen(&format!(" xmlns=\"{XMLDSIG}\""), "", 1);
    let properties = properties.replacen(&scope(), "", 1);
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XAdESSignatures xmlns=\"{ASIC}\"><Signature xmlns=\"{XMLDSIG}\" Id=\"signature\">\
         {info}<SignatureValue>{value}</SignatureValue>\
         <KeyInfo><X509Data>{certificates}</X509Data></KeyInfo>{objects}\
         <Object><QualifyingProperties{scope} Target=\"#signature\">{properties}\
         </QualifyingProperties></Object></Signature></XAdESSignatures>",
        scope = scope()
    ))
}

/// Returns the namespace declarations of the properties.
fn scope() -> String {
    format!(" xmlns=\"{XADES}\" xmlns:ds=\"{XMLDSIG}\"")
}

/// Builds `SignedInfo` in canonical form.
fn info(documents: &[Document], properties: &str) -> String {
    let mut references = String::new();
    for (position, document) in documents.iter().enumerate() {
        let named = format!("Id=\"reference-{position}\" URI=\"#document-{position}\"");
        references.push_str(&reference(&named, BASE64, &document.bytes));
    }
    let named = "Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#signed-properties\"";
    references.push_str(&reference(named, C14N, properties.as_bytes()));
    format!(
        "<SignedInfo xmlns=\"{XMLDSIG}\">\
         <CanonicalizationMethod Algorithm=\"{C14N}\"></CanonicalizationMethod>\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></SignatureMethod>\
         {references}</SignedInfo>"
    )
}

fn reference(named: &str, transform: &str, content: &[u8]) -> String {
    format!(
        "<Reference {named}><Transforms><Transform Algorithm=\"{transform}\"></Transform></Transforms>\
         <DigestMethod Algorithm=\"{DIGEST}\"></DigestMethod><DigestValue>{}</DigestValue></Reference>",
        digested(content)
    )
}

/// Builds `SignedProperties` in canonical form.
fn properties(
    documents: &[Document],
    signer: &EndUser,
    at: OffsetDateTime,
) -> anyhow::Result<String> {
    let [leaf, _, _] = &signer.chain;
    let issuer = Certificate::from_der(leaf)?
        .tbs_certificate()
        .issuer()
        .to_string();
    let (_, parsed) = X509Certificate::from_der(leaf)?;
    let time = at.replace_nanosecond(0)?.format(&Rfc3339)?;
    let mut formats = String::new();
    for (position, document) in documents.iter().enumerate() {
        write!(
            formats,
            "<DataObjectFormat ObjectReference=\"#reference-{position}\">\
             <Description>{}</Description><MimeType>{}</MimeType></DataObjectFormat>",
            text(&document.title),
            text(&document.mime)
        )?;
    }
    Ok(format!(
        "<SignedProperties{scope} Id=\"signed-properties\"><SignedSignatureProperties>\
         <SigningTime>{time}</SigningTime><SigningCertificate><Cert><CertDigest>\
         <ds:DigestMethod Algorithm=\"{DIGEST}\"></ds:DigestMethod>\
         <ds:DigestValue>{certificate}</ds:DigestValue></CertDigest><IssuerSerial>\
         <ds:X509IssuerName>{issuer}</ds:X509IssuerName>\
         <ds:X509SerialNumber>{serial}</ds:X509SerialNumber></IssuerSerial></Cert></SigningCertificate>\
         </SignedSignatureProperties><SignedDataObjectProperties>{formats}\
         </SignedDataObjectProperties></SignedProperties>",
        scope = scope(),
        certificate = digested(leaf),
        issuer = text(&issuer),
        serial = parsed.tbs_certificate.serial,
    ))
}

fn digested(content: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, content))
}

/// Escapes text in canonical form (Canonical XML 1.0 §2.3).
fn text(value: &str) -> String {
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").replace('\r', "&#xD;")
}
