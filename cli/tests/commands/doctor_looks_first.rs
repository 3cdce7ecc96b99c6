//! Completeness of an OK: it requires that every check of the purpose was made.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::doctor::{Answer, ask, ask_with, closed, json_of, text};
use crate::openssl::{CertificateOptions, EXTENSIONS, OpensslAuthority};
use crate::project::{Project, found};

const PURPOSES: [&str; 4] = ["token", "key", "tls", "seal"];

/// Returns the names of the checks that were not made.
fn not_made(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let all = json["not_made"].as_array().expect("a list").iter();
    all.map(|one| {
        assert!(!one["reason"].as_str().expect("text").is_empty());
        one["check"].as_str().expect("text").to_owned()
    })
    .collect()
}

/// Makes a PKCS#12 file with a key alone.
fn store(ca: &OpensslAuthority, key: &Path) -> PathBuf {
    let path = ca.path("keyonly.p12");
    let arguments = [
        "pkcs12",
        "-export",
        "-nocerts",
        "-inkey",
        text(key),
        "-out",
        text(&path),
        "-passout",
        "pass:p",
    ];
    ca.run(&arguments);
    path
}

#[test]
fn a_key_without_a_certificate_is_no_certificate() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let store = store(&ca, &key);
    for file in [&key, &store] {
        for purpose in PURPOSES {
            let arguments = json_of(file, &["--purpose", purpose]);
            let answer = ask_with(&arguments, &[("INNSYN_PASSWORD", "p")]);
            if purpose == "key" {
                // A registered key needs none, and all else of it was examined.
                assert_eq!(answer.findings(), [""; 0]);
                assert_eq!(
                    (answer.code, answer.json()["verdict"].as_str()),
                    (0, Some("ok"))
                );
                let checks = ["file", "key", "key-strength", "trial-signature"];
                assert_eq!(answer.json()["checks"], Value::from(checks.to_vec()));
            } else {
                assert_eq!(answer.findings(), ["error F11"], "{purpose}");
                assert_eq!(answer.code, 2);
                assert!(
                    not_made(&answer).contains(&"validity".to_owned()),
                    "{}",
                    answer.text
                );
            }
        }
    }
    let said = ask(&["--certificate", text(&key)]);
    assert!(said.text.contains("no certificate"), "{}", said.text);
    assert!(said.text.contains("Not checked: "), "{}", said.text);
}

#[test]
fn a_registered_key_is_judged_by_itself() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    for (name, algorithm, expected) in [
        (
            "r1024",
            &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..],
            &["error C02"][..],
        ),
        (
            "r2048",
            &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            &["info C03"],
        ),
        ("r4096", &["RSA", "-pkeyopt", "rsa_keygen_bits:4096"], &[]),
        (
            "r4608",
            &["RSA", "-pkeyopt", "rsa_keygen_bits:4608"],
            &["error C08"],
        ),
        (
            "p256",
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            &["error C01"],
        ),
        ("ed25519", &["ED25519"], &["error C01"]),
        (
            "three",
            &["RSA", "-pkeyopt", "rsa_keygen_primes:3"],
            &["error C05", "info C03"],
        ),
    ] {
        let key = ca.key(name, algorithm);
        let answer = ask(&json_of(&key, &["--purpose", "key"]));
        assert_eq!(answer.findings(), expected, "{name}");
        let is_error = expected.iter().any(|found| found.starts_with("error"));
        assert_eq!(answer.code == 0, !is_error, "{name}");
        // As a setting it gets the same verdict.
        let mut project = Project::new();
        let pem = fs::read_to_string(&key).expect("PEM");
        project.clients(&[serde_json::json!({ "kid": "k-1", "key": pem })]);
        let of_project: Vec<String> = found(&project.looked_at(&[]))
            .into_iter()
            .filter(|(setting, _)| setting.contains("key 1"))
            .map(|(_, finding)| finding)
            .collect();
        assert_eq!(of_project, expected, "{name}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_not_passed_over() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let der = ca.path("good.der");
    ca.run(&[
        "x509",
        "-in",
        text(&good),
        "-outform",
        "DER",
        "-out",
        text(&der),
    ]);
    let mut bytes = fs::read(&der).expect("DER");
    // The version becomes one that does not exist.
    let version = bytes
        .windows(3)
        .position(|three| three == [2, 1, 2])
        .expect("a version");
    bytes[version + 2] = 9;
    fs::write(&der, &bytes).expect("a file");
    let label = "CERTIFICATE";
    let lines = STANDARD.encode(&bytes);
    let lines: Vec<_> = lines
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    let pem = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    );
    let pem = closed(&ca.path(""), "bad.pem", pem);
    for file in [&der, &pem] {
        let answer = ask(&json_of(file, &["--key", text(&key)]));
        assert_eq!(answer.findings(), ["error F09"], "{}", file.display());
        assert_eq!(answer.code, 2);
        assert!(not_made(&answer).contains(&"certificate".to_owned()));
        // As a chain it would be silently shorter.
        let answer = ask(&json_of(
            &good,
            &["--key", text(&key), "--chain", text(file)],
        ));
        assert!(
            answer.findings().contains(&"error F09".to_owned()),
            "{}",
            answer.text
        );
        // A file without a usable certificate is no trust anchor.
        let answer = ask(&json_of(
            &good,
            &["--key", text(&key), "--trust", text(file)],
        ));
        assert_eq!(answer.code, 3, "{}", answer.text);
    }
}

