//! Certificates that `openssl` makes, valid and defective, and the doctor's findings on them.

use std::fs;
use std::path::Path;

use crate::doctor::{Answer, ask, closed, file, json_of, text};
use crate::openssl::{CertificateOptions, EXTENSIONS, OpensslAuthority, SUBJECT};

/// Runs the doctor on `certificate`, with its key and the authority that signed it.
fn judged(ca: &OpensslAuthority, certificate: &Path, key: &Path, more: &[&str]) -> Answer {
    let authority = ca.authority();
    let authority = text(&authority);
    let mut all = vec![
        "--key",
        text(key),
        "--chain",
        authority,
        "--trust",
        authority,
    ];
    all.extend(more);
    ask(&json_of(certificate, &all))
}

/// Checks certificates that deviate in one property each, and that the doctor reports that alone.
fn each(cases: &[(&str, &str, Option<&str>)]) {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    for (subject, extensions, expected) in cases {
        let options = CertificateOptions {
            subject: if subject.is_empty() { SUBJECT } else { subject },
            extensions: if extensions.is_empty() {
                EXTENSIONS
            } else {
                extensions
            },
            ..CertificateOptions::new(&key)
        };
        let certificate = ca.certificate("one", &options);
        let found = judged(&ca, &certificate, &key, &[]).findings();
        let expected: Vec<&str> = expected.iter().copied().collect();
        assert_eq!(found, expected, "{subject} {extensions}");
    }
}

#[test]
fn whose_it_is() {
    let website = format!("{EXTENSIONS}subjectAltName=DNS:www.example.com\n");
    each(&[
        ("", "", None),
        ("/C=NO/O=INNLANDSBANKEN ASA", "", Some("error O01")),
        (
            "/O=I/organizationIdentifier=NTRNO-987654321",
            "",
            Some("error O02"),
        ),
        (
            "/O=I/organizationIdentifier=NTRNO-310000302/serialNumber=310000205",
            "",
            Some("error O03"),
        ),
        (
            "/O=I/organizationIdentifier=PSDNO-FSA-310000302",
            "",
            Some("error O05"),
        ),
        (
            "/O=I/organizationIdentifier=VATNO-1/serialNumber=310000302",
            "",
            Some("warning O06"),
        ),
        (
            "/O=I/OU=Avdeling-310000205/organizationIdentifier=NTRNO-310000302",
            "",
            Some("info O07"),
        ),
        (
            "/O=I/organizationIdentifier=NTRNO-100101688",
            "",
            Some("warning O09"),
        ),
        (
            "/CN=Ragna Testesen/serialNumber=UN:NO-9578-4050-1",
            "",
            Some("error I06"),
        ),
        ("/O=INNLANDSBANKEN ASA", &website, Some("error I07")),
    ]);
}

#[test]
fn what_it_is_for() {
    let usage = |usage: &str| {
        format!("basicConstraints=CA:false\ncertificatePolicies=2.16.578.1.26.1.3.2\n{usage}\n")
    };
    let policy = |policy: &str| {
        format!("basicConstraints=CA:false\nkeyUsage=critical,digitalSignature\n{policy}\n")
    };
    let more = |more: &str| format!("{EXTENSIONS}{more}\n");
    each(&[
        ("", &usage(""), Some("error P01")),
        ("", &usage("keyUsage=digitalSignature"), Some("error P01")),
        (
            "",
            &usage("keyUsage=critical,nonRepudiation"),
            Some("warning P02"),
        ),
        (
            "",
            &usage("keyUsage=critical,keyEncipherment"),
            Some("error P03"),
        ),
        ("", &more("extendedKeyUsage=serverAuth"), Some("info P04")),
        ("", &more("extendedKeyUsage=clientAuth"), None),
        (
            "",
            &more("extendedKeyUsage=critical,clientAuth"),
            Some("error P05"),
        ),
        ("", &policy("certificatePolicies=1.2.3"), Some("error P06")),
        (
            "",
            &policy("certificatePolicies=2.16.578.1.29.913.210.1.0"),
            None,
        ),
        (
            "",
            &policy("certificatePolicies=2.16.578.1.29.913.310.1.0"),
            Some("warning P07"),
        ),
        (
            "",
            &policy("certificatePolicies=2.16.578.1.29.13.210.1.2"),
            Some("warning P08"),
        ),
        (
            "",
            &EXTENSIONS.replace("CA:false", "CA:true"),
            Some("error P09"),
        ),
    ]);
}

