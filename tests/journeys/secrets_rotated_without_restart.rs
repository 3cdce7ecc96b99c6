//! Rotation of every key and secret of the app in the vault while requests run: no request fails,
//! no restart is needed, and the old values are useless in the end.
//!
//! The steps are those of `docs/operations.md`. All clocks advance by half a minute after each.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use host::Limits;
use journeys::{Answer, COMPANY, SOLE_PROPRIETORSHIP, Secrets, TestBed, TestOptions};
use rcgen::{KeyPair, RsaKeySize};
use reqwest::Method;
use sandbox::pki::{Profile, public_jwk, rsa_key};
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
/// Time after which every instance has read its settings again.
const READ: Duration = Duration::from_secs(31);

/// Requests that run throughout the rotation.
struct Traffic<'a> {
    bed: &'a TestBed,
    /// Secret that the timer presents.
    maintenance: RefCell<String>,
    /// Job ordered before the rotation.
    job: String,
    rounds: watch::Sender<u32>,
    /// Lock held during a round, and while the clock is advanced: no credential of 30 seconds is in
    /// flight while half a minute passes at once.
    clock: Mutex<()>,
    over: Cell<bool>,
}

impl Traffic<'_> {
    async fn run(&self) {
        while !self.over.get() {
            self.round().await;
        }
    }

    /// Sends requests to all components, which all succeed.
    async fn round(&self) {
        let _still = self.clock.lock().await;
        let ragna = self.bed.customer("ragna");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "granted");
        self.asks_for_a_new_token().await.json(200);
        let secret = self.maintenance.borrow().clone();
        self.drains(&secret).await.json(200);
        ragna.job(&self.job).await;
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    /// Requests a token that is not cached yet, so that Maskinporten issues it.
    async fn asks_for_a_new_token(&self) -> Answer {
        let resource = uuid::Uuid::new_v4().to_string();
        let fields = [("scope", SCOPE), ("resource", resource.as_str())];
        self.bed.back_end_asks(FJORDBANKEN, &fields).await
    }

    async fn drains(&self, secret: &str) -> Answer {
        let drain = reqwest::Client::new()
            .post(format!("{}/signatures/drain", self.bed.inside))
            .bearer_auth(secret);
        Answer::read(drain.send().await.expect("an answer")).await
    }

    /// Changes a variable, and continues when all instances have read it and have served a request
    /// since.
    async fn changes(&self, name: &str, value: &str) {
        self.bed.keep_in_vault(name, value);
        self.goes_on().await;
    }

    /// Advances the clock between two rounds.
    async fn advance(&self, time: Duration) {
        let _between_rounds = self.clock.lock().await;
        self.bed.advance(time);
    }

    /// Advances half a minute, with two rounds of requests.
    async fn goes_on(&self) {
        self.advance(READ).await;
        let mut rounds = self.rounds.subscribe();
        let next = *rounds.borrow() + 2;
        let gone = rounds.wait_for(|rounds| *rounds >= next).await;
        gone.expect("traffic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_and_the_old_ones_open_nothing() {
    let bed = start(Limits {
        // So few that instances are replaced throughout.
        requests_per_instance: 32,
        ..Limits::default()
    })
    .await;
    let secrets = bed.sandbox.variables(&bed.public_url);
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    // A customer without any request until the end.
    let odd = bed.customer("odd");
    odd.gives_consent(&odd.pid).await;
    let traffic = Traffic {
        bed: &bed,
        maintenance: RefCell::new(secrets["maintenance_secret"].clone()),
        job: ragna.orders().await.0,
        rounds: watch::channel(0).0,
        clock: Mutex::new(()),
        over: Cell::new(false),
    };
    let rotated = async {
        store_keys(&traffic, &secrets).await;
        component_key(&traffic, &secrets).await;
        maskinporten_key(&traffic, &secrets).await;
        login_key(&traffic).await;
        maintenance_secret(&traffic, &secrets).await;
        seal(&traffic, &secrets).await;
        traffic.over.set(true);
    };
    tokio::join!(rotated, traffic.run());

    assert!(
        !bed.log
            .lines()
            .iter()
            .any(|line| line.contains("not-renewed"))
    );
    // Rows sealed before are lost with their key; later ones are not.
    bed.keep_in_vault("consent_store_previous_key", "");
    bed.advance(READ);
    let ragna = bed.customer("ragna");
    assert_eq!(ragna.consent_status(COMPANY).await, "granted");
    let odd = bed.customer("odd");
    assert_eq!(odd.consent_status(&odd.pid).await, "none");
    bed.log_is_clean(&["PRIVATE KEY", &secrets["maintenance_secret"], "hvs."]);
}

async fn start(limits: Limits) -> TestBed {
    TestBed::with(TestOptions {
        token_is_public: true,
        secrets: Secrets::Vault,
        limits,
        ..TestOptions::default()
    })
    .await
}

type Values = std::collections::BTreeMap<String, String>;

/// Rotates a store's keys. All instances read the next one before any writes with it, and the old
/// one for as long as its rows last.
async fn store_keys(traffic: &Traffic<'_>, secrets: &Values) {
    for store in ["consent", "token", "job"] {
        let (key, others) = (
            format!("{store}_store_key"),
            format!("{store}_store_previous_key"),
        );
        let old = &secrets[&key];
        let new = URL_SAFE_NO_PAD.encode(
            [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()]
                .map(uuid::Uuid::into_bytes)
                .concat(),
        );
        traffic.changes(&others, &format!("{old},{new}")).await;
        traffic.changes(&key, &new).await;
        traffic.changes(&others, old).await;
    }
    traffic.bed.customer("ragna").gives_consent(COMPANY).await;
}

/// Replaces the key of `claims` with that of `accounting` in the sandbox, which is unused here.
async fn component_key(traffic: &Traffic<'_>, secrets: &Values) {
    let bed = traffic.bed;
    let mut services: Value = serde_json::from_str(&secrets["token_services"]).expect("JSON");
    let all = services.as_array_mut().expect("a list");
    let position = |all: &[Value], subject: &str| {
        let mut services = all.iter();
        services.position(|service| service["subject"] == subject)
    };
    let (claims, accounting) = (
        position(all, "claims").expect("it"),
        position(all, "accounting").expect("it"),
    );
    let (old, new) = (
        all[claims]["public_key"].clone(),
        all[accounting]["public_key"].clone(),
    );
    let asked = async || {
        let (http, scope) = (reqwest::Client::new(), "altinn:consentrequests.read");
        let asked = bed.component_request(&http, "claims", &[("scope", scope)]);
        asked.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(asked().await, 200, "with the old key");

    all[claims]["public_key"] = json!([old, new]);
    let both = services.to_string();
    traffic.changes("token_services", &both).await;
    traffic
        .changes("claims_signing_key", &secrets["accounting_signing_key"])
        .await;
    services[claims]["public_key"] = new;
    traffic
        .changes("token_services", &services.to_string())
        .await;

    assert_eq!(asked().await, 401, "with the old key");
}

/// Registers both keys for a while, then removes the old one from the client, so that Maskinporten
/// would refuse it.
async fn maskinporten_key(traffic: &Traffic<'_>, secrets: &Values) {
    let consumer = &traffic.bed.services().consumers[0];
    let pair = new_key().await;
    let jwk = |key: &_, kid: &str| {
        let key = serde_json::to_value(key).expect("JSON");
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": key["e"], "n": key["n"]})
    };
    let old = jwk(&consumer.public_key, "fjordbanken-1");
    let new = jwk(&public_jwk(&pair).expect("a JWK"), "fjordbanken-2");
    let new_key = json!({"kid": "fjordbanken-2", "key": pair.serialize_pem()});
    let mut clients: Value = serde_json::from_str(&secrets["maskinporten_clients"]).expect("JSON");
    register(traffic, consumer.client_id, &json!([old, new])).await;
    let keys = clients[0]["keys"].as_array_mut().expect("keys");
    keys.insert(0, new_key.clone());
    traffic
        .changes("maskinporten_clients", &clients.to_string())
        .await;
    clients[0]["keys"] = json!([new_key]);
    traffic
        .changes("maskinporten_clients", &clients.to_string())
        .await;
    register(traffic, consumer.client_id, &json!([new])).await;
    traffic.asks_for_a_new_token().await.json(200);
}

/// Rotates the login service's key; tokens of the old one are valid while it is published.
async fn login_key(traffic: &Traffic<'_>) {
    let early = traffic.bed.customer("ragna");
    admin(traffic, Method::POST, "/login/keys/change", None).await;
    early.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    traffic.goes_on().await;
    admin(traffic, Method::POST, "/login/keys/retire", None).await;
    // Published keys are cached for ten minutes.
    traffic.advance(Duration::from_mins(10)).await;
    let refused = async |_: &TestBed| early.open_claims(SOLE_PROPRIETORSHIP).await.status == 401;
    traffic.bed.until(refused).await;
}

/// Rotates the timer's secret. Either is accepted for a while.
async fn maintenance_secret(traffic: &Traffic<'_>, secrets: &Values) {
    let old = &secrets["maintenance_secret"];
    let new = uuid::Uuid::new_v4().to_string();
    traffic
        .changes("maintenance_secret", &format!("{old},{new}"))
        .await;
    traffic.maintenance.replace(new.clone());
    traffic.changes("maintenance_secret", &new).await;
    traffic.drains(old).await.problem(401, "login-required");
}

/// Rotates the sealing key and its certificate. The certificate decides which of two keys seals, so
/// it changes between them. The new one expires soon, and the log warns of the active certificate
/// alone.
async fn seal(traffic: &Traffic<'_>, secrets: &Values) {
    let (chain, old) = (&secrets["seal_certificate_chain"], &secrets["seal_key"]);
    let bed = traffic.bed;
    let pair = new_key().await;
    let new = pair.serialize_pem();
    let services = bed.services();
    let long_ago = services.clock.now() - time::Duration::days(3 * 365 - 30);
    let (enterprise, name) = (&services.enterprise, "FJORDBANKEN ASA");
    let leaf = enterprise.issue(Profile::Seid2, FJORDBANKEN, name, &pair, long_ago);
    let leaf = pem(&leaf.expect("a certificate"));
    let (_, issuers) = chain
        .split_once("-----END CERTIFICATE-----\n")
        .expect("a chain");
    let ends_soon = || {
        let lines = bed.log.lines();
        lines.iter().any(|line| line.contains("ends-soon"))
    };
    let orders = async || bed.customer("ragna").orders().await;

    traffic.changes("seal_key", &format!("{old}{new}")).await;
    orders().await;
    assert!(!ends_soon(), "the old certificate seals");
    traffic
        .changes("seal_certificate_chain", &format!("{leaf}{issuers}"))
        .await;
    orders().await;
    assert!(ends_soon(), "the new certificate seals");
    traffic.changes("seal_key", &new).await;
    orders().await;
}

fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines = body.as_bytes().chunks(64);
    let lines: Vec<_> = lines
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    let (label, body) = ("CERTIFICATE", lines.join("\n"));
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Generates a key, which takes part of a second.
async fn new_key() -> KeyPair {
    let made = tokio::task::spawn_blocking(|| rsa_key(RsaKeySize::_2048));
    made.await.expect("made").expect("a key")
}

/// Registers the client's public keys, as its owner does at Digdir.
async fn register(traffic: &Traffic<'_>, client: &str, keys: &Value) {
    let path = format!("/maskinporten/clients/{client}/jwks");
    let keys = json!({ "keys": keys });
    admin(traffic, Method::PUT, &path, Some(&keys)).await;
}

async fn admin(traffic: &Traffic<'_>, method: Method, path: &str, body: Option<&Value>) {
    let address = format!("{}{path}", traffic.bed.sandbox.addresses().admin);
    let mut request = reqwest::Client::new().request(method, address);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_closed_leaves_instances_what_they_have() {
    let bed = start(Limits {
        idle_instance_timeout: Duration::from_mins(5),
        ..Limits::default()
    })
    .await;
    let ragna = bed.customer("ragna");
    assert_eq!(ragna.consent_status(COMPANY).await, "none");
    bed.services().vault.seal(true);
    bed.advance(READ);
    assert_eq!(ragna.consent_status(COMPANY).await, "none");
    let told = |line: &String| line.contains("not-renewed") && line.contains("consent");
    assert_eq!(bed.log.lines().into_iter().filter(told).count(), 1);
    // An instance without data reports that, and recovers by itself.
    ragna
        .open_claims(COMPANY)
        .await
        .problem(500, "configuration-missing");
    bed.services().vault.seal(false);
    // The host caches a vault's failure for a second.
    bed.advance(Duration::from_secs(1));
    ragna
        .open_claims(COMPANY)
        .await
        .problem(403, "consent-required");
    bed.log_is_clean(&["hvs."]);
}
