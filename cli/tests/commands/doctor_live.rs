//! Runs of `innsyn doctor --live` against the sandbox's Maskinporten.

use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use reqwest::Method;
use sandbox::kit::Clock;
use sandbox::standalone::{Client, Maskinporten, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::doctor::{Answer, ask, file, json_of, text};

/// Identifier of a client that the tests register.
pub(crate) const CLIENT: &str = "0b8e2f66-41a4-4f0e-9f43-0d8d7c7b5a11";

/// Maskinporten, and the files that the doctor needs to call it.
struct LiveTestBed {
    maskinporten: Maskinporten,
    folder: TempDir,
    clock: Clock,
}

impl LiveTestBed {
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

    /// Runs the doctor with the certificate of the client that has one.
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

    /// Calls the admin API.
    async fn admin(&self, method: Method, path: &str, body: &Value) {
        let address = format!("{}{path}", self.maskinporten.admin());
        let request = reqwest::Client::new().request(method, address).json(body);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Creates a self-signed certificate for the key in `key`.
    fn self_signed(&self, key: &Path) -> PathBuf {
        let key = std::fs::read_to_string(key).expect("a key");
        let key = KeyPair::from_pem(&key).expect("a key");
        let params = CertificateParams::new(Vec::new()).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        file(self.folder.path(), "self-signed.pem", certificate.pem())
    }
}

/// Returns the findings of the network checks, which come last. Other tests check that the
/// certificate is not revoked.
pub(crate) fn live(answer: &Answer) -> Vec<String> {
    let ours = ["L", "N", "V04", "V05"];
    let all = answer.findings();
    let is_ours = |finding: &String| {
        let id = finding.split(' ').nth(1).unwrap_or_default();
        ours.iter().any(|start| id.starts_with(start))
    };
    let first = all.iter().position(is_ours).expect("a live finding");
    let found = all[first..].iter().filter(|finding| *finding != "info L14");
    found.cloned().collect()
}

fn seen(answer: &Answer) -> String {
    let json = answer.json();
    let all = json["findings"].as_array().expect("findings").iter();
    let found: Vec<String> = all
        .map(|finding| format!("{} {}", finding["seen"], finding["action"]))
        .collect();
    found.join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_gets_a_token_that_is_not_shown() {
    let bed = LiveTestBed::start().await;
    let scope = bed.maskinporten.scopes().remove(0);
    let id = bed.certified().client_id.clone();
    let answer = bed.ask(&["--client-id", &id, "--scope", &scope]);
    assert_eq!(live(&answer), ["info L05", "info L07"], "{}", answer.text);
    assert!(seen(&answer).contains(&scope), "{}", answer.text);
    assert!(!answer.text.contains("eyJ"), "{}", answer.text);
    assert_eq!(answer.complaints, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_key_gets_one_too() {
    let bed = LiveTestBed::start().await;
    let scope = bed.maskinporten.scopes().remove(0);
    let client = bed.maskinporten.clients()[0].clone();
    let kid = client.kid.as_deref().expect("a name");
    let certificate = bed.self_signed(&client.key_pem_file);
    let more = [
        "--client-id",
        &client.client_id,
        "--scope",
        &scope,
        "--kid",
        kid,
    ];
    let answer = bed.ask_with(&certificate, &client.key_pem_file, &more);
    assert_eq!(live(&answer), ["info L05", "info L07"], "{}", answer.text);
    assert_eq!(answer.json()["purpose"], "key");
    let mut unknown = more;
    unknown[5] = "another";
    let answer = bed.ask_with(&certificate, &client.key_pem_file, &unknown);
    assert_eq!(live(&answer), ["error L08", "info L05"], "{}", answer.text);
    let told = answer.json()["findings"].to_string();
    assert!(told.contains("under this kid"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_to_do() {
    let bed = LiveTestBed::start().await;
    let scope = bed.maskinporten.scopes().remove(0);
    let id = bed.certified().client_id.clone();
    let unknown = bed.ask(&["--client-id", "nobody", "--scope", &scope]);
    let scopeless = bed.ask(&["--client-id", &id, "--scope", "nobody:nothing"]);
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
    let key = bed.certified().key_pem_file.clone();
    let foreign = bed.self_signed(&key);
    let more = ["--client-id", &id, "--scope", &scope];
    let answer = bed.ask_with(&foreign, &key, &more);
    let told = answer.json()["findings"].to_string();
    assert!(
        answer.findings().contains(&"error I04".to_owned()),
        "{told}"
    );
    assert!(told.contains("MP-120"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_told_by_how_much() {
    let bed = LiveTestBed::start().await;
    for (offset, finding) in [
        (-60, "error V04"),
        (60, "error V04"),
        (-8, "warning V04"),
        (8, "warning V04"),
    ] {
        bed.clock.set_offset(offset);
        let answer = bed.ask(&[]);
        assert_eq!(live(&answer), [finding, "info L05"], "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_is_told_apart() {
    let bed = LiveTestBed::start().await;
    let other = bed.self_signed(&bed.certified().key_pem_file);
    assert_eq!(live(&bed.ask(&["--ca", text(&other)])), ["error L15"]);
    let unknown = ["--maskinporten", "https://nobody.invalid"];
    assert_eq!(live(&bed.ask(&unknown)), ["error L01"]);
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let nobody = format!("https://localhost:{}", address.port());
    assert_eq!(live(&bed.ask(&["--maskinporten", &nobody])), ["error L02"]);
    let path = bed.ask(&["--maskinporten", "https://localhost/token"]);
    assert_eq!(
        (path.code, &path.json()["verdict"]),
        (3, &json!("unchecked"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none_is_told_apart() {
    let bed = LiveTestBed::start().await;
    // Nothing answers with TLS there.
    let plain = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = plain.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = plain.accept().await {
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let plain = format!("https://localhost:{port}");
    assert_eq!(live(&bed.ask(&["--maskinporten", &plain])), ["error L04"]);
    for (fault, expected) in [
        (json!("nonsense"), "error L06"),
        (json!("reset_before"), "error L09"),
    ] {
        let rule = json!({"counterparty": "maskinporten", "times": 1, "fault": fault});
        bed.admin(Method::POST, "/faults", &rule).await;
        assert_eq!(live(&bed.ask(&[])), [expected, "info L05"], "{fault}");
    }
    let scope = bed.maskinporten.scopes().remove(0);
    let id = bed.certified().client_id.clone();
    let chain = bed.certified().chain_file.clone().expect("a chain");
    let mut arguments = json_of(&chain, &["--live", "--maskinporten", bed.origin()]);
    arguments.extend(["--ca", text(bed.maskinporten.ca_file())]);
    arguments.extend(["--client-id", &id, "--scope", &scope]);
    let without_key = tokio::task::block_in_place(|| ask(&arguments));
    assert_eq!(live(&without_key), ["warning L13", "info L05"]);
    assert!(without_key.findings().contains(&"error F04".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_than_the_clients_owner() {
    let bed = LiveTestBed::start().await;
    let scope = bed.maskinporten.scopes().remove(0);
    let client = json!({
        "client_id": CLIENT, "client_name": "x", "client_orgno": "310000108",
        "integration_type": "maskinporten", "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt", "scopes": [scope],
    });
    bed.admin(Method::POST, "/maskinporten/clients", &client)
        .await;
    let answer = bed.ask(&["--client-id", CLIENT, "--scope", &scope]);
    let told = answer.json()["findings"].to_string();
    assert!(
        answer.findings().contains(&"error O04".to_owned()),
        "{told}"
    );
    assert!(
        told.contains("MP-122") && told.contains("delegation"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_registered_over_a_year_ago() {
    let bed = LiveTestBed::start().await;
    let scope = bed.maskinporten.scopes().remove(0);
    let client = bed.maskinporten.clients()[0].clone();
    let jwk = client.key_jwk_file.as_ref().expect("a JWK");
    let jwk: Value = serde_json::from_slice(&std::fs::read(jwk).expect("a file")).expect("JSON");
    let public = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "old", "e": jwk["e"], "n": jwk["n"],
    });
    bed.clock.set_offset(-400 * 86_400);
    let path = format!("/maskinporten/clients/{}/jwks", client.client_id);
    bed.admin(Method::PUT, &path, &json!({ "keys": [public] }))
        .await;
    bed.clock.set_offset(0);
    let certificate = bed.self_signed(&client.key_pem_file);
    let more = [
        "--client-id",
        &client.client_id,
        "--scope",
        &scope,
        "--kid",
        "old",
    ];
    let answer = bed.ask_with(&certificate, &client.key_pem_file, &more);
    let told = answer.json()["findings"].to_string();
    assert!(
        answer.findings().contains(&"error V05".to_owned()),
        "{told}"
    );
    assert!(told.contains("MP-121"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_another_issuer_stops_it() {
    let bed = LiveTestBed::start().await;
    let switch = json!({"metadata_issuer": "https://elsewhere.example/"});
    bed.admin(Method::PUT, "/maskinporten/switches", &switch)
        .await;
    let id = bed.certified().client_id.clone();
    let answer = bed.ask(&["--client-id", &id, "--scope", "any"]);
    assert_eq!(live(&answer), ["error N06", "info L05"], "{}", answer.text);
    assert!(answer.text.contains("https://elsewhere.example/"));
}