#[test]
fn without_the_issuer_the_signature_was_not_checked() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let key = text(&key);
    // The issuer that the certificate names is known; its signature is not verified.
    let known = "a7febb6c5988ad742e465e7a68f9d1bbbfcfb68b";
    let extensions = format!(
        "{EXTENSIONS}authorityKeyIdentifier=none\n2.5.29.35=DER:30168014{known}\n\
         crlDistributionPoints=URI:http://localhost:1/issuing.crl\n"
    );
    let options = CertificateOptions {
        extensions: &extensions,
        ..CertificateOptions::new(Path::new(key))
    };
    let forged = ca.certificate("forged", &options);
    let answer = ask(&json_of(&forged, &["--key", key]));
    assert_eq!(answer.findings(), ["info I10"]);
    assert_eq!(
        (answer.code, not_made(&answer)),
        (3, vec!["issuer-signature".to_owned()])
    );
    assert_eq!(answer.json()["verdict"], "unchecked");
    let out = ca.path("out");
    let answer = ask(&json_of(&forged, &["--key", key, "--write", text(&out)]));
    assert_eq!(answer.code, 3);
    assert!(
        !out.exists() && answer.json()["not_written"].is_string(),
        "{}",
        answer.text
    );
}

#[test]
fn live_means_that_somebody_answered() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let authority = ca.authority();
    let without = format!("{EXTENSIONS}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
    let options = CertificateOptions {
        extensions: &without,
        ..CertificateOptions::new(&key)
    };
    let silent = ca.certificate("silent", &options);
    let more = |purpose| {
        [
            "--key",
            text(&key),
            "--trust",
            text(&authority),
            "--chain",
            text(&authority),
            "--purpose",
            purpose,
            "--live",
            "--maskinporten",
            "https://localhost:1",
        ]
    };
    let answer = ask(&json_of(&silent, &more("token")));
    assert!(
        not_made(&answer).contains(&"revocation".to_owned()),
        "{}",
        answer.text
    );
    assert!(
        answer.findings().contains(&"error L02".to_owned()),
        "{}",
        answer.text
    );
    // A responder that is down leaves it open too.
    let good = ca.good(&key);
    let answer = ask(&json_of(&good, &more("token")));
    assert!(
        not_made(&answer).contains(&"revocation".to_owned()),
        "{}",
        answer.text
    );
    // A key alone does not prevent the network checks.
    let alone = |purpose| {
        [
            "--purpose",
            purpose,
            "--live",
            "--maskinporten",
            "https://localhost:1",
        ]
    };
    let answer = ask(&json_of(&key, &alone("key")));
    assert_eq!(answer.findings(), ["error L02"], "{}", answer.text);
    let answer = ask(&json_of(&key, &alone("token")));
    assert_eq!(
        answer.findings(),
        ["error F11", "error L02"],
        "{}",
        answer.text
    );
}

#[test]
fn a_missing_password_is_missing() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let sealed = ca.path("sealed.key");
    ca.run(&[
        "pkcs8",
        "-topk8",
        "-in",
        text(&key),
        "-out",
        text(&sealed),
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:p",
    ]);
    let answer = ask(&json_of(&sealed, &["--purpose", "key"]));
    assert_eq!(
        (answer.findings(), answer.code),
        (vec!["error F12".to_owned()], 2)
    );
}

#[test]
fn nothing_written_is_said() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let out = ca.path("out");
    let answer = ask(&json_of(&key, &["--write", text(&out)]));
    assert_eq!(answer.json()["not_written"], "errors were found");
    let said = ask(&["--certificate", text(&key), "--write", text(&out)]);
    assert!(
        said.text.contains("Nothing was written: errors were found"),
        "{}",
        said.text
    );
    assert!(!out.exists());
    // A registered key is written without a certificate.
    let answer = ask(&json_of(&key, &["--write", text(&out), "--purpose", "key"]));
    assert_eq!(
        answer.json()["written"].as_array().map(Vec::len),
        Some(2),
        "{}",
        answer.text
    );
    assert!(out.join("key.pem").exists() && out.join("maskinporten_clients.json").exists());
}
