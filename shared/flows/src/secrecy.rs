//! Tests that no secret appears in a component's output, however its setting, or a response that
//! holds it, is damaged.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use leaks::{Secret as PlantedSecret, damaged, in_json};
use serde_json::{Value, json};

use crate::consent::ConsentConfig;
use crate::fixtures;
use crate::reads::ReadsConfig;
use crate::signature::SignatureConfig;
use crate::token::TokenConfig;
use innsyn_core::context::Context;
use innsyn_core::fixtures::{CLIENT_KEY, CONSUMER, context};
use innsyn_core::log::Event;
use innsyn_core::origin::Origin;
use innsyn_core::platform::Response;
use innsyn_core::platform::memory::Memory;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_protocols::fixtures::{SEAL_CHAIN, client};
use innsyn_protocols::maskinporten::{Algorithm, TransitKey};
use innsyn_protocols::vault::{VaultLogin, VaultSettings};
use innsyn_runtime::config::{self, Settings};
use innsyn_runtime::vault::Vault;

const SEED: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
const PASSWORD: &str = "Kx9!fjord-og-fjell-2026-og-litt-til";
const VAULT_TOKEN: &str = "hvs.CAESIJq7nR5sX0l2vYb8wKd3fGh1";
/// Secret id of the vault: a UUID, because vaults generate UUIDs, and UUIDs are not redacted in the
/// log.
const SECRET_ID: &str = "6f1c0e8d-3b5a-4f7e-9a2d-1c0b3e4f5a6b";

/// Returns every output about a problem: to the caller, to the log, and in its `Debug` form.
fn told(context: &Context<'_, Memory>, problem: &Problem) -> String {
    context.log(&Event::from_problem("request", problem));
    let answer = problem.response(context.correlation_id.as_str());
    let answer = String::from_utf8_lossy(answer.body()).into_owned();
    let lines = context.platform.lines().join("\n");
    format!("{problem:?}\n{problem:#?}\n{answer}\n{lines}")
}

/// Returns every output of reading the settings `S`.
fn read<S: Settings + std::fmt::Debug>(variables: &[(&str, String)]) -> String {
    let platform = Memory::new();
    for (name, value) in variables {
        platform.set_variable(name, value);
    }
    match platform.run(config::load::<_, S>(&platform)) {
        Ok(settings) => format!("{settings:?}\n{settings:#?}"),
        Err(error) => {
            let written = format!("{error}\n{error:?}\n{error:#?}");
            written + &told(&context(&platform), &error.into())
        }
    }
}

