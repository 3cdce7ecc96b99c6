//! Absence of secrets in the host's output and log, for any damage to their files or settings.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use host::{AccessControl, App, Configuration, Egress, Log, Options};
use leaks::{Secret, damaged, in_toml};
use rcgen::generate_simple_self_signed;
use reqwest::{Certificate, Client};
use tempfile::TempDir;
use tokio::net::TcpListener;

const PASSWORD: &str = "Kx9!fjord-og-fjell-2026";
const VAULT_TOKEN: &str = "hvs.CAESIJq7nR5sX0l2vYb8wKd3fGh1";
const CALLER: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";

const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "a"
[variables]
key = { required = true, secret = true }
[[trigger.http]]
route = "/..."
component = "front"
[component.front]
source = "front.wasm"
key_value_stores = ["shared"]
[component.front.variables]
key = "{{ key }}"
"#;

/// Returns all messages of an outcome, and the log.
fn said<T, E: std::error::Error + 'static>(outcome: Result<T, E>, log: &Log) -> String {
    let mut said = log.lines().join("\n");
    if let Err(error) = outcome {
        let mut next: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = next {
            said += &shown(&error);
            next = error.source();
        }
    }
    said
}

fn shown(error: &(impl Debug + ToString)) -> String {
    format!("\n{}\n{error:?}\n{error:#?}", error.to_string())
}

/// Returns all errors and log lines of reading, and then of loading, an application whose only
/// component is not built.
async fn loaded(folder: &Path, runtime: &str, pins: Option<&str>) -> String {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let mut options = Options::new(file("spin.toml", MANIFEST));
    options.runtime_config = Some(file("runtime-config.toml", runtime));
    options.pins = pins.map(|pins| file("pins.toml", pins));
    options.variables = BTreeMap::from([("key".to_owned(), PASSWORD.to_owned())]);
    options.log = Log::memory();
    let log = options.log.clone();
    let looked_at = said(Configuration::read(&options).await, &log);
    let outcome = App::load(options).await;
    assert!(outcome.is_err(), "it is not built");
    looked_at + &said(outcome, &log)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_private_key() {
    let folder = TempDir::new().unwrap();
    let own = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.path().join("own.pem"), own.cert.pem()).unwrap();
    let secret = Secret::pem(&own.signing_key.serialize_pem());
    let tls = "[[client_tls]]\ncomponent_ids = [\"front\"]\nhosts = [\"localhost\"]\nclient_cert_file = \"own.pem\"\n";
    let pin = "[[pin]]\nname = \"bud\"\ncomponent_ids = [\"front\"]\norigin = \"https://localhost\"\nroots_file = \"own.pem\"\n\
         subject = [{ attribute = \"serialNumber\", value = \"1\" }]\nclient_cert_file = \"own.pem\"\n";
    let key = "client_private_key_file = \"own.key\"\n";
    let (tls_with_key, pin_with_key) = (format!("{tls}{key}"), format!("{pin}{key}"));
    for damaged in damaged(&secret.text) {
        fs::write(folder.path().join("own.key"), &damaged.bytes).unwrap();
        let roots = format!("{tls_with_key}ca_roots_file = \"own.key\"\n");
        for (runtime, pins) in [
            (tls_with_key.as_str(), None),
            (roots.as_str(), None),
            ("", Some(pin_with_key.as_str())),
        ] {
            let said = loaded(folder.path(), runtime, pins).await;
            assert!(!said.is_empty());
            secret.expect_unseen(damaged.name, &said);
        }
    }
    for (name, document) in in_toml(&format!("{tls}client_private_key_file = @\n"), &secret.text) {
        secret.expect_unseen(name, &loaded(folder.path(), &document, None).await);
    }
    for (name, document) in in_toml(&format!("{pin}client_private_key_file = @\n"), &secret.text) {
        secret.expect_unseen(name, &loaded(folder.path(), "", Some(&document)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_runtime_configuration() {
    let folder = TempDir::new().unwrap();
    let address = format!("redis://app:{PASSWORD}@localhost:6379/0");
    let vault = "[[variables_provider]]\ntype = \"vault\"\nurl = \"http://127.0.0.1:1\"\nmount = \"secret\"\ntoken = @\n";
    let redis = "[key_value_store.shared]\ntype = \"redis\"\nurl = @\n";
    let given = "[[variables_provider]]\ntype = \"static\"\n[variables_provider.values]\nkey = @\n";
    for (document, text, secret) in [
        (vault, VAULT_TOKEN, VAULT_TOKEN),
        (redis, &*address, PASSWORD),
        (redis, PASSWORD, PASSWORD),
        (given, PASSWORD, PASSWORD),
    ] {
        let secret = Secret::new(secret);
        for (name, document) in in_toml(document, text) {
            secret.expect_unseen(name, &loaded(folder.path(), &document, None).await);
        }
        for damaged in damaged(text) {
            // As a text, and unchanged.
            for value in [format!("{:?}", damaged.text()), damaged.text()] {
                let document = document.replace('@', &value);
                let said = loaded(folder.path(), &document, None).await;
                secret.expect_unseen(damaged.name, &said);
            }
        }
    }
}

/// Checks the credentials that callers present to the proxy, against the proxy's answers.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_caller_at_the_proxy() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let own = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = file("own.pem", &own.cert.pem());
    let key = file("own.key", &own.signing_key.serialize_pem());
    let callers = file("callers.toml", &format!("bank = \"{CALLER}\"\n"));
    let pins = file(
        "pins.toml",
        "[[pin]]\nname = \"bud\"\norigin = \"https://localhost:1\"\nroots_file = \"own.pem\"\n\
         subject = [{ attribute = \"serialNumber\", value = \"1\" }]\n",
    );
    let log = Log::memory();
    let access = AccessControl::tls_with_callers(&certificate, &key, &callers).unwrap();
    let egress = Egress::load(&pins, access, log.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let egress = egress.serve(listener).unwrap();
    let root = Certificate::from_der(own.cert.der()).unwrap();
    let http = Client::builder().tls_certs_only([root]).build().unwrap();
    let address = format!("https://localhost:{}", egress.address().port());
    let secret = Secret::new(CALLER);
    let mut asked = 0;
    for damaged in damaged(CALLER) {
        for scheme in ["Bearer ", "Basic ", "", "Bearer  "] {
            let shown = [scheme.as_bytes(), &damaged.bytes].concat();
            let Ok(shown) = reqwest::header::HeaderValue::from_bytes(&shown) else {
                continue;
            };
            for path in ["/bud/", "/", "/nobody/"] {
                let request = http.get(format!("{address}{path}"));
                let request = request.header("proxy-authorization", shown.clone());
                let answer = request.send().await.unwrap();
                let head = format!("{:?}", answer.headers());
                let body = answer.text().await.unwrap();
                secret.expect_unseen(damaged.name, &(head + &body));
                asked += 1;
            }
        }
    }
    egress.shutdown().await;
    let lines = log.lines();
    assert!(asked > 200 && lines.len() >= asked, "{asked}");
    secret.expect_unseen("the log", &lines.join("\n"));
}
