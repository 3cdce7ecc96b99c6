//! Results of signing, read and verified by independent programs: `xmlsec1`, and `pdfsig` and
//! `pdftotext` of poppler.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::posten::jobs::{EIRIK, RAGNA, Sender, direct, portal};
use crate::posten::package_writer::{Draft, PDF};
use crate::posten::support::Reply;

/// Builds a PDF file of one page with this text. Its parent node states the page size.
fn pdf(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 60 700 Td ({text}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>>>"
            .to_owned(),
        "<</Type/Page/Parent 2 0 R/Contents 5 0 R>>".to_owned(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
        format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        places.push(file.len());
        writeln!(file, "{number} 0 obj{object}endobj").unwrap();
    }
    let table = file.len();
    file.extend(b"xref\n0 6\n0000000000 65535 f \n");
    for place in places {
        writeln!(file, "{place:010} 00000 n ").unwrap();
    }
    writeln!(
        file,
        "trailer<</Size 6/Root 1 0 R>>\nstartxref\n{table}\n%%EOF"
    )
    .unwrap();
    file
}

fn with_documents(mut draft: Draft, documents: &[(&str, &str, &[u8])]) -> Draft {
    let (before, rest) = draft.manifest.split_once("<documents>").unwrap();
    let (_, after) = rest.split_once("</documents>").unwrap();
    let listed = documents.iter().map(|(name, kind, _)| {
        format!(
            "<document href=\"{name}\" mime=\"{kind}\"><title>Om {name} &amp; co</title></document>"
        )
    });
    let listed = listed.collect::<Vec<_>>().concat();
    draft.manifest = format!("{before}<documents>{listed}</documents>{after}");
    let documents = documents.iter();
    draft.documents = documents
        .map(|(name, kind, bytes)| ((*name).to_owned(), (*kind).to_owned(), bytes.to_vec()))
        .collect();
    draft
}

fn is_installed(program: &str) -> bool {
    programs::is_installed(program, "it has no say in what Posten hands out")
}

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

/// A file in the bed's folder.
fn kept(sender: &Sender, name: &str, bytes: &[u8]) -> String {
    let file: PathBuf = sender.bed.new_folder().join(name);
    fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn bytes(sender: &Sender, address: &str) -> Vec<u8> {
    let response = sender.http.get(address).send().await.unwrap();
    assert_eq!(response.status(), 200, "{address}");
    response.bytes().await.unwrap().to_vec()
}

/// Runs `xmlsec1` on a signature, under the authority of the signers.
fn xmlsec(sender: &Sender, signature: &[u8]) -> Output {
    let root = sender.bed.sandbox.services().posten.end_user_root();
    let root = kept(sender, "root.pem", root.as_bytes());
    let file = kept(sender, "xades.xml", signature);
    let object = "--id-attr:Id";
    run(
        "xmlsec1",
        &[
            "--verify",
            "--trusted-pem",
            &root,
            object,
            "http://www.w3.org/2000/09/xmldsig#:Object",
            object,
            "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            &file,
        ],
    )
}

#[tokio::test]
async fn the_signature_in_xml_holds_until_something_is_changed() {
    if !is_installed("xmlsec1") {
        return;
    }
    let sender = Sender::start().await;
    let documents: [(&str, &str, &[u8]); 2] = [
        ("avtale.pdf", "application/pdf", &pdf("Avtale")),
        ("brev.txt", "text/plain", "Blåbær & <rips>\r\n".as_bytes()),
    ];
    let draft = with_documents(direct(&[RAGNA]), &documents);
    let job = sender.create(&draft).await;
    let exit = sender.act(&job, 0, "sign").await;
    let status = sender.status(&job, &exit).await;
    assert_eq!(status.attributes("xades-url", "signer"), [RAGNA]);
    let xades = bytes(&sender, &status.texts("xades-url")[0]).await;

    let said = xmlsec(&sender, &xades);
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8(xades).unwrap();
    assert!(!text.contains(RAGNA), "a number stands in the signature");
    for (from, to) in [
        ("<MimeType>text/plain", "<MimeType>text/html"),
        ("Om avtale.pdf", "Om avtalen.pdf"),
        ("Id=\"document-1\">Qmz", "Id=\"document-1\">Qmy"),
    ] {
        assert!(text.contains(from), "{from}");
        let said = xmlsec(&sender, text.replacen(from, to, 1).as_bytes());
        assert!(!said.status.success(), "{from}");
    }
}

#[tokio::test]
async fn the_pdf_file_has_every_page_and_a_signature_of_each_signer() {
    if !is_installed("pdfsig") || !is_installed("pdftotext") {
        return;
    }
    let sender = Sender::start().await;
    let documents: [(&str, &str, &[u8]); 3] = [
        (
            "avtale.pdf",
            "application/pdf",
            &pdf("Page of the agreement"),
        ),
        (
            "brev.txt",
            "text/plain",
            "Kjære (venn), blåbær \\ æøå\n".as_bytes(),
        ),
        ("rar.pdf", "application/pdf", PDF),
    ];
    let draft = with_documents(portal(&[(RAGNA, 0), (EIRIK, 1)]), &documents);
    let job = sender.create(&draft).await;
    sender.act(&job, 0, "sign").await;
    let first = sender
        .poll("portal", "?polling_queue=innsending")
        .await
        .said;
    let pades = first.text("pades-url").unwrap();
    let one = bytes(&sender, &pades).await;
    sender.act(&job, 1, "sign").await;
    let both = bytes(&sender, &pades).await;
    assert_eq!(
        both,
        bytes(&sender, &pades).await,
        "it is the same each time"
    );

    let text = |file: &[u8]| {
        let file = kept(&sender, "signed.pdf", file);
        let output = run("pdftotext", &["-layout", &file, "-"]);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let read = text(&both);
    for expected in [
        "Page of the agreement",
        "Kjære (venn), blåbær \\ æøå",
        "SHA-256",
        "Avtale om lån",
        "Ragna Fjordvik",
        "Eirik Tangen",
    ] {
        assert!(read.contains(expected), "{expected}: {read}");
    }
    assert!(!text(&one).contains("Eirik"));

    for (file, signers) in [
        (&one, &["Ragna Fjordvik"][..]),
        (&both, &["Ragna Fjordvik", "Eirik Tangen"]),
    ] {
        let said = pdfsig(&sender, file);
        assert_eq!(
            said.matches("Signature is Valid.").count(),
            signers.len(),
            "{said}"
        );
        assert_eq!(
            said.matches("ETSI.CAdES.detached").count(),
            signers.len(),
            "{said}"
        );
        assert!(said.contains("Total document signed"), "{said}");
        for signer in signers {
            assert!(said.contains(&format!("Common Name: {signer}")), "{said}");
        }
    }
    let mut tampered = both.clone();
    let at = tampered
        .windows(9)
        .position(|here| here == b"agreement")
        .unwrap();
    tampered[at] = b'A';
    let said = pdfsig(&sender, &tampered);
    assert!(!said.contains("Signature is Valid."), "{said}");
}

fn pdfsig(sender: &Sender, file: &[u8]) -> String {
    let file = kept(sender, "signed.pdf", file);
    // Without a trust store: this test does not check the authority.
    let output = run("pdfsig", &["-nocert", &file]);
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn results_are_there_before_and_after_confirming_and_until_they_are_deleted() {
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let exit = sender.act(&job, 0, "sign").await;
    let status = sender.status(&job, &exit).await;
    assert_eq!(status.text("delete-documents-url"), None);
    let (pades, xades) = (address(&status, "pades-url"), address(&status, "xades-url"));
    let confirmation = address(&status, "confirmation-url");
    assert_eq!(sender.get(&pades).await.status, 200);
    for _ in 0..2 {
        assert_eq!(sender.post(&confirmation).await.status, 204);
        assert_eq!(sender.get(&pades).await.status, 200);
    }
    let early = pades.replace("/pades", "/delete-documents");
    sender
        .delete(&early)
        .await
        .is_refused(409, "DOCUMENTS_NOT_DELETABLE", "yet");

    sender.wait(24 * 60 * 60);
    let later = sender.status(&job, &exit).await;
    let delete = address(&later, "delete-documents-url");
    assert_eq!(sender.delete(&delete).await.status, 204);
    for gone in [&pades, &xades, &address(&later, "pades-url")] {
        sender.get(gone).await.is_refused(404, "NOT_FOUND", "");
    }
    sender
        .delete(&delete)
        .await
        .is_refused(404, "NOT_FOUND", "");
    let status = sender.status(&job, &exit).await;
    assert_eq!(
        status.text("signature-job-status").as_deref(),
        Some("COMPLETED_SUCCESSFULLY")
    );
    for name in ["pades-url", "xades-url", "delete-documents-url"] {
        assert_eq!(status.text(name), None);
    }
}

fn address(said: &Reply, name: &str) -> String {
    said.text(name).unwrap().trim().to_owned()
}
