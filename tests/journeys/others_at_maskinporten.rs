//! Clients that others have written get tokens from the sandbox's Maskinporten, as they are; and other
//! libraries find the tokens good.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journeys::Others;
use sandbox::clock::Clock;
use sandbox::consumer::{Consumer, Credential, FJORDBANKEN, INNLANDSBANKEN};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";

async fn start(directory: &Path) -> Sandbox {
    let options = Options {
        clock: Clock::default(),
        directory: directory.to_owned(),
        app: None,
    };
    Sandbox::start(options).await.expect("a sandbox")
}

/// Has `script` ask for a token as the client of `organisation`.
async fn ask(
    others: &Others,
    sandbox: &Sandbox,
    script: &str,
    organisation: &str,
    scope: &str,
) -> Value {
    let mut consumers = sandbox.world().consumers.iter();
    let consumer = consumers
        .find(|consumer| consumer.organisation == organisation)
        .expect("a consumer");
    let origin = &sandbox.addresses().maskinporten;
    let (kid, certificate, header) = credential(consumer);
    let environment = [
        ("ISSUER", &*format!("{origin}/")),
        ("TOKEN_ENDPOINT", &format!("{origin}/token")),
        ("JWKS", &format!("{origin}/jwk")),
        ("MASKINPORTEN_CLIENT_ID", consumer.client_id),
        ("PRIVATE_KEY", consumer.pem().expect("a key")),
        ("KID", kid),
        ("CERTIFICATE", &certificate),
        ("HEADER", &header.to_string()),
        ("SCOPE", scope),
    ];
    others.run(script, sandbox.ca_file(), &environment).await
}

/// The key's identifier or the certificate in PEM, and a grant's header.
fn credential(consumer: &Consumer) -> (&str, String, Value) {
    match &consumer.credential {
        Credential::Registered { kid } => {
            (kid, String::new(), json!({ "alg": "RS256", "kid": kid }))
        }
        Credential::Certified { chain } => {
            let pem = pem(&STANDARD.decode(&chain[0]).expect("a certificate"));
            ("", pem, json!({ "alg": "RS256", "x5c": chain }))
        }
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn they_get_tokens_that_others_find_good() {
    let Some(others) = Others::installed() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = start(folder.path()).await;

    for (script, organisation) in [
        ("maskinporten_with_pymaskinporten.py", FJORDBANKEN),
        ("maskinporten_with_authlib.py", FJORDBANKEN),
        ("maskinporten_with_authlib.py", INNLANDSBANKEN),
        ("maskinporten_with_maskinporten_jwt.cjs", FJORDBANKEN),
        ("maskinporten_with_vtfk.cjs", INNLANDSBANKEN),
    ] {
        let found = ask(&others, &sandbox, script, organisation, SCOPE).await;
        assert_eq!(found["expires_in"], 119, "{script}: {found}");
        assert_eq!(found["claims"]["scope"], SCOPE, "{script}");
        let consumer = &found["claims"]["consumer"]["ID"];
        assert_eq!(*consumer, format!("0192:{organisation}"), "{script}");
    }
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_read_its_refusals() {
    let Some(others) = Others::installed() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = start(folder.path()).await;

    let script = "maskinporten_with_pymaskinporten.py";
    let found = ask(&others, &sandbox, script, FJORDBANKEN, "nobody:knows").await;

    assert_eq!(found["status"], 400, "{found}");
    assert_eq!(found["error"], "invalid_scope");
    sandbox.shutdown().await;
}
