//! Fjellsystem runs the app for two banks. They have no client at Maskinporten here: each has delegated its scopes to
//! Fjellsystem in Altinn, and everything is asked for in the name of the bank where the customer has logged in.

use std::time::Duration;

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};
use sandbox::altinn::{DELEGATION_SOURCE, Delegation};
use sandbox::consumer::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};
use sandbox::maskinporten::Client;
use serde_json::{Value, json};

/// Fjellsystem AS.
const SUPPLIER: &str = "310000108";
const CLIENT: &str = "f3a9c1d2-5b7e-4c60-8a14-92d0e6b7c851";
const READ: &str = "skatteetaten:kravogbetalinger";
const SCOPES: [&str; 3] = [
    "altinn:consentrequests.write",
    "altinn:consentrequests.read",
    READ,
];

/// An app with one client, the supplier's, and two banks that it serves. Nobody has delegated anything yet.
async fn start(altinn: Generation) -> Bench {
    let mut bench = Bench::of(altinn).await;
    let banks = bench.sandbox.variables(&bench.public_url);
    let banks: Vec<Value> = serde_json::from_str(&banks["maskinporten_clients"]).expect("JSON");
    let mut client = banks
        .into_iter()
        .find(|client| client["organisation"] == FJORDBANKEN)
        .expect("a client");
    bench.world().maskinporten.change(|register| {
        for scope in SCOPES {
            let scope = register.scope_mut(scope).expect("a scope");
            scope.delegation_source = Some(DELEGATION_SOURCE.to_owned());
        }
        let id = client["client_id"].as_str().expect("a client's");
        let bank = register.client(id).expect("registered").clone();
        register.add_client(Client {
            keys: bank.keys,
            scopes: bank.scopes,
            ..Client::new(CLIENT, SUPPLIER)
        });
    });
    client["organisation"] = json!(SUPPLIER);
    client["client_id"] = json!(CLIENT);
    client["consumers"] = json!([FJORDBANKEN, INNLANDSBANKEN]);
    let changed = [
        ("maskinporten_clients", json!([client]).to_string()),
        ("consumer_organisations", INNLANDSBANKEN.to_owned()),
    ];
    let changed = changed.map(|(name, value)| (name.to_owned(), value));
    bench.restart_app_with(changed.into()).await;
    bench
}

fn delegation(bank: &str, scope: &str) -> Delegation {
    Delegation {
        supplier_org: SUPPLIER.to_owned(),
        consumer_org: bank.to_owned(),
        scope: scope.to_owned(),
    }
}

/// The bank's administrator delegates everything that the app needs.
fn delegates(bench: &Bench, bank: &str) {
    for scope in SCOPES {
        let new = bench.world().altinn.delegate(delegation(bank, scope));
        assert!(new, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_consents_to_her_bank_and_the_supplier_handles_it() {
    let bench = start(Generation::Three).await;
    delegates(&bench, INNLANDSBANKEN);
    let ragna = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);

    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
    let page = bench.browser().visits(&address).await;
    for named in ["Innlandsbanken", "Fjellsystem"] {
        assert!(page.body.contains(named), "{page:#?}");
    }
    let back = bench.browser().approves(&address, &ragna.pid).await;
    assert!(back.contains("consent=granted"), "{back}");
    let claims = ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
    let minted = bench.world().maskinporten.minted();
    assert!(!minted.is_empty());
    for (identity, _) in minted {
        assert_eq!(identity.client_id, CLIENT);
        assert_eq!(identity.consumer_org.as_deref(), Some(INNLANDSBANKEN));
    }
    bench.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_bank_was_given_opens_nothing_for_the_other() {
    let bench = start(Generation::Three).await;
    delegates(&bench, INNLANDSBANKEN);
    delegates(&bench, FJORDBANKEN);
    let at_innland = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);
    at_innland.gives_consent(SOLE_PROPRIETORSHIP).await;
    at_innland.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    let at_fjord = bench.customer("ragna").logged_in_at(FJORDBANKEN);
    let refused = at_fjord.open_claims(SOLE_PROPRIETORSHIP).await;
    refused.problem(403, "consent-required");
    at_fjord.gives_consent(SOLE_PROPRIETORSHIP).await;
    at_fjord.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    // A bank that is somebody else's customer, and the supplier itself, are no consumers here.
    for elsewhere in [VESTBANKEN, SUPPLIER] {
        let there = bench.customer("ragna").logged_in_at(elsewhere);
        let refused = there.open_claims(SOLE_PROPRIETORSHIP).await;
        refused.problem(401, "login-required");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_has_not_delegated_is_named_to_the_operator() {
    let mut bench = start(Generation::Three).await;
    let ragna = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);

    let refused = ragna.ask_consent(SOLE_PROPRIETORSHIP).await;
    let told = refused.problem(502, "scope-not-delegated");
    assert_eq!(told["kode"], "MP-251");
    assert_eq!(bench.calls_to_altinn(), 0);
    let log = bench.log.lines().join("\n");
    for named in ["scope-not-delegated", INNLANDSBANKEN, SUPPLIER] {
        assert!(log.contains(named), "{named}: {log}");
    }

    delegates(&bench, INNLANDSBANKEN);
    // For some seconds the app remembers that it was refused.
    bench.restart_app().await;
    let ragna = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    // What the bank takes back shows when the kept token runs out.
    let withdrawn = delegation(INNLANDSBANKEN, READ);
    assert!(bench.world().altinn.withdraw_delegation(&withdrawn));
    bench.advance(Duration::from_mins(5));
    let ragna = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);
    let refused = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
    refused.problem(502, "scope-not-delegated");
}
