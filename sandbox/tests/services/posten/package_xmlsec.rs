//! Interoperability with `xmlsec1`: on our packages, and on a package of its own, with XML as odd
//! as possible.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::population::FJORDBANKEN;
use sha1::{Digest, Sha1};
use time::format_description::well_known::Rfc3339;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::posten::package_writer::{Draft, File, SIGNATURES, Style, zipped};
use crate::posten::support::{Reply, TestBed, certificates};

/// Options that name the identifier attributes for `xmlsec1`.
const IDS: [&str; 2] = [
    "--id-attr:Id",
    "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
];

#[tokio::test]
async fn it_verifies_both_clients_signatures() {
    if !is_installed() {
        return;
    }
    let bed = TestBed::in_a_hurry().await;
    for style in [Style::Java, Style::Net] {
        for (flip, is_good) in [(false, true), (true, false)] {
            let mut draft = Draft {
                style,
                ..Draft::direct()
            };
            if flip {
                draft.files = |files| files[0].1[5] ^= 1;
            }
            let folder = bed.new_folder();
            write(&folder, &draft.signed(&bed.given(), bed.clock.now()));
            let leaf = bed.sandbox.client_certificate().certificate_file.clone();
            let leaf = leaf.to_str().unwrap();
            let more = ["--enabled-key-data", "rsa", "--pubkey-cert-pem", leaf];
            let output = xmlsec(&folder, "--verify", &more, SIGNATURES);
            assert_eq!(output.status.success(), is_good, "{style:?}: {output:?}");
        }
    }
}

/// Checks that both accept the same forms, in digested and in signed content.
#[tokio::test]
async fn what_it_signs_in_odd_forms_is_taken() {
    if !is_installed() {
        return;
    }
    let bed = TestBed::in_a_hurry().await;
    for canonicalisation in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    ] {
        let draft = Draft::direct();
        let template = template(&bed, canonicalisation);
        let folder = bed.new_folder();
        let mut files = draft.signed(&bed.given(), bed.clock.now());
        for (file, content) in &mut files {
            if file == SIGNATURES {
                *content = template.clone().into_bytes();
            }
        }
        write(&folder, &files);
        let given = bed.given();
        let key = format!("{},{}", given.key.display(), given.chain.display());
        let more = ["--privkey-pem", &key, "--output", "signed.xml"];
        let output = xmlsec(&folder, "--sign", &more, SIGNATURES);
        assert!(output.status.success(), "{output:?}");

        let signed = std::fs::read_to_string(folder.join("signed.xml")).unwrap();
        let signed = filled(&template, &signed);
        post(&bed, &draft, &files, signed.as_bytes())
            .await
            .is_taken();
        // And not because the check is missing.
        for (from, to, why) in [
            ("a &amp; b", "a &amp;  b", "signed properties does not hold"),
            (
                "\t<d:SignatureMethod",
                " <d:SignatureMethod",
                "signature value",
            ),
            // Inherited by what is digested on its own.
            (
                "xml:lang='nb'",
                "xml:lang='nn'",
                "signed properties does not hold",
            ),
        ] {
            assert!(signed.contains(from), "{from}: {signed}");
            let said = post(&bed, &draft, &files, signed.replace(from, to).as_bytes()).await;
            said.is_refused(400, "ASICE_VALIDATION_FAILED", why);
        }
    }
}

/// The template with the values that `xmlsec1` put into its own writing of it.
fn filled(template: &str, signed: &str) -> String {
    let tree = uppsala::parse(signed).unwrap();
    let dsig = "http://www.w3.org/2000/09/xmldsig#";
    let texts = |name| {
        let found = tree.get_elements_by_tag_name_ns(dsig, name).into_iter();
        found.map(|id| tree.text_content_deep(id))
    };
    let value = texts("SignatureValue").next().unwrap();
    let value = format!("<d:SignatureValue>{value}</d:SignatureValue>");
    let filled = template.replace("<d:SignatureValue/>", &value);
    let empty = "<d:DigestValue></d:DigestValue>";
    texts("DigestValue").take(3).fold(filled, |filled, digest| {
        let digest = format!("<d:DigestValue>{digest}</d:DigestValue>");
        filled.replacen(empty, &digest, 1)
    })
}

