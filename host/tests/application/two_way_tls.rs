//! Two-way TLS: successful handshakes, and each kind of failure, distinguished by the component and
//! in the log.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;
use x509_parser::der_parser::parse_der;

use crate::openssl::OpensslServer;
use crate::support::{Application, RunningApplication};
use crate::upstream::{Authority, Tls};

type Versions = &'static [&'static SupportedProtocolVersion];

const ONLY_TLS12: Versions = &[&TLS12];
const ONLY_TLS13: Versions = &[&TLS13];
const BOTH: Versions = &[&TLS13, &TLS12];

fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

fn not_valid_yet(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2200, 1, 1);
}

fn for_servers(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// Starts an application that trusts `ca.pem` in a folder and presents the certificate of this name
/// there.
async fn showing(folder: &Path, origin: &str, client: Option<&str>) -> RunningApplication {
    let shown = client.map(|client| {
        format!("client_cert_file = \"{client}.pem\"\nclient_private_key_file = \"{client}.key\"\n")
    });
    let application = Application {
        config: format!(
            "[[client_tls]]\ncomponent_ids = [\"front\"]\nhosts = [\"localhost\"]\nca_roots_file = \"ca.pem\"\n{}",
            shown.unwrap_or_default()
        ),
        ..Application::calling(&[origin])
    };
    application.start_in(folder, |_| ()).await.unwrap()
}

/// Checks the failure of a call, several times over, to detect a refusal that arrives late and is
/// seen by chance alone.
async fn ends_in(running: &RunningApplication, origin: &str, code: &str, reason: &str) {
    for _ in 0..4 {
        let answer = running.outbound(origin).await;
        assert_eq!(answer.0, 502, "{answer:?}");
        assert!(answer.1.contains(code), "{code}: {answer:?}");
    }
    assert!(running.log_has(reason), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_on_either_side_gets_through_with_each_version() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::in_two_steps();
    let known = authority.write(folder.path(), &["one"]);
    for versions in [ONLY_TLS12, ONLY_TLS13, BOTH] {
        for http2 in [false, true] {
            let tls = Tls {
                versions,
                http2,
                ..Tls::default()
            };
            let upstream = authority.serve(tls, known.clone()).await;
            let origin = format!("https://localhost:{}", upstream.port());
            let running = showing(folder.path(), &origin, Some("one")).await;
            let (status, answer) = running.outbound(&origin).await;
            assert_eq!(status, 200, "{answer}");
            assert!(answer.starts_with("200 one over "), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_may_be_in_each_of_three_forms() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    authority.write(folder.path(), &[]);
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    for (key, label) in [
        (&rsa, "PRIVATE KEY"),
        (&rsa, "RSA PRIVATE KEY"),
        (&p256, "PRIVATE KEY"),
        (&p256, "EC PRIVATE KEY"),
        (&p384, "EC PRIVATE KEY"),
    ] {
        let client = authority.write_client(folder.path(), "one", key, |_| ());
        if label != "PRIVATE KEY" {
            fs::write(folder.path().join("one.key"), within_pkcs8(key, label)).unwrap();
        }
        let text = fs::read_to_string(folder.path().join("one.key")).unwrap();
        assert!(text.starts_with(&format!("-----BEGIN {label}-----")));
        let upstream = authority.serve(Tls::default(), vec![client]).await;
        let origin = format!("https://localhost:{}", upstream.port());
        let running = showing(folder.path(), &origin, Some("one")).await;
        assert_eq!(running.outbound(&origin).await.0, 200, "{label}");
    }
}

/// Extracts the older form of a key, which PKCS#8 wraps.
fn within_pkcs8(key: &KeyPair, label: &str) -> String {
    let (_, whole) = parse_der(key.serialized_der()).unwrap();
    let inner = whole.as_sequence().unwrap()[2].as_slice().unwrap();
    let text = STANDARD.encode(inner);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn our_certificate_is_refused() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let other = Authority::new();
    authority.write(folder.path(), &["good"]);
    let key = KeyPair::generate().unwrap();
    let folder = folder.path();
    authority.write_client(folder, "expired", &key, expired);
    authority.write_client(folder, "early", &key, not_valid_yet);
    authority.write_client(folder, "purpose", &key, for_servers);
    other.write_client(folder, "foreign", &key, |_| ());
    let elsewhere = Some(other.root());
    for (client, clients_root, alert, reason) in [
        (None, None, 116, "none was shown, and one is required"),
        (
            Some("expired"),
            None,
            45,
            "it has expired, or is not valid yet",
        ),
        (
            Some("early"),
            None,
            45,
            "it has expired, or is not valid yet",
        ),
        (Some("purpose"), None, 43, "it is for another purpose"),
        (Some("foreign"), None, 48, "its issuer is not trusted there"),
        (
            Some("good"),
            elsewhere,
            48,
            "its issuer is not trusted there",
        ),
    ] {
        for versions in [ONLY_TLS12, ONLY_TLS13] {
            for http2 in [false, true] {
                let tls = Tls {
                    versions,
                    http2,
                    clients_root: clients_root.clone(),
                    ..Tls::default()
                };
                let upstream = authority.serve(tls, Vec::new()).await;
                let origin = format!("https://localhost:{}", upstream.port());
                let running = showing(folder, &origin, client).await;
                let code = format!(
                    "ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {{ alert-id: Some({alert})"
                );
                let reason = format!("\"reason\":\"our certificate was refused: {reason}");
                ends_in(&running, &origin, &code, &reason).await;
            }
        }
    }
}

/// Checks OpenSSL's servers, as most counterparties use them, for alerts that our own server never
/// sends.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_do_not_say_what_they_mean() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    authority.write(folder.path(), &["good"]);
    let key = KeyPair::generate().unwrap();
    authority.write_client(folder.path(), "localhost", &key, |_| ());
    let wants_one = ["-tls1_2", "-Verify", "1", "-CAfile", "ca.pem"];
    let too_old = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    let refused = "\"reason\":\"our certificate was refused: ";
    let alert = |number: u8| {
        format!("ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {{ alert-id: Some({number})")
    };
    for (arguments, code, reason) in [
        // TLS 1.2 has no alert for it; reported in the terms of TLS 1.3.
        (
            &wants_one[..],
            alert(116),
            format!("{refused}none was shown, and one is required (alert HandshakeFailure)"),
        ),
        (
            &too_old,
            alert(70),
            "\"reason\":\"TLS: no version in common: here it is 1.2 and 1.3".to_owned(),
        ),
    ] {
        let Some(server) = OpensslServer::start(folder.path(), arguments) else {
            return;
        };
        let running = showing(folder.path(), &server.origin, None).await;
        ends_in(&running, &server.origin, &code, &reason).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_certificate_is_signed_with_sha_1() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    authority.write(folder.path(), &[]);
    let key = KeyPair::generate().unwrap();
    let (leaf, _) = authority.write_client(folder.path(), "old", &key, |_| ());
    // Its signature is no longer valid, which a server that checks the algorithm first does not
    // find out.
    let der = with_sha1(leaf.as_ref());
    let text = STANDARD.encode(der);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    fs::write(folder.path().join("old.pem"), pem).unwrap();
    authority.write_client(folder.path(), "localhost", &key, |_| ());
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = [
            version,
            "-Verify",
            "1",
            "-verify_return_error",
            "-CAfile",
            "ca.pem",
        ];
        let Some(server) = OpensslServer::start(folder.path(), &arguments) else {
            return;
        };
        let running = showing(folder.path(), &server.origin, Some("old")).await;
        let alert = "ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload { alert-id: Some(42)";
        let reason = "\"reason\":\"our certificate was refused: it is signed with SHA-1 (alert BadCertificate)";
        ends_in(&running, &server.origin, alert, reason).await;
    }
}

/// Replaces both algorithm identifiers for SHA-256 with SHA-1, and adjusts the lengths.
fn with_sha1(der: &[u8]) -> Vec<u8> {
    const SHA256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    // The same length: 1.2.840.10045.4.1 has a byte less, so that its sequence would.
    const SHA1: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let mut changed = der.to_vec();
    while let Some(at) = changed.windows(10).position(|window| window == SHA256) {
        changed.splice(at..at + 10, SHA1);
        changed[at - 1] -= 1;
    }
    // The last byte of the lengths of the outer sequence and of the one that is signed.
    let last = |at: usize| at + 1 + usize::from(changed[at + 1] & 0x7f);
    let outer = last(0);
    let inner = last(outer + 1);
    changed[outer] -= 2;
    changed[inner] -= 1;
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn their_certificate_is_not_trusted() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::called("Namesake");
    authority.write(folder.path(), &["good"]);
    let namesake = Authority::called("Namesake");
    let foreign = Authority::new();
    let normal = Tls::default;
    let changed = |change| Tls { change, ..normal() };
    let misnamed = || Tls {
        names: vec!["other.example"],
        ..normal()
    };
    let nameless = || Tls {
        names: Vec::new(),
        ..normal()
    };
    for (issuer, tls, reason) in [
        (&authority, changed(expired), "it has expired"),
        (&authority, changed(not_valid_yet), "it is not valid yet"),
        (
            &authority,
            changed(for_clients),
            "it is not for a server's purpose",
        ),
        (&authority, misnamed(), "it is for another name"),
        (&authority, nameless(), "it is for another name"),
        (
            &foreign,
            normal(),
            "its issuer is not among the roots (the wrong truststore)\"",
        ),
        (
            &namesake,
            normal(),
            "its issuer is not among the roots: the one of that name has another key",
        ),
    ] {
        for versions in [ONLY_TLS12, ONLY_TLS13] {
            let tls = Tls {
                versions,
                names: tls.names.clone(),
                change: tls.change,
                ..normal()
            };
            let upstream = issuer.serve(tls, Vec::new()).await;
            let origin = format!("https://localhost:{}", upstream.port());
            let running = showing(folder.path(), &origin, Some("good")).await;
            let reason = format!("\"reason\":\"their certificate is not trusted: {reason}");
            ends_in(&running, &origin, "ErrorCode::TlsCertificateError", &reason).await;
        }
    }
}
