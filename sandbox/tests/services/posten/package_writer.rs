//! Writes document packages as the vendor's two clients do, and wrong ones on order.
//!
//! The hashed and signed text is built directly in its canonical form; the text in the file need
//! not have that form. Shares no code with the verifier: in `package_xmlsec.rs`, `xmlsec1` checks
//! its correctness.

use std::io::Write;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::path::EntryPath;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use sandbox::population::FJORDBANKEN;
use sha1::{Digest, Sha1};
use time::format_description::well_known::Rfc3339;
use time::macros::offset;
use time::{OffsetDateTime, UtcOffset};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::posten::support::{API, ClientFiles, certificates, key};

pub(crate) const KARI: &str = "17897432161";
pub(crate) const OLA: &str = "69886141211";
pub(crate) const PDF: &[u8] = b"%PDF-1.7\nnot much of one\n%%EOF\n";
/// Prefix of the names of an attacker's files.
pub(crate) const SIGNATURES: &str = "META-INF/signatures.xml";

const ASIC: &str = "http://uri.etsi.org/2918/v1.2.1#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/// Client whose packages it imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Names in references encoded, the whole chain, base64 in lines, packed with data descriptors.
    Java,
    /// Default namespace of its own and a prefix at the root, the leaf alone, blanks in empty
    /// elements.
    Net,
}

/// A file of the package, by its name.
pub(crate) type File = (String, Vec<u8>);
/// Change of the files.
pub(crate) type FilesEdit = fn(&mut Vec<File>);
/// Change of the package.
pub(crate) type BytesEdit = fn(&mut Vec<u8>);
/// Change of XML.
pub(crate) type TextEdit = fn(String) -> String;

/// Create request, and the changes to it before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// `direct` or `portal`.
    pub(crate) flow: &'static str,
    pub(crate) request: String,
    pub(crate) manifest: String,
    /// Name, media type and content.
    pub(crate) documents: Vec<(String, String, Vec<u8>)>,
    pub(crate) style: Style,
    /// Age of the signing time by the clock.
    pub(crate) signed_ago: time::Duration,
    /// Before they are hashed: the signed properties, in canonical form.
    pub(crate) properties: TextEdit,
    /// Before it is signed: `SignedInfo`, in canonical form.
    pub(crate) info: TextEdit,
    /// After it is signed: `signatures.xml`.
    pub(crate) written: TextEdit,
    /// After all that: the files of the package.
    pub(crate) files: FilesEdit,
    /// And the package itself.
    pub(crate) bytes: BytesEdit,
}

impl Draft {
    /// A direct job with one signer and one document.
    pub(crate) fn direct() -> Self {
        let signer = format!(
            "<signer><personal-identification-number>{KARI}</personal-identification-number></signer>"
        );
        Self::new("direct", direct_request(), &signer, "")
    }

    /// Creates a portal job with one signer, notified by e-mail, and one document.
    pub(crate) fn portal() -> Self {
        let signers = format!(
            "<signers><signer><personal-identification-number>{KARI}</personal-identification-number>\
             <notifications><email address=\"kari@example.no\"/></notifications></signer></signers>"
        );
        Self::new("portal", portal_request(), &signers, "<availability/>")
    }

    fn new(flow: &'static str, request: String, signers: &str, availability: &str) -> Self {
        let manifest = format!(
            "<{flow}-signature-job-manifest xmlns=\"{API}\">{signers}\
             <sender><organization-number>{FJORDBANKEN}</organization-number></sender>\
             <title>Avtale om lån</title><description>Les nøye.</description>\
             <documents><document href=\"0000_avtale.pdf\" mime=\"application/pdf\"><title>Avtale</title></document>\
             </documents>{availability}</{flow}-signature-job-manifest>"
        );
        Self {
            flow,
            request,
            manifest,
            documents: vec![(
                "0000_avtale.pdf".into(),
                "application/pdf".into(),
                PDF.into(),
            )],
            style: Style::Java,
            signed_ago: time::Duration::ZERO,
            properties: |properties| properties,
            info: |info| info,
            written: |signatures| signatures,
            files: |_| {},
            bytes: |_| {},
        }
    }

    /// Replaces text in the manifest.
    #[track_caller]
    pub(crate) fn manifest(mut self, from: &str, to: &str) -> Self {
        assert!(self.manifest.contains(from), "{from}: {}", self.manifest);
        self.manifest = self.manifest.replacen(from, to, 1);
        self
    }

    /// Replaces text in the request.
    #[track_caller]
    pub(crate) fn request(mut self, from: &str, to: &str) -> Self {
        assert!(self.request.contains(from), "{from}: {}", self.request);
        self.request = self.request.replacen(from, to, 1);
        self
    }

    /// Changes the first document.
    pub(crate) fn document(mut self, change: impl FnOnce(&mut (String, String, Vec<u8>))) -> Self {
        self.documents.first_mut().map(change);
        self
    }

    /// Builds the package, signed with the given certificate.
    pub(crate) fn package(&self, shown: &ClientFiles, now: OffsetDateTime) -> Vec<u8> {
        let mut package = zipped(&self.signed(shown, now), self.style);
        (self.bytes)(&mut package);
        package
    }