/// Builds a template with prefixes of its own, one name bound again further down, unused
/// declarations, comments, character data sections, references to characters, attributes in another
/// order and quoting, carriage returns, blanks.
fn template(bed: &TestBed, canonicalisation: &str) -> String {
    let chain = certificates(&bed.given().chain);
    let leaf = chain.first().unwrap();
    let (_, certificate) = X509Certificate::from_der(leaf).unwrap();
    let serial = &certificate.tbs_certificate.serial;
    let sha1 = STANDARD.encode(Sha1::digest(leaf));
    let time = bed.clock.now().format(&Rfc3339).unwrap();
    let leaf = STANDARD.encode(leaf);
    let hashed = |open: &str, inner: &str| {
        format!(
            "<d:Reference {open}>{inner}<d:DigestMethod   Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>\
             <d:DigestValue></d:DigestValue></d:Reference>\r\n"
        )
    };
    let references = hashed("URI='0000_avtale.pdf' Id='f&#45;1'", "")
        + &hashed("Id=\"f-2\"\n URI=\"manifest.xml\"", "")
        + &hashed(
            "URI='#p' Type='http://uri.etsi.org/01903#SignedProperties'",
            "<d:Transforms><d:Transform Algorithm='http://www.w3.org/TR/2001/REC-xml-c14n-20010315'/></d:Transforms>",
        );
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- before --><?pi before?>\r\n\
         <a:XAdESSignatures xml:lang='nb' xmlns:z='urn:z' xmlns:x='urn:not-yet' xmlns:a='http://uri.etsi.org/2918/v1.2.1#' xmlns='urn:default'>\r\n\
         <d:Signature Id='s' xmlns:d='http://www.w3.org/2000/09/xmldsig#'>\r\n\
         <d:SignedInfo xml:space='preserve'><!-- a comment -->\
         <d:CanonicalizationMethod Algorithm='{canonicalisation}'/>\t\
         <d:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></d:SignatureMethod>\
         {references}</d:SignedInfo>\
         <d:SignatureValue/><d:KeyInfo><d:X509Data><d:X509Certificate>{leaf}</d:X509Certificate></d:X509Data></d:KeyInfo>\
         <d:Object><x:QualifyingProperties Target='#s' xmlns='' xmlns:x='http://uri.etsi.org/01903/v1.3.2#'>\r\n\
         <x:SignedProperties xmlns:b='urn:b' Id='p' xmlns:a2='urn:a2'><x:SignedSignatureProperties\n  b:two='2' a2:one=' tab&#9;and &lt; \"' one='1'>\
         <x:SigningTime  ><![CDATA[{time}]]></x:SigningTime>\r\n\
         <x:SigningCertificate><x:Cert><x:CertDigest><d:DigestMethod Algorithm='http://www.w3.org/2000/09/xmldsig#sha1'/>\
         <d:DigestValue>{sha1}&#xD;&#10;</d:DigestValue></x:CertDigest><x:IssuerSerial><d:X509IssuerName>a &amp; b > c &#xE6; ø</d:X509IssuerName>\
         <d:X509SerialNumber>{serial}<!-- it is --></d:X509SerialNumber></x:IssuerSerial></x:Cert></x:SigningCertificate>\
         </x:SignedSignatureProperties><x:SignedDataObjectProperties>\
         <x:DataObjectFormat ObjectReference='#f-1'><x:MimeType>application/pdf</x:MimeType></x:DataObjectFormat>\
         <x:DataObjectFormat ObjectReference='#f-2'><x:MimeType xmlns:z='urn:other-z'><?pi inside?>application/xml</x:MimeType></x:DataObjectFormat>\
         </x:SignedDataObjectProperties></x:SignedProperties></x:QualifyingProperties></d:Object></d:Signature>\
         </a:XAdESSignatures>\r\n<!-- after -->"
    )
}

async fn post(bed: &TestBed, draft: &Draft, files: &[File], signatures: &[u8]) -> Reply {
    let files: Vec<File> = files
        .iter()
        .map(|(name, content)| {
            let content = if name == SIGNATURES {
                signatures
            } else {
                content
            };
            (name.clone(), content.to_vec())
        })
        .collect();
    let (kind, body) = draft.body(&zipped(&files, draft.style));
    let address = format!("{}/direct/signature-jobs", bed.root(FJORDBANKEN));
    bed.post(&bed.given(), &address, &kind, body).await
}

fn write(folder: &Path, files: &[File]) {
    std::fs::create_dir_all(folder.join("META-INF")).unwrap();
    for (name, content) in files {
        std::fs::write(folder.join(name), content).unwrap();
    }
}

fn xmlsec(folder: &Path, what: &str, more: &[&str], file: &str) -> Output {
    let mut xmlsec = Command::new("xmlsec1");
    xmlsec
        .current_dir(folder)
        .arg(what)
        .args(IDS)
        .args(more)
        .arg(file);
    xmlsec.output().unwrap()
}

fn is_installed() -> bool {
    programs::is_installed("xmlsec1", "it has no say in packages")
}
