//! Fjellsystem runs the app for two banks. They have no client at Maskinporten here: each has
//! delegated its scopes to Fjellsystem in Altinn, and all requests are in the name of the bank
//! where the customer has logged in.

use std::time::Duration;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::interfaces::{DELEGATION_SOURCE, Delegation};
use sandbox::maskinporten::Client;
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};
use serde_json::{Value, json};

/// Fjellsystem AS.
const SUPPLIER: &str = "310000108";
const CLIENT: &str = "f3a9c1d2-5b7e-4c60-8a14-92d0e6b7c851";
const READ: &str = "skatteetaten:kravogbetalinger";
/// Scope that Altinn 2 requires of a supplier beside its API key. Altinn 3 has no such scope.
const PROOFS: &str = "altinn:consenttokens.read";
const SCOPES: [&str; 4] = [
    "altinn:consentrequests.write",
    "altinn:consentrequests.read",
    PROOFS,
    READ,
];

/// Starts an app with one client, the supplier's, and two banks that it serves, without any
/// delegation yet.
async fn start(altinn: Generation) -> TestBed {
    let mut bed = TestBed::with_altinn(altinn).await;
    let of_banks = bed.sandbox.variables(&bed.public_url);
    let list = |name: &str| -> Vec<Value> { serde_json::from_str(&of_banks[name]).expect("JSON") };
    let banks = list("maskinporten_clients");
    let mut client = banks
        .into_iter()
        .find(|client| client["organisation"] == FJORDBANKEN)
        .expect("a client");
    bed.services().maskinporten.change(|register| {
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
    let mut services = list("token_services");
    for service in &mut services {
        service["consumer_orgs"] = json!([FJORDBANKEN, INNLANDSBANKEN]);
        let scopes = service["scopes"].as_array_mut().expect("a list");
        if scopes.iter().any(|scope| scope == SCOPES[1]) {
            scopes.push(json!(PROOFS));
        }
    }
    let key = bed.services().altinn2.api_key(SUPPLIER);
    let keys = json!({ FJORDBANKEN: key, INNLANDSBANKEN: key });
    let changed = [
        ("maskinporten_clients", json!([client]).to_string()),
        ("token_services", json!(services).to_string()),
        ("altinn_api_keys", keys.to_string()),
        ("altinn_token_scope", PROOFS.to_owned()),
        ("consumer_organisations", INNLANDSBANKEN.to_owned()),
    ];
    let changed = changed.map(|(name, value)| (name.to_owned(), value));
    bed.restart_app_with(changed.into()).await;
    bed
}

fn delegation(bank: &str, scope: &str) -> Delegation {
    Delegation {
        supplier_org: SUPPLIER.to_owned(),
        consumer_org: bank.to_owned(),
        scope: scope.to_owned(),
    }
}

/// Delegates all that the app needs, as the bank's administrator does.
fn delegates(bed: &TestBed, bank: &str) {
    for scope in SCOPES {
        let new = bed.services().altinn.delegate(delegation(bank, scope));
        assert!(new, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_consents_to_her_bank_and_the_supplier_handles_it() {
    for altinn in Generation::BOTH {
        let bed = start(altinn).await;
        delegates(&bed, INNLANDSBANKEN);
        let ragna = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);

        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let page = bed.browser().visits(&address).await;
        for named in ["Innlandsbanken", "Fjellsystem"] {
            assert!(page.body.contains(named), "{page:#?}");
        }
        let back = bed.browser().approves(&address, &ragna.pid).await;
        assert!(back.contains("consent=granted"), "{back}");
        let claims = ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
        let minted = bed.services().maskinporten.minted();
        assert!(!minted.is_empty());
        for (identity, _) in minted {
            assert_eq!(identity.client_id, CLIENT);
            assert_eq!(identity.consumer_org.as_deref(), Some(INNLANDSBANKEN));
        }
        bed.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_bank_was_given_opens_nothing_for_the_other() {
    for altinn in Generation::BOTH {
        let bed = start(altinn).await;
        delegates(&bed, INNLANDSBANKEN);
        delegates(&bed, FJORDBANKEN);
        let at_innland = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);
        at_innland.gives_consent(SOLE_PROPRIETORSHIP).await;
        at_innland.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        let at_fjord = bed.customer("ragna").logged_in_at(FJORDBANKEN);
        let refused = at_fjord.open_claims(SOLE_PROPRIETORSHIP).await;
        refused.problem(403, "consent-required");
        at_fjord.gives_consent(SOLE_PROPRIETORSHIP).await;
        at_fjord.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        // A bank that is another supplier's customer, and the supplier itself, are no consumers
        // here.
        for elsewhere in [VESTBANKEN, SUPPLIER] {
            let there = bed.customer("ragna").logged_in_at(elsewhere);
            let refused = there.open_claims(SOLE_PROPRIETORSHIP).await;
            refused.problem(401, "login-required");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_has_not_delegated_is_named_to_the_operator() {
    for altinn in Generation::BOTH {
        let mut bed = start(altinn).await;
        let ragna = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);

        let refused = ragna.ask_consent(SOLE_PROPRIETORSHIP).await;
        let told = refused.problem(502, "scope-not-delegated");
        assert_eq!(told["kode"], "MP-251");
        assert_eq!(bed.calls_to_altinn(), 0);
        let log = bed.log.lines().join("\n");
        for named in ["scope-not-delegated", INNLANDSBANKEN, SUPPLIER] {
            assert!(log.contains(named), "{named}: {log}");
        }

        delegates(&bed, INNLANDSBANKEN);
        // For some seconds the app remembers the refusal.
        bed.restart_app().await;
        let ragna = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        // A withdrawn delegation takes effect when the cached token expires.
        let withdrawn = delegation(INNLANDSBANKEN, READ);
        assert!(bed.services().altinn.withdraw_delegation(&withdrawn));
        bed.advance(Duration::from_mins(5));
        let ragna = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);
        let refused = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
        refused.problem(502, "scope-not-delegated");
    }
}
