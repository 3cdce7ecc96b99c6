//! Every key and secret of the app is changed in the vault, one after the other, while requests run: none fails, nothing is
//! restarted, and in the end the old ones open nothing.
//!
//! The steps are those of `docs/operations.md`. Half a minute passes on the clocks after each.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use host::Limits;
use journeys::{Answer, Bench, COMPANY, SOLE_PROPRIETORSHIP, Secrets, Setup};
use rcgen::{KeyPair, RsaKeySize};
use reqwest::Method;
use sandbox::authority::{Profile, rsa_key};
use sandbox::consumer::FJORDBANKEN;
use sandbox::maskinporten::public_key;
use serde_json::{Value, json};
use tokio::sync::watch;

const SCOPE: &str = "skatteetaten:kravogbetalinger";
/// After this time every instance has read its settings anew.
const READ: Duration = Duration::from_secs(31);

/// What is done all the while.
struct Traffic<'a> {
    bench: &'a Bench,
    /// What the timer shows.
    maintenance: RefCell<String>,
    /// A job that was ordered before.
    job: String,
    rounds: watch::Sender<u32>,
    over: Cell<bool>,
}

impl Traffic<'_> {
    async fn run(&self) {
        while !self.over.get() {
            self.round().await;
        }
    }

    /// Asks every component something, which all of them answer.
    async fn round(&self) {
        let ragna = self.bench.customer("ragna");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "granted");
        self.asks_for_a_new_token().await.json(200);
        let secret = self.maintenance.borrow().clone();
        self.drains(&secret).await.json(200);
        ragna.job(&self.job).await;
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    /// A token that nobody has asked for, so that Maskinporten makes it.
    async fn asks_for_a_new_token(&self) -> Answer {
        let resource = uuid::Uuid::new_v4().to_string();
        let fields = [("scope", SCOPE), ("resource", resource.as_str())];
        self.bench.back_end_asks(FJORDBANKEN, &fields).await
    }

    async fn drains(&self, secret: &str) -> Answer {
        let drain = reqwest::Client::new()
            .post(format!("{}/signatures/drain", self.bench.inside))
            .bearer_auth(secret);
        Answer::read(drain.send().await.expect("an answer")).await
    }

    /// Changes a variable, and goes on when all have read it and have been asked something since.
    async fn changes(&self, name: &str, value: &str) {
        self.bench.keep_in_vault(name, value);
        self.goes_on().await;
    }

    /// Half a minute passes, and every component is asked twice.
    async fn goes_on(&self) {
        self.bench.advance(READ);
        let mut rounds = self.rounds.subscribe();
        let next = *rounds.borrow() + 2;
        let gone = rounds.wait_for(|rounds| *rounds >= next).await;
        gone.expect("traffic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_and_the_old_ones_open_nothing() {
    let bench = start(Limits {
        // So few that new instances come and go all the while.
        requests_per_instance: 32,
        ..Limits::default()
    })
    .await;
    let secrets = bench.sandbox.variables(&bench.public_url);
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    // One that nobody asks for until the end.
    let odd = bench.customer("odd");
    odd.gives_consent(&odd.pid).await;
    let traffic = Traffic {
        bench: &bench,
        maintenance: RefCell::new(secrets["maintenance_secret"].clone()),
        job: ragna.orders().await.0,
        rounds: watch::channel(0).0,
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
        !bench
            .log
            .lines()
            .iter()
            .any(|line| line.contains("not-renewed"))
    );
    // What was sealed before is lost with its key; what has been sealed since is not.
    bench.keep_in_vault("consent_store_previous_key", "");
    bench.advance(READ);
    let ragna = bench.customer("ragna");
    assert_eq!(ragna.consent_status(COMPANY).await, "granted");
    let odd = bench.customer("odd");
    assert_eq!(odd.consent_status(&odd.pid).await, "none");
    bench.log_is_clean(&["PRIVATE KEY", &secrets["maintenance_secret"], "hvs."]);
}

async fn start(limits: Limits) -> Bench {
    Bench::with(Setup {
        token_is_public: true,
        secrets: Secrets::Vault,
        limits,
        ..Setup::default()
    })
    .await
}

type Values = std::collections::BTreeMap<String, String>;

/// The next one is read by all before any writes with it, and the old one by all for as long as its rows last.
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
    traffic.bench.customer("ragna").gives_consent(COMPANY).await;
}