/// Reads `S` with each kind of damage to `secret` in `name`.
#[track_caller]
fn expect_unseen<S: Settings + std::fmt::Debug>(
    others: &[(&'static str, String)],
    name: &'static str,
    secret: &PlantedSecret,
) {
    let with = |value: String| {
        let mut variables = others.to_vec();
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        read::<S>(&variables)
    };
    for damaged in damaged(&secret.text) {
        let text = damaged.text();
        for value in [
            text.clone(),
            json!(text).to_string(),
            json!([text]).to_string(),
        ] {
            secret.expect_unseen(&format!("{name}, {}", damaged.name), &with(value));
        }
    }
}

#[test]
fn of_the_token_component() {
    let others = fixtures::token_variables();
    let pem = PlantedSecret::pem(&CLIENT_KEY.pem);
    let jwk = CLIENT_KEY.private_jwk("kid-1", "RS256");
    let private = jwk["d"].as_str().expect("text");
    let mut of_jwk = PlantedSecret::new(private);
    of_jwk.text = jwk.to_string();
    for key in [
        json!({"kid": "kid-1", "key": "@"}),
        json!({"certificate_chain": "@", "key": "x"}),
        json!({"certificate_chain": ["@"], "key": CLIENT_KEY.pem}),
        json!({"kid": "kid-1", "transit": {"key": "@", "version": 1}}),
        json!({"kid": "kid-1", "transit": "@"}),
        json!({"kid": "@", "key": "x"}),
        json!({"kid": "kid-1", "algorithm": "@", "key": "x"}),
    ] {
        let clients = json!([client(CONSUMER, &json!([key]))]);
        for secret in [&pem, &of_jwk] {
            for (name, document) in in_json(&clients, &secret.text) {
                let mut variables = others.clone();
                variables.push(("maskinporten_clients", document.clone()));
                variables.push(("token_services", document));
                secret.expect_unseen(name, &read::<TokenConfig>(&variables));
            }
        }
    }
    expect_unseen::<TokenConfig>(&others, "maskinporten_clients", &pem);
    expect_unseen::<TokenConfig>(&others, "maskinporten_clients", &of_jwk);
    for (name, secret) in [
        ("token_store_key", SEED),
        ("token_store_previous_key", SEED),
        ("key_set_store_key", SEED),
        ("vault_token", VAULT_TOKEN),
        ("vault_secret_id", PASSWORD),
        ("vault_origin", VAULT_TOKEN),
        ("environment", PASSWORD),
        ("trace_from_callers", PASSWORD),
    ] {
        expect_unseen::<TokenConfig>(&others, name, &PlantedSecret::new(secret));
    }
    // A private key in place of the public one, and in place of the subject.
    for service in [
        json!({"subject": "a", "public_key": "@", "scopes": ["a"]}),
        json!({"subject": "@", "public_key": "x", "scopes": ["a"]}),
        json!({"subject": "@", "scopes": ["a"], "consumer_orgs": ["x"]}),
    ] {
        let secret = PlantedSecret::new(PASSWORD);
        for (name, document) in in_json(&json!([service, service_of("a")]), PASSWORD) {
            let mut variables = others.clone();
            variables.push(("token_services", document));
            let written = read::<TokenConfig>(&variables);
            // A setting that is valid as a name is treated as one.
            if !written.starts_with("TokenConfig") {
                secret.expect_unseen(name, &written);
            }
        }
    }
}

fn service_of(subject: &str) -> Value {
    json!({"subject": subject, "scopes": ["b"]})
}

#[test]
fn of_the_other_components() {
    let pem = PlantedSecret::pem(&CLIENT_KEY.pem);
    let (seed, password) = (PlantedSecret::new(SEED), PlantedSecret::new(PASSWORD));
    for name in [
        "consent_signing_key",
        "consent_store_key",
        "consent_store_previous_key",
    ] {
        expect_unseen::<ConsentConfig>(&[], name, &seed);
    }
    expect_unseen::<ConsentConfig>(&[], "maintenance_secret", &password);
    let second = [("altinn_generation", "2".to_owned())];
    expect_unseen::<ConsentConfig>(&second, "altinn_api_keys", &PlantedSecret::new(SECRET_ID));
    let keys = json!({"310000205": "@"});
    for (name, document) in in_json(&keys, SECRET_ID) {
        let variables = [second[0].clone(), ("altinn_api_keys", document)];
        PlantedSecret::new(SECRET_ID).expect_unseen(name, &read::<ConsentConfig>(&variables));
    }
    let component = [("component", "claims".to_owned())];
    expect_unseen::<ReadsConfig>(&component, "claims_signing_key", &seed);
    expect_unseen::<ReadsConfig>(&component, "consent_store_key", &seed);
    for name in ["seal_key", "seal_certificate_chain"] {
        let others = [
            ("seal_certificate_chain", SEAL_CHAIN.to_owned()),
            ("seal_key", CLIENT_KEY.pem.clone()),
        ];
        expect_unseen::<SignatureConfig>(&others, name, &pem);
    }
    expect_unseen::<SignatureConfig>(&[], "job_store_key", &seed);
    let egress = [("egress_origins", "https://egress.example".to_owned())];
    expect_unseen::<SignatureConfig>(&egress, "signature_signing_key", &seed);
    expect_unseen::<SignatureConfig>(&[], "maintenance_secret", &password);
}

/// Returns every output of a signature request to which a vault gives these responses in order.
fn signed(login: VaultLogin, answers: Vec<(u16, String)>) -> String {
    let platform = Memory::new();
    let answers = Rc::new(RefCell::new(answers.into_iter().cycle()));
    platform.respond(move |_| {
        let (status, body) = answers.borrow_mut().next().expect("an answer");
        let mut answer = Response::new(Bytes::from(body));
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        Ok(answer)
    });
    let vault = Vault::new(VaultSettings {
        origin: Origin::parse("https://vault.example").expect("an origin"),
        namespace: None,
        login,
    });
    let key = TransitKey {
        key: "innsyn".to_owned(),
        version: 1,
        mount: "transit".to_owned(),
    };
    let context = Context::new(&platform, "token", Duration::from_secs(9));
    let outcome = platform.run(vault.sign(&context, &key, Algorithm::default(), b"message"));
    let written = format!("{vault:?}\n{outcome:?}\n{}", platform.lines().join("\n"));
    match outcome {
        Ok(_) => written,
        Err(problem) => written + &told(&context, &problem),
    }
}

#[test]
fn of_a_vault_that_answers() {
    let role = || VaultLogin::AppRole {
        role_id: "role".to_owned(),
        secret_id: Secret::new(SECRET_ID.to_owned()),
    };
    let (token, secret_id) = (
        PlantedSecret::new(VAULT_TOKEN),
        PlantedSecret::new(SECRET_ID),
    );
    for (document, secret) in [
        (
            json!({"auth": {"client_token": "@", "lease_duration": 60}}),
            &token,
        ),
        (json!({"data": {"signature": "@"}}), &token),
        (json!({"errors": ["permission denied", "@"]}), &token),
        (json!({"errors": ["@"]}), &secret_id),
        (
            json!({"errors": [format!("invalid secret id")], "warnings": "@"}),
            &secret_id,
        ),
    ] {
        for (name, body) in in_json(&document, &secret.text) {
            for status in [200, 400, 403, 404, 429, 500, 503] {
                let name = format!("{name}, {status}");
                let answers = vec![(status, body.clone())];
                secret.expect_unseen(&name, &signed(role(), answers.clone()));
                let own = VaultLogin::Token(Secret::new(secret.text.clone()));
                secret.expect_unseen(&name, &signed(own, answers));
            }
        }
    }
    for damaged in damaged(VAULT_TOKEN) {
        let name = damaged.name;
        let body = json!({"auth": {"client_token": damaged.text(), "lease_duration": 60}});
        let refused = json!({"errors": ["permission denied"]});
        let answers = vec![(200, body.to_string()), (403, refused.to_string())];
        token.expect_unseen(name, &signed(role(), answers));
        let own = VaultLogin::Token(Secret::new(damaged.text()));
        let said = json!({"errors": [format!("bad token: {}", damaged.text())]});
        token.expect_unseen(name, &signed(own, vec![(403, said.to_string())]));
    }
}