    /// Builds the signed files of the package.
    pub(crate) fn signed(&self, shown: &ClientFiles, now: OffsetDateTime) -> Vec<File> {
        let manifest = (
            "manifest.xml".to_owned(),
            self.manifest.clone().into_bytes(),
        );
        let signatures = (self.written)(self.signatures(shown, now)).into_bytes();
        let signatures = (SIGNATURES.to_owned(), signatures);
        let documents = self.documents.iter();
        let mut files: Vec<_> = documents
            .map(|(name, _, bytes)| (name.clone(), bytes.clone()))
            .collect();
        match self.style {
            Style::Java => files.extend([manifest, signatures]),
            Style::Net => files.extend([signatures, manifest]),
        }
        (self.files)(&mut files);
        files
    }

    /// The body of the request and its type.
    pub(crate) fn body(&self, package: &[u8]) -> (String, Vec<u8>) {
        let (kind, extra) = match self.style {
            Style::Java => ("multipart/mixed; charset=ISO-8859-1; boundary=b1e55ed", ""),
            Style::Net => (
                "multipart/mixed; boundary=\"b1e55ed\"",
                "\r\nContent-Disposition: attachment",
            ),
        };
        let mut body = format!(
            "--b1e55ed\r\nContent-Type: application/xml{extra}\r\n\r\n{}\r\n\
             --b1e55ed\r\nContent-Type: application/octet-stream{extra}\r\n\r\n",
            self.request
        )
        .into_bytes();
        body.extend_from_slice(package);
        body.extend_from_slice(b"\r\n--b1e55ed--\r\n");
        (kind.to_owned(), body)
    }

