//! Certificates as OpenSSL judges them, if it is installed.

use std::path::PathBuf;
use std::process::Command;

use sandbox::pki::certificates::{Defect, PASSWORD};
use sandbox::pki::{Profile, Vendor};

use crate::certificates::support::Files;

#[test]
fn it_verifies_what_is_good_and_says_what_is_not() {
    if !is_installed() {
        return;
    }
    let good = "OK";
    for (defects, verdict) in [
        (&[][..], good),
        (&[Defect::Expired], "certificate has expired"),
        (&[Defect::NotYetValid], "certificate is not yet valid"),
        (&[Defect::SelfSigned], "self-signed certificate"),
        (&[Defect::UnknownIssuer], "unable to get"),
        (&[Defect::ProductionTwin], "unable to get"),
        (&[Defect::HardToken], "unable to get"),
        (&[Defect::IntermediateMissing], "unable to get local issuer"),
        (&[Defect::BrokenSignature], "certificate signature failure"),
        (
            &[Defect::UnknownCriticalExtension],
            "unhandled critical extension",
        ),
        (&[Defect::Rsa2048], good),
    ] {
        let files = Files::with(Vendor::Buypass, Profile::Seid2, defects);
        let said = verified(&files);
        assert!(said.contains(verdict), "{defects:?}: {said}");
    }
    for (vendor, profile) in [
        (Vendor::Buypass, Profile::Seid1),
        (Vendor::Commfides, Profile::Seid1),
        (Vendor::Commfides, Profile::Seid2),
    ] {
        let said = verified(&Files::with(vendor, profile, &[]));
        assert!(said.contains(good), "{vendor:?} {profile:?}: {said}");
    }
}

#[test]
fn it_shows_what_stands_in_a_certificate() {
    if !is_installed() {
        return;
    }
    let shown = |files: &Files| {
        let path = files.path("authentication.pem");
        openssl(&["x509", "-noout", "-text", "-in"], path)
    };
    let text = shown(&Files::with(Vendor::Commfides, Profile::Seid2, &[]));
    for part in [
        "sha256WithRSAEncryption",
        "organizationIdentifier = NTRNO-310000302",
        "X509v3 Key Usage: critical",
        "TLS Web Client Authentication",
        "email:post@innsyn.example",
        "2.16.578.1.29.913.210.1.0",
        "OCSP - URI:http://localhost:",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let bad = [Defect::Rsa1024, Defect::Sha1];
    let text = shown(&Files::with(Vendor::Buypass, Profile::Seid2, &bad));
    assert!(text.contains("(1024 bit)") && text.contains("sha1WithRSAEncryption"));
}

#[test]
fn it_opens_the_key_stores_as_far_as_it_should() {
    if !is_installed() {
        return;
    }
    let password = format!("pass:{PASSWORD}");
    let opened = |defects: &[Defect]| {
        let files = Files::with(Vendor::Buypass, Profile::Seid2, defects);
        let path = files.path("authentication.p12");
        let arguments = ["pkcs12", "-info", "-nodes", "-passin", &password, "-in"];
        openssl(&arguments, path)
    };
    let good = opened(&[]);
    let label = "PRIVATE KEY";
    assert!(
        good.contains("AES-256-CBC") && good.contains(&format!("BEGIN {label}")),
        "{good}"
    );
    assert!(opened(&[Defect::WrongPassword]).contains("invalid password"));
    assert!(opened(&[Defect::OldEncryption]).contains("RC2"));
    let without_key = opened(&[Defect::NoKey]);
    assert!(without_key.contains("BEGIN CERTIFICATE") && !without_key.contains("PRIVATE KEY"));
}

fn verified(files: &Files) -> String {
    let [root, chain] = ["root.pem", "authentication-chain.pem"].map(|name| files.path(name));
    let [root, chain] = [&root, &chain].map(|path| path.to_str().unwrap());
    let arguments = ["verify", "-CAfile", root, "-untrusted", chain];
    openssl(&arguments, files.path("authentication.pem"))
}

/// Runs `openssl` on `file` and returns its output.
fn openssl(arguments: &[&str], file: PathBuf) -> String {
    let output = Command::new("openssl").args(arguments).arg(file).output();
    let output = output.expect("it is installed");
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

fn is_installed() -> bool {
    programs::is_installed("openssl", "it has no say in certificates")
}
