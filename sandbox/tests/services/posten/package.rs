//! Valid packages, and each way in which a package is invalid.

use sandbox::pki::certificates::Defect;
use sandbox::pki::{Profile, Vendor};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::posten::Switches;

use crate::posten::package_writer::{
    BytesEdit, Draft, File, FilesEdit, SIGNATURES, Style, TextEdit,
};
use crate::posten::support::{TestBed, order};

const INVALID: &str = "ASICE_VALIDATION_FAILED";

#[tokio::test]
async fn both_clients_packages_are_taken() {
    let bed = TestBed::in_a_hurry().await;
    for style in [Style::Java, Style::Net] {
        for draft in [Draft::direct(), Draft::portal()] {
            bed.create(&Draft { style, ..draft }).await.is_taken();
        }
    }
}

#[tokio::test]
async fn an_encoded_name_is_the_name_that_it_means() {
    let bed = TestBed::in_a_hurry().await;
    for (href, name) in [
        ("a+b%C3%A6.pdf", "a bæ.pdf"),
        ("100%.pdf", "100%.pdf"),
        ("plain.pdf", "plain.pdf"),
    ] {
        let draft = Draft::direct().manifest("0000_avtale.pdf", href);
        let draft = draft.document(|document| name.clone_into(&mut document.0));
        bed.create(&draft).await.is_taken();
    }
}