/// `claims` gets the key that `accounting` has in the sandbox, which nobody uses here.
async fn component_key(traffic: &Traffic<'_>, secrets: &Values) {
    let bench = traffic.bench;
    let mut services: Value = serde_json::from_str(&secrets["token_services"]).expect("JSON");
    let all = services.as_array_mut().expect("a list");
    let of = |all: &[Value], subject: &str| {
        let mut services = all.iter();
        services.position(|service| service["subject"] == subject)
    };
    let (claims, accounting) = (
        of(all, "claims").expect("it"),
        of(all, "accounting").expect("it"),
    );
    let (old, new) = (
        all[claims]["public_key"].clone(),
        all[accounting]["public_key"].clone(),
    );
    let asked = async || {
        let asked = reqwest::Client::new()
            .post(format!("{}/token", bench.inside))
            .bearer_auth(bench.component_credential("claims"))
            .form(&[("scope", "altinn:consentrequests.read")]);
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

/// Both keys are registered for a while; then the old one is taken off the client, so that it would be refused.
async fn maskinporten_key(traffic: &Traffic<'_>, secrets: &Values) {
    let consumer = &traffic.bench.world().consumers[0];
    let pair = new_key().await;
    let jwk = |key: &_, kid: &str| {
        let key = serde_json::to_value(key).expect("JSON");
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": key["e"], "n": key["n"]})
    };
    let old = jwk(&consumer.public_key, "fjordbanken-1");
    let new = jwk(&public_key(&pair).expect("a JWK"), "fjordbanken-2");
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

/// The login service signs with another key; tokens of the old one hold while it is published.
async fn login_key(traffic: &Traffic<'_>) {
    let early = traffic.bench.customer("ragna");
    admin(traffic, Method::POST, "/login/keys/change", None).await;
    early.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    traffic.goes_on().await;
    admin(traffic, Method::POST, "/login/keys/retire", None).await;
    // Published keys are believed for ten minutes.
    traffic.bench.advance(Duration::from_mins(10));
    let refused = async |_: &Bench| early.open_claims(SOLE_PROPRIETORSHIP).await.status == 401;
    traffic.bench.until(refused).await;
}

/// The timer may show either for a while.
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

/// Of two keys the one of the certificate seals, so that the certificate is changed between them. The new one ends soon, which the
/// log tells of the one in use alone.
async fn seal(traffic: &Traffic<'_>, secrets: &Values) {
    let (chain, old) = (&secrets["seal_certificate_chain"], &secrets["seal_key"]);
    let bench = traffic.bench;
    let pair = new_key().await;
    let new = pair.serialize_pem();
    let world = bench.world();
    let long_ago = world.clock.now() - time::Duration::days(3 * 365 - 30);
    let (enterprise, name) = (&world.enterprise, "FJORDBANKEN ASA");
    let leaf = enterprise.issue(Profile::Seid2, FJORDBANKEN, name, &pair, long_ago);
    let leaf = pem(&leaf.expect("a certificate"));
    let (_, issuers) = chain
        .split_once("-----END CERTIFICATE-----\n")
        .expect("a chain");
    let ends_soon = || {
        let lines = bench.log.lines();
        lines.iter().any(|line| line.contains("ends-soon"))
    };
    let orders = async || bench.customer("ragna").orders().await;

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

/// Takes part of a second.
async fn new_key() -> KeyPair {
    let made = tokio::task::spawn_blocking(|| rsa_key(RsaKeySize::_2048));
    made.await.expect("made").expect("a key")
}

/// Posts the client's public keys, as its owner does at Digdir.
async fn register(traffic: &Traffic<'_>, client: &str, keys: &Value) {
    let path = format!("/maskinporten/clients/{client}/jwks");
    let keys = json!({ "keys": keys });
    admin(traffic, Method::PUT, &path, Some(&keys)).await;
}

async fn admin(traffic: &Traffic<'_>, method: Method, path: &str, body: Option<&Value>) {
    let address = format!("{}{path}", traffic.bench.sandbox.addresses().admin);
    let mut request = reqwest::Client::new().request(method, address);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_closed_leaves_instances_what_they_have() {
    let bench = start(Limits {
        idle_instance_timeout: Duration::from_mins(5),
        ..Limits::default()
    })
    .await;
    let ragna = bench.customer("ragna");
    assert_eq!(ragna.consent_status(COMPANY).await, "none");
    bench.world().vault.seal(true);
    bench.advance(READ);
    assert_eq!(ragna.consent_status(COMPANY).await, "none");
    let told = |line: &String| line.contains("not-renewed") && line.contains("consent");
    assert_eq!(bench.log.lines().into_iter().filter(told).count(), 1);
    // One that has nothing yet says so, and recovers by itself.
    ragna
        .open_claims(COMPANY)
        .await
        .problem(500, "configuration-missing");
    bench.world().vault.seal(false);
    // The host keeps a vault's failure for a second.
    bench.advance(Duration::from_secs(1));
    ragna
        .open_claims(COMPANY)
        .await
        .problem(403, "consent-required");
    bench.log_is_clean(&["hvs."]);
}
