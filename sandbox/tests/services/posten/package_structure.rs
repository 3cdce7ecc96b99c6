//! Valid signatures over a structure outside the profile: each is signed as it is.

use crate::posten::package_writer::{Draft, TextEdit};
use crate::posten::support::TestBed;

const INVALID: &str = "ASICE_VALIDATION_FAILED";

#[tokio::test]
async fn signed_info_has_the_profiles_algorithms_and_references() {
    let bed = TestBed::in_a_hurry().await;
    let changes: [(TextEdit, &str); 8] = [
        (
            |info| {
                info.replacen(
                    "REC-xml-c14n-20010315",
                    "REC-xml-c14n-20010315#WithComments",
                    1,
                )
            },
            "another canonicalisation",
        ),
        (
            |info| {
                info.replacen(
                    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                    "http://www.w3.org/2001/10/xml-exc-c14n#",
                    1,
                )
            },
            "another canonicalisation",
        ),
        (
            |info| info.replace("rsa-sha256", "rsa-sha512"),
            "not RSA with SHA-256",
        ),
        (
            |info| {
                info.replacen(
                    "http://www.w3.org/2001/04/xmlenc#sha256",
                    "http://www.w3.org/2000/09/xmldsig#sha1",
                    1,
                )
            },
            "a digest is by another algorithm",
        ),
        (
            |info| info.replace("01903#SignedProperties", "01903#Other"),
            "of another type",
        ),
        (
            // A transform on a file's reference.
            |info| {
                info.replacen(
                    "pdf\"><Digest",
                    "pdf\"><Transforms><Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></Transform></Transforms><Digest",
                    1,
                )
            },
            "stands Transforms where DigestMethod",
        ),
        (
            |info| info.replacen(" Id=\"ID_1\"", " Id=\"ID_0\"", 1),
            "one Id",
        ),
        (
            |info| info.replacen("URI=\"manifest.xml\"", "URI=\"#KeyInfo\"", 1),
            "neither a file nor",
        ),
    ];
    for (info, why) in changes {
        let draft = Draft {
            info,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
}

#[tokio::test]
async fn the_signed_properties_are_those_of_the_profile() {
    let bed = TestBed::in_a_hurry().await;
    let changes: [(TextEdit, &str); 8] = [
        (
            |properties| properties.replace("xmldsig#sha1", "xmldsig#sha256"),
            "a digest is by another algorithm",
        ),
        (
            |properties| properties.replace("<ns2:DigestValue>", "<ns2:DigestValue>AAAA"),
            "another certificate",
        ),
        (
            |properties| properties.replace("<ns2:X509SerialNumber>", "<ns2:X509SerialNumber>1"),
            "another certificate",
        ),
        (
            |properties| properties.replace("application/pdf", "text/plain"),
            "formats",
        ),
        (
            |properties| properties.replace("\"#ID_0\"", "\"#ID_9\""),
            "formats",
        ),
        (
            |properties| properties.replace("\"#ID_0\"", "\"#ID_1\""),
            "twice",
        ),
        (
            |properties| {
                properties.replace(
                    "</SigningCertificate>",
                    "</SigningCertificate><SignatureProductionPlace></SignatureProductionPlace>",
                )
            },
            "no place there for SignatureProductionPlace",
        ),
        (
            |properties| properties.replace("+01:00</SigningTime>", "</SigningTime>"),
            "not a dateTime with an offset",
        ),
    ];
    for (properties, why) in changes {
        let draft = Draft {
            properties,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
}

/// Signature wrapping is refused: only the elements that were signed are read.
#[tokio::test]
async fn wrapping_gains_nothing() {
    let bed = TestBed::in_a_hurry().await;
    let changes: [(TextEdit, &str); 8] = [
        (
            |signatures| signatures.replace("<KeyInfo>", "<KeyInfo Id=\"ID_0\">"),
            "one Id",
        ),
        // A second element of the same Id, before the first and after it.
        (
            |signatures| signatures.replacen("<Object>", "<Object Id=\"SignedProperties\">", 1),
            "one Id",
        ),
        (
            |signatures| {
                signatures.replace(
                    "</Object>",
                    "</Object><Object><SignedProperties Id=\"SignedProperties\"/></Object>",
                )
            },
            "one Id",
        ),
        // The true ones are moved away, and others take their place.
        (
            |signatures| {
                let start = signatures.find("<SignedProperties").unwrap();
                let end = signatures.find("</QualifyingProperties>").unwrap();
                let own = signatures.get(start..end).unwrap();
                let scope = "xmlns:ns2=\"http://www.w3.org/2000/09/xmldsig#\"";
                let false_ones = own.replacen("\"SignedProperties\"", "\"False\"", 1);
                signatures.replace(own, &false_ones).replace(
                    "</Object>",
                    &format!("</Object><Object {scope}>{own}</Object>"),
                )
            },
            "no place there for Object",
        ),
        (
            |signatures| signatures.replace("Target=\"#Signature\"", "Target=\"#Other\""),
            "those of another signature",
        ),
        // A second signature beside the true one.
        (
            |signatures| {
                signatures.replace(
                    "</XAdESSignatures>",
                    "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></XAdESSignatures>",
                )
            },
            "no place there for Signature",
        ),
        (
            |signatures| {
                signatures.replace(
                    "</SignedProperties>",
                    "</SignedProperties><UnsignedProperties/>",
                )
            },
            "no place there for UnsignedProperties",
        ),
        (
            |signatures| {
                let declared = "standalone=\"no\"?>";
                signatures.replace(declared, &format!("{declared}<!DOCTYPE XAdESSignatures>"))
            },
            "DOCTYPE",
        ),
    ];
    for (written, why) in changes {
        let draft = Draft {
            written,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
}
