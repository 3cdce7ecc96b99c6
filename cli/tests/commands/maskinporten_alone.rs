//! `innsyn sandbox maskinporten` prints all that a client of one's own needs for a test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Certificate, Client};
use serde_json::Value;

use crate::process::Process;

#[tokio::test]
async fn a_script_reads_where_everything_is() {
    let mut process = Process::start(&["sandbox", "maskinporten", "--json"]);
    let facts: Value = serde_json::from_str(&process.line().await).expect("JSON");
    let text = |name: &str| facts[name].as_str().expect("text");

    let authority = fs::read(text("ca_file")).expect("a certificate");
    let authority = Certificate::from_pem(&authority).expect("PEM");
    let http = Client::builder().tls_certs_only([authority]).build();
    let http = http.expect("a client");
    let metadata = http.get(text("metadata")).send().await.expect("an answer");
    let metadata: Value = metadata.json().await.expect("JSON");
    assert_eq!(metadata["issuer"], facts["issuer"]);
    assert_eq!(metadata["token_endpoint"], facts["token_endpoint"]);

    let clients = facts["clients"].as_array().expect("clients");
    for client in clients {
        let key = client["key_pem_file"].as_str().expect("a file");
        let label = "PRIVATE KEY";
        assert!(private(key).starts_with(&format!("-----BEGIN {label}-----")));
    }
    let registered = &clients[0];
    let jwk = private(registered["key_jwk_file"].as_str().expect("a file"));
    let jwk: Value = serde_json::from_str(&jwk).expect("JSON");
    assert_eq!(jwk["kid"], registered["kid"]);
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("text"));
    assert!(modulus.expect("base64url").len() >= 256);
    let chain = private(
        clients[1]["certificate_chain_file"]
            .as_str()
            .expect("a file"),
    );
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(
        facts["scopes"]
            .as_array()
            .is_some_and(|scopes| !scopes.is_empty())
    );

    let folder = Path::new(text("ca_file")).parent().expect("a folder");
    assert_eq!(process.stop().await, "");
    assert!(!folder.exists(), "keys go with the run");
}

#[tokio::test]
async fn a_person_reads_it_too() {
    let mut process = Process::start(&["sandbox", "maskinporten", "--listen", "127.0.0.1:0"]);
    let issuer = process.after("Issuer").await;
    assert_eq!(
        process.after("Token endpoint").await,
        format!("{issuer}token")
    );
    let authority = process.after("Its authority").await;
    assert!(Path::new(&authority).exists());
    assert!(!process.after("Client id").await.is_empty());
    assert_eq!(process.after("--cacert").await, authority);
    process.stop().await;
}

/// Reads a file, and checks that its owner alone can read it.
fn private(path: &str) -> String {
    let mode = fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{path}");
    fs::read_to_string(path).expect("text")
}
