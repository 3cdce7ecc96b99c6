//! `innsyn doctor --live`, against the sandbox's Maskinporten and a counterparty that requires a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use sandbox::alone::{Client, Maskinporten, Options};
use sandbox::clock::Clock;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::doctor::{Answer, ask, closed, file, json_of, text};

/// Maskinporten, and what the doctor needs to ask it.
struct Stage {
    maskinporten: Maskinporten,
    folder: TempDir,
    clock: Clock,
}

impl Stage {
    async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Clock::default();
        let options = Options {
            clock: clock.clone(),
            directory: folder.path().join("sandbox"),
            listen: ([127, 0, 0, 1], 0).into(),
        };
        Self {
            maskinporten: Maskinporten::start(options).await.expect("a start"),
            folder,
            clock,
        }
    }

    fn origin(&self) -> &str {
        self.maskinporten.issuer().trim_end_matches('/')
    }

    fn certified(&self) -> &Client {
        &self.maskinporten.clients()[1]
    }

    /// With the certificate of the client that has one.
    fn ask(&self, more: &[&str]) -> Answer {
        let client = self.certified();
        let chain = client.chain_file.as_ref().expect("a chain");
        self.ask_with(chain, &client.key_pem_file, more)
    }

    fn ask_with(&self, certificate: &Path, key: &Path, more: &[&str]) -> Answer {
        let mut arguments = json_of(certificate, &["--key", text(key), "--live"]);
        if !more.contains(&"--maskinporten") {
            arguments.extend(["--maskinporten", self.origin()]);
        }
        if !more.contains(&"--ca") {
            arguments.extend(["--ca", text(self.maskinporten.ca_file())]);
        }
        arguments.extend(more);
        tokio::task::block_in_place(|| ask(&arguments))
    }

    /// A certificate that nobody has issued, with the key in `key`.
    fn self_signed(&self, key: &Path) -> PathBuf {
        let key = std::fs::read_to_string(key).expect("a key");
        let key = KeyPair::from_pem(&key).expect("a key");
        let params = CertificateParams::new(Vec::new()).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        file(self.folder.path(), "self-signed.pem", certificate.pem())
    }
}

/// What was found over the network: it stands last.
fn live(answer: &Answer) -> Vec<String> {
    let ours = ["L", "N", "V04", "V05"];
    let all = answer.findings();
    let is_ours = |finding: &String| {
        let id = finding.split(' ').nth(1).unwrap_or_default();
        ours.iter().any(|start| id.starts_with(start))
    };
    let first = all.iter().position(is_ours).expect("a live finding");
    all[first..].to_vec()
}