    fn signatures(&self, shown: &ClientFiles, now: OffsetDateTime) -> String {
        let chain = certificates(&shown.chain);
        let is_java = self.style == Style::Java;
        let scope = if is_java {
            format!(r#" xmlns="{XADES}" xmlns:ns2="{DSIG}""#)
        } else {
            format!(r#" xmlns="{XADES}" xmlns:xades="{ASIC}""#)
        };
        let properties = self.signed_properties(chain.first().unwrap(), now - self.signed_ago);
        let properties =
            properties.replacen("<SignedProperties", &format!("<SignedProperties{scope}"), 1);
        let properties = (self.properties)(properties);
        let prefix = if is_java {
            String::new()
        } else {
            format!(r#" xmlns:xades="{ASIC}""#)
        };
        let info_scope = format!(r#" xmlns="{DSIG}"{prefix}"#);
        let info = self.signed_info(&info_scope, &properties);
        let info = (self.info)(info);
        let value = signature(shown, info.as_bytes());

        let info = info.replacen(&info_scope, "", 1);
        let properties = properties.replacen(&scope, "", 1);
        let certificates = chain.iter().take(if is_java { 9 } else { 1 });
        let certificates: String = certificates
            .map(|certificate| self.base64("X509Certificate", certificate))
            .collect();
        let value = self.base64("SignatureValue", &value);
        let signature = format!(
            r#"<Signature xmlns="{DSIG}" Id="Signature">{info}{value}<KeyInfo><X509Data>{certificates}</X509Data></KeyInfo>"#
        );
        if is_java {
            return format!(
                r##"<?xml version="1.0" encoding="UTF-8" standalone="no"?><XAdESSignatures xmlns="{ASIC}">{signature}<Object><QualifyingProperties xmlns="{XADES}" xmlns:ns2="{DSIG}" Target="#Signature">{properties}</QualifyingProperties></Object></Signature></XAdESSignatures>"##
            );
        }
        let written = format!(
            r##"<?xml version="1.0" encoding="utf-8"?><xades:XAdESSignatures xmlns="{XADES}" xmlns:xades="{ASIC}">{signature}<Object><QualifyingProperties Target="#Signature" xmlns="{XADES}">{properties}</QualifyingProperties></Object></Signature></xades:XAdESSignatures>"##
        );
        // What canonical XML writes out, .NET does not.
        [
            "CanonicalizationMethod",
            "SignatureMethod",
            "DigestMethod",
            "Transform",
        ]
        .iter()
        .fold(written, |written, name| {
            written.replace(&format!("></{name}>"), " />")
        })
    }

    fn signed_properties(&self, leaf: &[u8], at: OffsetDateTime) -> String {
        let (_, certificate) = X509Certificate::from_der(leaf).unwrap();
        let sha1 = STANDARD.encode(Sha1::digest(leaf));
        let serial = &certificate.tbs_certificate.serial;
        let (time, name, prefix, scope) = match self.style {
            Style::Java => {
                let at = at.replace_nanosecond(0).unwrap().to_offset(offset!(+1));
                (at, "CN=Simulert,C=NO", "ns2:", String::new())
            }
            Style::Net => {
                let at = at
                    .replace_nanosecond(u32::from(at.millisecond()) * 1_000_000)
                    .unwrap();
                let scope = format!(r#" xmlns="{DSIG}""#);
                (at.to_offset(UtcOffset::UTC), "C=NO, CN=Simulert", "", scope)
            }
        };
        let time = time.format(&Rfc3339).unwrap();
        let formats = self.signed_files().into_iter().map(|(id, _, kind, _)| {
            format!(r##"<DataObjectFormat ObjectReference="#{id}"><MimeType>{kind}</MimeType></DataObjectFormat>"##)
        });
        let formats = formats.collect::<Vec<_>>().concat();
        let element = |name: &str, attribute: &str, text: &str| {
            format!("<{prefix}{name}{scope}{attribute}>{text}</{prefix}{name}>")
        };
        let sha1 = element(
            "DigestMethod",
            r#" Algorithm="http://www.w3.org/2000/09/xmldsig#sha1""#,
            "",
        ) + &element("DigestValue", "", &sha1);
        let issuer = element("X509IssuerName", "", name)
            + &element("X509SerialNumber", "", &serial.to_string());
        format!(
            r#"<SignedProperties Id="SignedProperties"><SignedSignatureProperties><SigningTime>{time}</SigningTime><SigningCertificate><Cert><CertDigest>{sha1}</CertDigest><IssuerSerial>{issuer}</IssuerSerial></Cert></SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>{formats}</SignedDataObjectProperties></SignedProperties>"#
        )
    }

    fn signed_info(&self, scope: &str, properties: &str) -> String {
        let method =
            r#"<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>"#;
        let hashed = |bytes: &[u8]| {
            let value = STANDARD.encode(digest(&SHA256, bytes));
            format!("{method}<DigestValue>{value}</DigestValue></Reference>")
        };
        let references = self.signed_files().into_iter().map(|(id, uri, _, bytes)| {
            format!(r#"<Reference Id="{id}" URI="{uri}">{}"#, hashed(bytes))
        });
        let references = references.collect::<Vec<_>>().concat();
        let own = hashed(properties.as_bytes());
        format!(
            r##"<SignedInfo{scope}><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>{references}<Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#SignedProperties"><Transforms><Transform Algorithm="{C14N}"></Transform></Transforms>{own}</SignedInfo>"##
        )
    }

    /// Lists the signed files: the reference's `Id` and URI, the media type, the content.
    fn signed_files(&self) -> Vec<(String, String, &str, &[u8])> {
        let manifest = ("manifest.xml", "application/xml", self.manifest.as_bytes());
        let documents = self.documents.iter();
        let documents = documents.map(|(name, kind, bytes)| (&**name, &**kind, &**bytes));
        let all = documents.chain([manifest]).enumerate();
        all.map(|(index, (name, kind, bytes))| match self.style {
            Style::Java => {
                let uri = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
                (format!("ID_{index}"), uri, kind, bytes)
            }
            Style::Net => (format!("Id_{index}"), name.to_owned(), kind, bytes),
        })
        .collect()
    }

    /// Encodes bytes in base64, with the line breaks of the client's library.
    fn base64(&self, name: &str, bytes: &[u8]) -> String {
        let text = STANDARD.encode(bytes);
        let text = match self.style {
            Style::Java => {
                let characters: Vec<_> = text.chars().collect();
                let lines: Vec<String> = characters
                    .chunks(76)
                    .map(|line| line.iter().collect())
                    .collect();
                lines.join("&#13;\n")
            }
            Style::Net => text,
        };
        format!("<{name}>{text}</{name}>")
    }
}

pub(crate) fn direct_request() -> String {
    format!(
        "<direct-signature-job-request xmlns=\"{API}\"><reference>sak-417</reference><exit-urls>\
         <completion-url>http://localhost:1/ferdig?jobb=417</completion-url>\
         <rejection-url>http://localhost:1/avvist</rejection-url>\
         <error-url>http://localhost:1/feil</error-url></exit-urls>\
         <status-retrieval-method>POLLING</status-retrieval-method>\
         <polling-queue>innsending</polling-queue></direct-signature-job-request>"
    )
}

pub(crate) fn portal_request() -> String {
    format!(
        "<portal-signature-job-request xmlns=\"{API}\"><reference>sak-418</reference>\
         <polling-queue>innsending</polling-queue></portal-signature-job-request>"
    )
}

/// The files in an archive, packed or not as the client does.
pub(crate) fn zipped(files: &[File], style: Style) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let method = match style {
            Style::Java => CompressionMethod::DEFLATE,
            Style::Net => CompressionMethod::STORE,
        };
        let new = archive
            .new_file(EntryPath::verbatim(name.as_bytes()))
            .compression_method(method);
        let (mut entry, config) = new.start().unwrap();
        let descriptor = if style == Style::Java {
            let packer = DeflateEncoder::new(&mut entry, Compression::default());
            let mut writer = config.wrap(packer);
            writer.write_all(content).unwrap();
            let (packer, descriptor) = writer.finish().unwrap();
            packer.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn signature(shown: &ClientFiles, message: &[u8]) -> Vec<u8> {
    let key = key(&shown.key);
    let key = KeyPair::from_pkcs8(key.secret_der()).unwrap();
    let mut value = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut value)
        .unwrap();
    value
}