#[tokio::test]
async fn a_byte_changed_after_signing_is_found() {
    let bed = TestBed::in_a_hurry().await;
    let digest = "a file's digest";
    let changes: [(FilesEdit, &str); 2] = [
        (|files| change(files, ".pdf", "much", "such"), digest),
        (|files| change(files, ".xml", "om lån", "om gave"), digest),
    ];
    for (files, why) in changes {
        let draft = Draft {
            files,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
    let changes: [(TextEdit, &str); 6] = [
        (
            |text| replaced(&text, "IssuerName>CN=", "IssuerName>DN="),
            "the digest of the signed properties",
        ),
        (
            |text| replaced(&text, "Id=\"ID_0\" URI", "URI"),
            "a file's reference has no Id",
        ),
        (
            |text| replaced(&text, "rsa-sha256\"", "rsa-sha256\" Z=\"\""),
            "the signature value",
        ),
        (
            |text| flipped_after(&text, "<SignatureValue>"),
            "the signature value",
        ),
        (
            |text| flipped_after(&text, "<X509Certificate>"),
            "SigningCertificate names another",
        ),
        (
            |text| replaced(&text, "<X509Certificate>MII", "<X509Certificate>MI"),
            "not base64",
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

#[tokio::test]
async fn files_references_and_manifest_are_the_same_ones() {
    let bed = TestBed::in_a_hurry().await;
    let changes: [(FilesEdit, &str); 6] = [
        (
            |files| files.push(("extra.pdf".into(), b"x".into())),
            "not in the manifest",
        ),
        (|files| remove(files, ".pdf"), "is not in the package"),
        (
            |files| remove(files, "manifest.xml"),
            "manifest.xml is missing",
        ),
        (
            |files| remove(files, SIGNATURES),
            "signatures.xml is missing",
        ),
        (
            |files| files.push(("META-INF/manifest.xml".into(), b"<m/>".into())),
            "more than signatures.xml",
        ),
        (|files| files.extend_from_within(..1), "one name"),
    ];
    for (files, why) in changes {
        let draft = Draft {
            files,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
    // In the manifest and in the archive, but not signed.
    let mut draft = Draft::direct().manifest(
        "</documents>",
        "<document href=\"usignert.pdf\" mime=\"application/pdf\"><title>B</title></document></documents>",
    );
    draft.files = |files| files.push(("usignert.pdf".into(), b"%PDF-1.4".into()));
    bed.create(&draft)
        .await
        .is_refused(400, INVALID, "files and references");
}

#[tokio::test]
async fn the_archive_has_one_reading() {
    let bed = TestBed::in_a_hurry().await;
    let changes: [(BytesEdit, &str); 5] = [
        (|bytes| bytes.truncate(bytes.len() / 2), "readable ZIP"),
        (|bytes| bytes.push(0), "around them"),
        (
            |bytes| {
                bytes.splice(..0, *b"prelude");
            },
            "",
        ),
        (|bytes| rename_first(bytes), "two names"),
        (|bytes| *bytes = b"no archive".to_vec(), "readable ZIP"),
    ];
    for (bytes, why) in changes {
        let draft = Draft {
            bytes,
            ..Draft::direct()
        };
        bed.create(&draft).await.is_refused(400, INVALID, why);
    }
    for name in [
        "../ut.pdf",
        "/rot.pdf",
        "a\\b.pdf",
        "mappe/",
        "%2e%2e/ut.pdf",
    ] {
        let draft = Draft::direct().manifest("0000_avtale.pdf", name);
        let draft = draft.document(|document| name.clone_into(&mut document.0));
        bed.create(&draft)
            .await
            .is_refused(400, INVALID, "plain relative path");
    }
}

#[tokio::test]
async fn a_mimetype_entry_is_let_pass_if_it_is_right() {
    const RIGHT: &str = "application/vnd.etsi.asic-e+zip";
    let bed = TestBed::in_a_hurry().await;
    let mut draft = Draft {
        style: Style::Net,
        ..Draft::direct()
    };
    draft.files = |files| files.insert(0, ("mimetype".into(), RIGHT.into()));
    bed.create(&draft).await.is_taken();
    let entries = bed.sandbox.services().journal.entries();
    let note = entries.last().unwrap().note.clone().unwrap();
    assert!(note.contains("mimetype"), "{note}");

    let wrong = "mimetype is not as it should be";
    draft.files = |files| files.push(("mimetype".into(), RIGHT.into()));
    bed.create(&draft).await.is_refused(400, INVALID, wrong);
    draft.files = |files| files.insert(0, ("mimetype".into(), b"application/zip".into()));
    bed.create(&draft).await.is_refused(400, INVALID, wrong);
    let mut packed = Draft::direct();
    packed.files = |files| files.insert(0, ("mimetype".into(), RIGHT.into()));
    bed.create(&packed).await.is_refused(400, INVALID, wrong);
}

#[tokio::test]
async fn documents_are_bounded_and_of_types_that_can_be_signed() {
    let bed = TestBed::in_a_hurry().await;
    let sized = |size| Draft::direct().document(|document| document.2.resize(size, b' '));
    bed.create(&sized(10 * 1024 * 1024)).await.is_taken();
    let said = bed.create(&sized(10 * 1024 * 1024 + 1)).await;
    said.is_refused(400, INVALID, "too large");

    for (content, is_good) in [
        (&b"%PDF-1.1"[..], true),
        (b"%PDF-2.0", false),
        (b"PDF", false),
        (b"%PDF-1.7 /Encrypt 5 0 R", false),
    ] {
        let draft = Draft::direct().document(|document| document.2 = content.to_vec());
        let said = bed.create(&draft).await;
        if is_good {
            said.is_taken();
        } else {
            said.is_refused(400, INVALID, "PDF 1.1–1.7");
        }
    }
    let typed = |kind: &str| {
        let draft = Draft::direct().manifest("application/pdf", kind);
        draft.document(|document| kind.clone_into(&mut document.1))
    };
    bed.create(&typed("text/plain")).await.is_taken();
    let said = bed.create(&typed("image/png")).await;
    said.is_refused(400, INVALID, "neither application/pdf");
}

#[tokio::test]
async fn the_signing_time_is_near_that_of_the_service() {
    let bed = TestBed::in_a_hurry().await;
    let late = |seconds| Draft {
        signed_ago: time::Duration::seconds(seconds),
        ..Draft::direct()
    };
    bed.create(&late(1)).await.is_taken();
    for seconds in [-8, 8] {
        let said = bed.create(&late(seconds)).await;
        said.is_refused(400, INVALID, "SigningTime");
    }
    let posten = &bed.sandbox.services().posten;
    posten.set_switches(Switches {
        signing_time_tolerance_seconds: 60,
        ..posten.switches()
    });
    bed.create(&late(8)).await.is_taken();
    bed.create(&late(80))
        .await
        .is_refused(400, INVALID, "SigningTime");
}

#[tokio::test]
async fn an_untrusted_or_foreign_certificate_does_not_sign() {
    let bed = TestBed::in_a_hurry().await;
    let given = bed.given();
    let draft = Draft::direct();
    for defect in [Defect::Expired, Defect::UnknownIssuer, Defect::SigningOnly] {
        let signer = bed.ordered(&[defect]).await;
        let package = draft.package(&signer, bed.clock.now());
        let (kind, body) = draft.body(&package);
        let address = format!("{}/direct/signature-jobs", bed.root(FJORDBANKEN));
        let said = bed.post(&given, &address, &kind, body).await;
        said.is_refused(400, INVALID, "not trusted");
    }
    let mut order = order(INNLANDSBANKEN, &[]);
    order.vendor = Vendor::Commfides;
    order.profile = Profile::Seid1;
    let other = bed.made(order).await;
    let package = draft.package(&other, bed.clock.now());
    let (kind, body) = draft.body(&package);
    let address = format!("{}/direct/signature-jobs", bed.root(FJORDBANKEN));
    let said = bed.post(&given, &address, &kind, body).await;
    said.is_refused(400, INVALID, "another organisation");
}

/// Replaces text in the file whose name ends with `name`.
fn change(files: &mut [File], name: &str, from: &str, to: &str) {
    let mut files = files.iter_mut();
    let (_, content) = files.find(|(file, _)| file.ends_with(name)).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    *content = replaced(&text, from, to).into_bytes();
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}: {text}");
    text.replacen(from, to, 1)
}

/// Replaces a letter shortly after `mark` with another of the same alphabet.
fn flipped_after(text: &str, mark: &str) -> String {
    let place = text.find(mark).unwrap() + mark.len() + 60;
    let old = text.get(place..=place).unwrap();
    let new = if old == "A" { "B" } else { "A" };
    let (before, after) = text.split_at(place);
    format!("{before}{}", after.replacen(old, new, 1))
}

fn remove(files: &mut Vec<File>, name: &str) {
    let before = files.len();
    files.retain(|(file, _)| !file.ends_with(name));
    assert_eq!(files.len() + 1, before);
}

/// The name in front of the first file, not that in the directory.
fn rename_first(bytes: &mut [u8]) {
    let name = b"0000_avtale.pdf";
    let place = bytes.windows(name.len()).position(|window| window == name);
    *bytes.get_mut(place.unwrap()).unwrap() = b'1';
}