fn seen(answer: &Answer) -> String {
    let json = answer.json();
    let last = json["findings"]
        .as_array()
        .and_then(|all| all.last().cloned());
    let last = last.expect("a finding");
    format!("{} {}", last["seen"], last["action"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_gets_a_token_that_is_not_shown() {
    let stage = Stage::start().await;
    let scope = stage.maskinporten.scopes().remove(0);
    let id = stage.certified().client_id.clone();
    let answer = stage.ask(&["--client-id", &id, "--scope", &scope]);
    assert_eq!(live(&answer), ["info L05", "info L07"], "{}", answer.text);
    assert!(seen(&answer).contains(&scope), "{}", answer.text);
    assert!(!answer.text.contains("eyJ"), "{}", answer.text);
    assert_eq!(answer.complaints, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_key_gets_one_too() {
    let stage = Stage::start().await;
    let scope = stage.maskinporten.scopes().remove(0);
    let client = stage.maskinporten.clients()[0].clone();
    let kid = client.kid.as_deref().expect("a name");
    let certificate = stage.self_signed(&client.key_pem_file);
    let more = [
        "--client-id",
        &client.client_id,
        "--scope",
        &scope,
        "--kid",
        kid,
    ];
    let answer = stage.ask_with(&certificate, &client.key_pem_file, &more);
    assert_eq!(live(&answer), ["info L05", "info L07"], "{}", answer.text);
    assert_eq!(answer.json()["purpose"], "key");
    let mut unknown = more;
    unknown[5] = "another";
    let answer = stage.ask_with(&certificate, &client.key_pem_file, &unknown);
    assert_eq!(live(&answer), ["error L08", "info L05"], "{}", answer.text);
    let told = answer.json()["findings"].to_string();
    assert!(told.contains("under this kid"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_to_do() {
    let stage = Stage::start().await;
    let scope = stage.maskinporten.scopes().remove(0);
    let id = stage.certified().client_id.clone();
    let unknown = stage.ask(&["--client-id", "nobody", "--scope", &scope]);
    let scopeless = stage.ask(&["--client-id", &id, "--scope", "nobody:nothing"]);
    for (answer, code, action) in [
        (unknown, "MP-100", "Compare client_id"),
        (scopeless, "MP-200", "Add the scope"),
    ] {
        assert_eq!(live(&answer), ["error L08", "info L05"], "{}", answer.text);
        let told = answer.json()["findings"].to_string();
        assert!(told.contains(code) && told.contains(action), "{told}");
        assert!(
            told.contains("trace_id") || told.contains("trace id"),
            "{told}"
        );
        assert_eq!(answer.code, 2);
    }
    let key = stage.certified().key_pem_file.clone();
    let foreign = stage.self_signed(&key);
    let more = ["--client-id", &id, "--scope", &scope];
    let answer = stage.ask_with(&foreign, &key, &more);
    let told = answer.json()["findings"].to_string();
    assert!(
        answer.findings().contains(&"error I04".to_owned()),
        "{told}"
    );
    assert!(told.contains("MP-120"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_told_by_how_much() {
    let stage = Stage::start().await;
    for (offset, finding) in [
        (-60, "error V04"),
        (60, "error V04"),
        (-8, "warning V04"),
        (8, "warning V04"),
    ] {
        stage.clock.set_offset(offset);
        let answer = stage.ask(&[]);
        assert_eq!(live(&answer), [finding, "info L05"], "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_is_told_apart() {
    let stage = Stage::start().await;
    let other = stage.self_signed(&stage.certified().key_pem_file);
    assert_eq!(live(&stage.ask(&["--ca", text(&other)])), ["error L03"]);
    let unknown = ["--maskinporten", "https://nobody.invalid"];
    assert_eq!(live(&stage.ask(&unknown)), ["error L01"]);
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let nobody = format!("https://localhost:{}", address.port());
    assert_eq!(
        live(&stage.ask(&["--maskinporten", &nobody])),
        ["error L02"]
    );
    let path = stage.ask(&["--maskinporten", "https://localhost/token"]);
    assert_eq!(
        (path.code, &path.json()["verdict"]),
        (3, &json!("unchecked"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_another_issuer_stops_it() {
    let stage = Stage::start().await;
    let admin = format!("{}/maskinporten/switches", stage.maskinporten.admin());
    let http = reqwest::Client::new();
    let switch = json!({"metadata_issuer": "https://elsewhere.example/"});
    let answer = http
        .put(admin)
        .json(&switch)
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
    let id = stage.certified().client_id.clone();
    let answer = stage.ask(&["--client-id", &id, "--scope", "any"]);
    assert_eq!(live(&answer), ["error N06", "info L05"], "{}", answer.text);
    assert!(answer.text.contains("https://elsewhere.example/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counterparty_accepts_the_certificate_or_refuses_it() {
    let folder = TempDir::new().expect("a folder");
    let ours = authority("Ours");
    let server = authority("Server");
    let ca = file(folder.path(), "ca.pem", server.pem());
    let (leaf, key) = issued(&ours, "client.example");
    let certificate = file(folder.path(), "client.pem", leaf.pem());
    let key = closed(folder.path(), "client.key", key.serialize_pem());
    for (trusted, expected) in [
        (Some(&ours), vec!["info L05", "info L10"]),
        (Some(&server), vec!["error L11", "info L05"]),
        (None, vec!["warning L12", "info L05"]),
    ] {
        let origin = counterparty(&server, trusted).await;
        let more = [
            "--key",
            text(&key),
            "--purpose",
            "tls",
            "--live",
            "--ca",
            text(&ca),
            "--connect",
            &origin,
        ];
        let arguments = json_of(&certificate, &more);
        let answer = tokio::task::block_in_place(|| ask(&arguments));
        assert_eq!(live(&answer), expected, "{}", answer.text);
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn issued(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    (
        params.signed_by(&key, authority).expect("a certificate"),
        key,
    )
}

/// One that takes the certificates of `trusted`, or asks for none: its origin.
async fn counterparty(own: &Authority, trusted: Option<&Authority>) -> String {
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match trusted {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
        None => builder.with_no_client_auth(),
    };
    let (leaf, key) = issued(own, "localhost");
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_single_cert(vec![leaf.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a server")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        let mut rest = [0; 4096];
        match acceptor.accept(tcp).into_fallible().await {
            Ok(mut tls) => {
                let _ = tls.read(&mut rest).await;
                let _ = tls
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    .await;
                let _ = tls.shutdown().await;
            }
            // Closed at once, what was said last could be lost.
            Err((_, mut tcp)) => while tcp.read(&mut rest).await.is_ok_and(|read| read > 0) {},
        }
    });
    format!("https://localhost:{}", address.port())
}
