//! Settings that a sandbox gives to the app, and its admin address.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};
use serde_json::{Value, json};

use crate::maskinporten::support::TestBed;

#[tokio::test]
async fn the_variables_are_what_the_app_needs() {
    let bed = TestBed::start().await;
    let variables = bed.sandbox.variables("http://localhost:3000");
    assert_eq!(
        variables,
        bed.sandbox.variables("http://localhost:3000"),
        "secrets stay"
    );
    let addresses = bed.sandbox.addresses();
    for (name, value) in [
        ("environment", "test"),
        ("public_url", "http://localhost:3000"),
        ("consumer_organisation", FJORDBANKEN),
        ("return_addresses", &addresses.bank_page),
        ("maskinporten_origin", &addresses.maskinporten),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    let secrets = [
        "consent_store_key",
        "token_store_key",
        "key_set_store_key",
        "consent_signing_key",
        "claims_signing_key",
        "maintenance_secret",
    ];
    let secrets: BTreeSet<_> = secrets.map(|name| variables[name].clone()).into();
    assert_eq!(secrets.len(), 6, "none is used twice");
    for secret in &secrets {
        assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
    }

    assert_eq!(
        variables["consumer_organisations"],
        format!("{INNLANDSBANKEN},{VESTBANKEN}")
    );
}

#[tokio::test]
async fn each_client_has_a_key_of_another_kind() {
    let bed = TestBed::start().await;
    let variables = bed.sandbox.variables("http://localhost:3000");
    let clients: Value = serde_json::from_str(&variables["maskinporten_clients"]).unwrap();
    let [fjord, innland, vest] = clients.as_array().unwrap().as_slice() else {
        panic!("{clients}");
    };

    assert_eq!(fjord["organisation"], FJORDBANKEN);
    assert_eq!(fjord["keys"][0]["kid"], "fjordbanken-1");
    assert!(fjord["keys"][0].get("certificate_chain").is_none());
    assert_eq!(innland["organisation"], INNLANDSBANKEN);
    assert!(innland["keys"][0].get("kid").is_none());
    let chain = innland["keys"][0]["certificate_chain"].as_array().unwrap();
    assert_eq!(chain.len(), 2);
    STANDARD.decode(chain[0].as_str().unwrap()).unwrap();
    for client in [fjord, innland] {
        let pem = client["keys"][0]["key"].as_str().unwrap();
        let label = "PRIVATE KEY";
        assert!(pem.starts_with(&format!("-----BEGIN {label}-----")));
    }
    let in_vault =
        json!({ "kid": "vestbanken-1", "transit": { "key": "vestbanken", "version": 1 } });
    assert_eq!(vest["organisation"], VESTBANKEN);
    assert_eq!(
        vest["keys"],
        json!([in_vault]),
        "the key itself is in the vault"
    );
    assert_eq!(variables["vault_origin"], bed.sandbox.addresses().vault);
}

#[tokio::test]
async fn each_service_may_ask_for_what_it_needs() {
    let bed = TestBed::start().await;
    let variables = bed.sandbox.variables("http://localhost:3000");
    let services: Value = serde_json::from_str(&variables["token_services"]).unwrap();
    let [consent, readers @ .., back_end] = services.as_array().unwrap().as_slice() else {
        panic!("{services}");
    };

    assert_eq!(
        (&consent["subject"], &consent["sweep"]),
        (&json!("consent"), &json!(true))
    );
    let with_consent = json!(["urn:altinn:consent"]);
    let as_system_user = json!(["urn:altinn:systemuser"]);
    for (reader, (subject, scope, details)) in readers.iter().zip([
        (
            "claims",
            "skatteetaten:kravogbetalinger",
            Some(&with_consent),
        ),
        (
            "accounting",
            "skatteetaten:kravogbetalinger",
            Some(&as_system_user),
        ),
        ("income", "skatteetaten:inntekt", Some(&with_consent)),
        (
            "tax-basis",
            "skatteetaten:summertskattegrunnlag",
            Some(&with_consent),
        ),
        ("persons", "folkeregister:deling/finans", None),
    ]) {
        assert_eq!(reader["subject"], subject);
        let scopes = reader["scopes"].as_array().unwrap();
        assert!(scopes.contains(&json!(scope)), "{subject}");
        // The scope for Altinn's consent requests belongs to clients with a consent alone.
        let of_altinn = json!("altinn:consentrequests.read");
        let asks = details == Some(&with_consent);
        assert_eq!(scopes.contains(&of_altinn), asks, "{subject}");
        assert_eq!(scopes.len(), 1 + usize::from(asks));
        assert_eq!(reader.get("authorization_details"), details, "{subject}");
        assert!(reader.get("sweep").is_none() && reader.get("consumer_orgs").is_none());
        assert_eq!(reader["consumers"], json!(["*"]), "{subject}");
        let seed = &variables[&format!("{}_signing_key", subject.replace('-', "_"))];
        assert_eq!(reader["public_key"], public_key(seed));
    }
    assert_eq!(readers.len(), 5);

    let known = bed.sandbox.back_end();
    assert_eq!(back_end["subject"], known.subject);
    assert_eq!(back_end["public_key"], public_key(known.seed));
    assert_eq!(back_end["consumers"], json!(["310000205"]));
    assert_eq!(back_end["consumer_orgs"], json!(["*"]));
    assert_eq!(back_end["pid"], true);
    assert!(
        !variables.values().any(|value| value == known.seed),
        "its secret is its own"
    );
}

/// The public half of the Ed25519 key with this seed.
fn public_key(seed: &str) -> String {
    let seed = URL_SAFE_NO_PAD.decode(seed).unwrap();
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    URL_SAFE_NO_PAD.encode(aws_lc_rs::signature::KeyPair::public_key(&pair))
}

#[tokio::test]
async fn the_runtime_configuration_trusts_the_sandbox() {
    let bed = TestBed::start().await;
    let configuration = bed.sandbox.runtime_config();
    let ca_file = bed.sandbox.ca_file();
    assert!(ca_file.is_absolute());
    assert!(configuration.contains(&format!("ca_roots_file = {:?}", ca_file.to_str().unwrap())));
    for part in [
        "[[client_tls]]",
        "[key_value_store.consents]",
        "[key_value_store.tokens]",
        "[key_value_store.keys]",
    ] {
        assert!(configuration.contains(part), "{part}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_it_writes_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let bed = TestBed::start().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(bed.sandbox.ca_file()), 0o600);
    assert_eq!(mode(&bed.directory().join("new")), 0o700);
}

#[tokio::test]
async fn the_admin_address_is_for_local_programs_alone() {
    let bed = TestBed::start().await;
    let admin = &bed.sandbox.addresses().admin;
    let named = |host: &str| {
        let request = bed.http.get(format!("{admin}/clock")).header("host", host);
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(named("127.0.0.1:80").await, 200);
    assert_eq!(named("localhost").await, 200);
    assert_eq!(named("evil.example").await, 421);
    assert_eq!(named("localhost.evil.example:80").await, 421);
    let from_a_page = bed
        .http
        .get(format!("{admin}/clock"))
        .header("origin", "http://localhost");
    assert_eq!(from_a_page.send().await.unwrap().status(), 421);
}

#[tokio::test]
async fn the_admin_address_moves_the_clock_and_sets_switches() {
    let bed = TestBed::start().await;
    let put = reqwest::Method::PUT;
    let clock = json!({ "offset_seconds": 3600 });
    assert_eq!(
        bed.admin(reqwest::Method::POST, "/clock", &clock).await,
        204
    );
    assert_eq!(bed.clock.offset(), 3600);

    let path = "/maskinporten/switches";
    assert_eq!(
        bed.admin(put.clone(), path, &json!({ "token_lifetime_s": 30 }))
            .await,
        204
    );
    assert_eq!(bed.ask(&bed.grant()).await.body["expires_in"], 29);
    assert_eq!(bed.admin(put, path, &json!({ "lifetime": 30 })).await, 422);

    let access =
        format!("/maskinporten/scopes/access/{FJORDBANKEN}?scope=altinn:consentrequests.read");
    let delete = reqwest::Method::DELETE;
    assert_eq!(bed.admin(delete, &access, &json!(null)).await, 204);
    let grant = bed.grant().with("scope", "altinn:consentrequests.read");
    assert_eq!(bed.ask(&grant).await.code(), "MP-250");

    let admin = &bed.sandbox.addresses().admin;
    let counters = bed.read(&format!("{admin}/counters")).await;
    assert_eq!(counters["requests"]["maskinporten"], 2);
    assert_eq!(counters["tokens"][0]["count"], 1);
    let journal = bed.read(&format!("{admin}/journal")).await;
    assert_eq!(journal[1]["route"], "/token");
    assert_eq!(journal[1]["status"], 403);
    assert!(
        journal[1]["note"].as_str().unwrap().starts_with("MP-250 "),
        "{journal}"
    );
}
