//! Packages, verified by independent programs.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::others::{judge, program, written};
use super::*;

/// Package on disk, with the certificate that sealed it.
struct UnpackedPackage {
    folder: TempDir,
}

impl UnpackedPackage {
    fn new(job: &Job) -> Self {
        let mut package = Vec::new();
        let written = asice::Files::new(job).write(&SEAL, || NOW, &mut package);
        written.expect("a package");
        let on_disk = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        on_disk.write("package.asice", &package);
        on_disk.write("chain.pem", CHAIN.as_bytes());
        on_disk.write("order.xml", message::order(job).as_bytes());
        on_disk.write("update.xml", message::new_redirect().as_bytes());
        on_disk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).expect("written");
    }

    fn judged(&self) -> Option<Value> {
        let messages = [self.path("order.xml"), self.path("update.xml")];
        judge(
            &self.path("package.asice"),
            &self.path("chain.pem"),
            &messages,
        )
    }
}

/// Unpacks the package with another implementation.
fn unpacked(job: &Job) -> Option<UnpackedPackage> {
    let on_disk = UnpackedPackage::new(job);
    let mut python = program("python3")?;
    python.args(["-m", "zipfile", "-e", "package.asice", "."]);
    written(
        python
            .current_dir(on_disk.folder.path())
            .output()
            .expect("python3"),
    );
    Some(on_disk)
}

/// Returns whether xmlsec1 accepts the signature and the chain; references are files of the folder.
fn verifies(folder: &Path) -> Option<bool> {
    let mut xmlsec: Command = program("xmlsec1")?;
    let output = xmlsec
        .current_dir(folder)
        // References without `file://` count as remote; these are names of files.
        .args([
            "--verify",
            "--enabled-reference-uris",
            "same-doc,local,remote",
        ])
        .args([
            "--id-attr:Id",
            "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        ])
        .args(["--enabled-key-data", "x509", "--trusted-pem", "root.pem"])
        .args(["--verification-time", "2030-01-01 00:00:00"])
        .arg("META-INF/signatures.xml")
        .output()
        .expect("xmlsec1");
    Some(output.status.success())
}

fn root() -> String {
    let begin = CHAIN.rfind("-----BEGIN").expect("a certificate");
    CHAIN[begin..].to_owned()
}

/// Returns a root certificate that has issued nothing.
fn strangers_root() -> Vec<u8> {
    let mut openssl = program("openssl").expect("where xmlsec1 is, openssl is");
    openssl
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
        .args(["-days", "9999", "-subj", "/CN=Stranger"])
        .args(["-keyout", "/dev/null"]);
    written(openssl.output().expect("openssl"))
}

#[test]
fn xmlsec_verifies_each_package_and_no_altered_one() {
    for job in [direct(), portal()] {
        let Some(on_disk) = unpacked(&job) else {
            return;
        };
        on_disk.write("root.pem", root().as_bytes());
        let folder = on_disk.folder.path();
        let Some(verified) = verifies(folder) else {
            return;
        };
        assert!(verified, "{:?}", job.flow());

        for (name, from, to) in [
            ("0000_document.pdf", "%PDF-1.7", "%PDF-1.6"),
            ("manifest.xml", ">SELF<", ">OTHER<"),
            ("META-INF/signatures.xml", "T13:05:09Z", "T13:05:08Z"),
            ("META-INF/signatures.xml", "text/plain", "text/html"),
            (
                "META-INF/signatures.xml",
                "application/pdf",
                "application/pdx",
            ),
        ] {
            let before = std::fs::read_to_string(on_disk.path(name)).expect("a file");
            let after = before.replacen(from, to, 1);
            if after == before {
                continue;
            }
            on_disk.write(name, after.as_bytes());
            assert_eq!(verifies(folder), Some(false), "{name}: {to}");
            on_disk.write(name, before.as_bytes());
        }
        assert_eq!(verifies(folder), Some(true), "as before");

        on_disk.write("root.pem", &strangers_root());
        assert_eq!(verifies(folder), Some(false), "the root counts");
    }
}

#[test]
fn what_is_written_is_in_canonical_form() {
    let Some(on_disk) = unpacked(&direct()) else {
        return;
    };
    for name in [
        "META-INF/signatures.xml",
        "manifest.xml",
        "order.xml",
        "update.xml",
    ] {
        let Some(mut xmllint) = program("xmllint") else {
            return;
        };
        let output = xmllint.arg("--c14n").arg(on_disk.path(name)).output();
        let canonical = written(output.expect("xmllint"));
        let file = std::fs::read_to_string(on_disk.path(name)).expect("a file");
        let file = file.strip_prefix(xml::DECLARATION).expect("a declaration");
        assert_eq!(String::from_utf8(canonical).as_deref(), Ok(file), "{name}");
    }
}

#[test]
fn signxml_verifies_the_profile() {
    let Some(told) = UnpackedPackage::new(&direct()).judged() else {
        return;
    };
    let validated = std::env::var_os("POSTEN_XSD").map(|_| 4);
    let issuer = "CN=Fixture Class 3 CA\\, Business,2.5.4.97=#0c0f4e54524e4f2d333130303030333032,O=Fixture AS,C=NO";
    assert_eq!(
        told,
        json!({
            "types": {
                "0000_document.pdf": "application/pdf",
                "0001_document.txt": "text/plain",
                "manifest.xml": "application/xml",
            },
            "signing_time": "2026-11-20T13:05:09Z",
            "issuer": issuer,
            "certificates": 3,
            "manifest": "direct-signature-job-manifest",
            "validated": validated,
        })
    );
    let told = UnpackedPackage::new(&portal()).judged().expect("installed");
    assert_eq!(told["manifest"], "portal-signature-job-manifest", "{told}");
    assert_eq!(told["validated"], json!(validated));
}

/// Checks that the independent verifier rejects an invalid package.
#[test]
fn signxml_refuses_what_is_not_sealed_so() {
    let on_disk = UnpackedPackage::new(&portal());
    let leaf_and_ca: Vec<&str> = CHAIN
        .split_inclusive("-----END CERTIFICATE-----\n")
        .collect();
    on_disk.write("chain.pem", leaf_and_ca[1].as_bytes());
    let Some(told) = on_disk.judged() else { return };
    assert!(
        told.as_str()
            .is_some_and(|said| said.contains("InvalidSignature")),
        "{told}"
    );

    let on_disk = UnpackedPackage::new(&portal());
    let package = std::fs::read(on_disk.path("package.asice")).expect("a package");
    let half = &package[..package.len() / 2];
    on_disk.write("package.asice", half);
    let told = on_disk.judged().expect("installed");
    assert!(
        told.as_str()
            .is_some_and(|said| said.contains("BadZipFile")),
        "{told}"
    );
}
