//! Third-party clients: they get tokens from the sandbox's Maskinporten unchanged, and other
//! libraries accept the tokens.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journeys::ThirdPartyPrograms;
use sandbox::kit::Clock;
use sandbox::population::{
    Consumer, Credential, DEMO_DELEGATED_SCOPE, FJORDBANKEN, INNLANDSBANKEN,
};
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

/// Runs `script` to request a token as the client of `organisation`, on behalf of a consumer if one
/// is named.
async fn ask(
    others: &ThirdPartyPrograms,
    sandbox: &Sandbox,
    script: &str,
    organisation: &str,
    scope: &str,
    consumer_org: &str,
) -> Value {
    let home = sandbox.ca_file().parent().expect("a folder");
    let mut consumers = sandbox.services().consumers.iter();
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
        // Cache folder of some clients.
        ("HOME", &*home.to_string_lossy()),
        ("CONSUMER_ORG", consumer_org),
    ];
    others.run(script, sandbox.ca_file(), &environment).await
}

/// Returns the key's identifier or the certificate in PEM, and a grant's header.
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
    let Some(others) = ThirdPartyPrograms::installed() else {
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
        ("maskinporten_with_openid_client.cjs", FJORDBANKEN),
        ("maskinporten_with_dlt_source_elhub.py", FJORDBANKEN),
    ] {
        let found = ask(&others, &sandbox, script, organisation, SCOPE, "").await;
        assert_eq!(found["expires_in"], 119, "{script}: {found}");
        assert_eq!(found["claims"]["scope"], SCOPE, "{script}");
        let consumer = &found["claims"]["consumer"]["ID"];
        assert_eq!(*consumer, format!("0192:{organisation}"), "{script}");
    }
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_read_its_refusals() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = start(folder.path()).await;

    for script in [
        "maskinporten_with_pymaskinporten.py",
        "maskinporten_with_openid_client.cjs",
        "maskinporten_with_dlt_source_elhub.py",
    ] {
        let unknown = "nobody:knows";
        let found = ask(&others, &sandbox, script, FJORDBANKEN, unknown, "").await;
        assert_eq!(found["status"], 400, "{script}: {found}");
        assert_eq!(found["error"], "invalid_scope", "{script}");
        let description = found["description"].as_str().unwrap_or_default();
        assert!(description.contains("nobody:knows"), "{script}: {found}");
    }
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reads_for_a_company_that_has_delegated() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = start(folder.path()).await;

    let script = "maskinporten_with_dlt_source_elhub.py";
    let scope = DEMO_DELEGATED_SCOPE;
    let found = ask(&others, &sandbox, script, FJORDBANKEN, scope, "313367002").await;

    let organisation = |claim: &str| found["claims"][claim]["ID"].clone();
    assert_eq!(organisation("consumer"), "0192:313367002", "{found}");
    assert_eq!(organisation("supplier"), format!("0192:{FJORDBANKEN}"));
    let refused = ask(&others, &sandbox, script, FJORDBANKEN, scope, "314055403").await;
    assert_eq!(refused["status"], 403, "{refused}");
    sandbox.shutdown().await;
}