#[test]
fn days_and_digests() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    for (days, digest, expected) in [
        ("80", "-sha256", "info V03"),
        ("20", "-sha256", "warning V03"),
        ("1000", "-sha1", "error C04"),
        ("1000", "-md5", "error C04"),
    ] {
        let options = CertificateOptions {
            days,
            digest,
            ..CertificateOptions::new(&key)
        };
        let certificate = ca.certificate("wrong", &options);
        let found = judged(&ca, &certificate, &key, &[]).findings();
        assert!(
            found.iter().any(|finding| finding == expected),
            "{digest} {days}: {found:?}"
        );
    }
}

#[test]
fn keys_of_every_kind() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    for (name, algorithm, token, tls) in [
        (
            "rsa-2048",
            &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..],
            &["info C03"][..],
            0,
        ),
        (
            "rsa-1024",
            &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            &["error C02"],
            2,
        ),
        (
            "p-256",
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            &["error C01"],
            0,
        ),
        (
            "p-384",
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            &["error C01"],
            0,
        ),
        ("ed25519", &["ED25519"], &["error C01"], 0),
    ] {
        let key = ca.key(name, algorithm);
        let certificate = ca.certificate(name, &CertificateOptions::new(&key));
        let answer = judged(&ca, &certificate, &key, &[]);
        assert_eq!(answer.findings(), token, "{name}");
        let answer = judged(&ca, &certificate, &key, &["--purpose", "tls"]);
        assert_eq!(answer.code, tls, "{name}");
    }
    let key = ca.usual_key();
    let good = ca.good(&key);
    let other = ca.path("p-256.key");
    assert_eq!(judged(&ca, &good, &other, &[]).findings(), ["error F05"]);
}

#[test]
fn a_damaged_key_and_a_damaged_certificate() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let der = |kind: &str, from: &Path, to: &str| {
        let path = ca.path(to);
        ca.run(&[
            kind,
            "-in",
            text(from),
            "-outform",
            "DER",
            "-out",
            text(&path),
        ]);
        fs::read(path).expect("DER")
    };
    let mut bytes = der("rsa", &key, "key.der");
    // In the middle are the secret parts.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = closed(&ca.path(""), "damaged.key", bytes);
    assert_eq!(judged(&ca, &good, &damaged, &[]).findings(), ["error C05"]);

    let mut bytes = der("x509", &good, "good.der");
    *bytes.last_mut().expect("a byte") ^= 1;
    let damaged = file(&ca.path(""), "damaged.der", bytes);
    assert_eq!(judged(&ca, &damaged, &key, &[]).findings(), ["error I12"]);
}

#[test]
fn issuers() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let key = text(&key);
    let unknown = ask(&json_of(&good, &["--key", key]));
    assert_eq!(unknown.findings(), ["error I02", "info I10"]);
    let other = OpensslAuthority::open().expect("openssl");
    let other = other.authority();
    let like = ask(&json_of(&good, &["--key", key, "--trust", text(&other)]));
    assert_eq!(like.findings(), ["error I08", "info I10"]);
    let authority = ca.authority();
    let authority = text(&authority);
    let missing = ["--key", key, "--trust", authority, "--purpose", "tls"];
    assert_eq!(ask(&json_of(&good, &missing)).findings(), ["warning I10"]);

    let own = ca.path("own.pem");
    ca.run(&[
        "req",
        "-x509",
        "-new",
        "-key",
        key,
        "-subj",
        SUBJECT,
        "-days",
        "1000",
        "-addext",
        "keyUsage=critical,digitalSignature",
        "-addext",
        "basicConstraints=CA:false",
        "-addext",
        "certificatePolicies=2.16.578.1.26.1.3.2",
        "-out",
        text(&own),
    ]);
    let found = ask(&json_of(&own, &["--key", key])).findings();
    assert!(found.contains(&"error I01".to_owned()), "{found:?}");

    let authority_key = ca.path("authority.key");
    let found = ask(&json_of(&ca.authority(), &["--key", text(&authority_key)])).findings();
    assert_eq!(found[..2], ["error F10", "error I01"]);
}
