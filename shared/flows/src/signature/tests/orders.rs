//! Tests of the back end's orders: who may place them, and what is done with their jobs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use super::api::{ApiTestBed, bearing};
use super::*;
use crate::signature::record::{Record, sha256};
use innsyn_core::credential::{BoundRequest, Signer as CredentialSigner, SigningKey};
use innsyn_core::fixtures::{LOGIN_KEY, login_claims};
use innsyn_core::platform::Answer;
use innsyn_core::problem::Kind;

pub(super) const ORDERS: &str = "/signatures/orders";

/// Request of a back end, with the parts to which its credential is bound.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) target: &'a str,
    pub(super) body: String,
    pub(super) consumer: &'a str,
    pub(super) key: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(super) fn get(target: &'a str) -> Self {
        Self {
            method: Method::GET,
            target,
            body: String::new(),
            consumer: CONSUMER,
            key: None,
        }
    }

    pub(super) fn post(target: &'a str, body: &Value) -> Self {
        Self {
            method: Method::POST,
            body: body.to_string(),
            ..Self::get(target)
        }
    }

    /// Signs a credential for the call.
    fn credential(&self, bed: &ApiTestBed) -> String {
        let (method, body) = (self.method.as_str(), self.body.as_bytes());
        let request = BoundRequest::new("signature", method, self.target, body);
        let request = request.for_consumer(self.consumer);
        let key = SigningKey::from_seed(&[9; 32]).expect("a seed");
        let signer = CredentialSigner::new("loans", key);
        let now = bed.bed.platform.now();
        let credential = signer.sign(now, || "an id".to_owned(), &request);
        credential.expect("a credential")
    }

    fn request(&self, token: &str) -> Request<Full<Bytes>> {
        let mut request = bearing(token)
            .method(self.method.clone())
            .uri(self.target)
            .header("content-type", "application/json");
        if let Some(key) = self.key {
            request = request.header("idempotency-key", format!("\"{key}\""));
        }
        let body = Full::new(Bytes::from(self.body.clone()));
        request.body(body).expect("a request")
    }

    pub(super) async fn send(&self, bed: &ApiTestBed) -> Result<Answer, Problem> {
        bed.send(self.request(&self.credential(bed))).await
    }

    pub(super) fn answer(&self, bed: &ApiTestBed) -> Result<Answer, Problem> {
        bed.bed.platform.run(self.send(bed))
    }

    pub(super) fn json(&self, bed: &ApiTestBed, status: u16) -> Value {
        bed.read(self.answer(bed), status)
    }

    pub(super) fn kind(&self, bed: &ApiTestBed) -> Kind {
        self.answer(bed).expect_err("refused").kind
    }
}

/// Returns a deployment with the service `loans`, and with these changes.
pub(super) fn deployment(changes: &[(&str, &str)]) -> ApiTestBed {
    let key = SigningKey::from_seed(&[9; 32]).expect("a seed");
    let services = json!([{
        "subject": "loans",
        "public_key": key.verifying_key().to_text(),
        "consumers": [CONSUMER],
    }]);
    let services = services.to_string();
    let own = [
        ("signature_services", services.as_str()),
        ("signature_orders", "back-end"),
        ("consumer_organisations", SECOND_CONSUMER),
    ];
    let changes: Vec<_> = own.iter().chain(changes).copied().collect();
    ApiTestBed::with(&changes)
}

/// Returns an order for Kari, with these changes.
pub(super) fn order_for_kari(changes: &Value) -> Value {
    let mut order = json!({
        "customer": "kari",
        "flow": "direct", "title": "Avtale", "return_address": "https://bank.example/back",
        "documents": [{"title": "Avtale", "content": STANDARD.encode(PDF)}],
        "signers": [{"number": KARI}],
    });
    for (name, value) in changes.as_object().expect("an object") {
        order[name] = value.clone();
    }
    order
}

pub(super) fn id(job: &Value) -> &str {
    job["id"].as_str().expect("an id")
}

#[test]
fn the_customer_sees_what_the_back_end_has_ordered() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({"reference": "SAK-1"}));
    let job = Call::post(ORDERS, &order).json(&bed, 201);
    assert_eq!(job["signers"][0]["status"], "waiting");
    for name in [id(&job), "SAK-1"] {
        let view = Call::get(&format!("{ORDERS}/{name}")).json(&bed, 200);
        assert_eq!(view["id"], job["id"]);
        assert_eq!(view["reference"], "SAK-1");
        assert_eq!(view["ordered_by"], json!({"back_end": "loans"}));
        assert!(view["ordered_at"].is_string() && view.get("custody").is_none());
    }
    let path = format!("/signatures/{}", id(&job));
    let status = bed.ask(Method::GET, &path, &bed.login("kari"));
    assert_eq!(bed.read(status, 200)["status"], "in_progress");
    let problem = bed.ask(Method::GET, &path, &bed.login("ola"));
    assert_eq!(problem.expect_err("another's").kind, Kind::SignatureUnknown);
    bed.bed.assert_discreet();
}

#[test]
fn a_credential_is_for_one_request_and_for_a_consumer_of_its_service() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({}));
    let call = Call::post(ORDERS, &order);
    let credential = call.credential(&bed);
    let send = |request| bed.bed.platform.run(bed.send(request));
    let kind = |call: &Call<'_>| send(call.request(&credential)).expect_err("refused").kind;
    assert_eq!(kind(&Call::get(ORDERS)), Kind::LoginRequired);
    assert_eq!(
        kind(&Call::get("/signatures/orders?reference=a")),
        Kind::LoginRequired
    );
    let other = order_for_kari(&json!({"title": "Another"}));
    assert_eq!(kind(&Call::post(ORDERS, &other)), Kind::LoginRequired);
    assert!(bed.bed.posten.jobs().is_empty());
    let foreign = Call {
        consumer: SECOND_CONSUMER,
        ..Call::post(ORDERS, &order)
    };
    assert_eq!(foreign.kind(&bed), Kind::LoginRequired);
    assert!(send(call.request(&credential)).is_ok());
}

#[test]
fn a_login_orders_only_as_a_back_end_with_the_scope() {
    let bed = deployment(&[]);
    let now = bed.bed.platform.now().unix_timestamp();
    let order = Call::post(ORDERS, &order_for_kari(&json!({})));
    for (client, scope, is_person, kind) in [
        ("case-work", "innsyn:signatures", false, None),
        (
            "case-work",
            "innsyn:token",
            false,
            Some(Kind::CallerNotAllowed),
        ),
        (
            "other",
            "innsyn:signatures",
            false,
            Some(Kind::CallerNotAllowed),
        ),
        (
            "case-work",
            "innsyn:signatures",
            true,
            Some(Kind::CallerNotAllowed),
        ),
    ] {
        let mut claims = login_claims(now);
        claims["client_id"] = json!(client);
        claims["scope"] = json!(scope);
        if !is_person {
            claims.as_object_mut().expect("an object").remove("pid");
        }
        let token = LOGIN_KEY.sign(Some("one"), &claims);
        let answer = bed.bed.platform.run(bed.send(order.request(&token)));
        let found = answer.err().map(|problem| problem.kind);
        assert_eq!(found, kind, "{client} {scope} {is_person}");
    }
    // A back end without the setting, and the customer, order nothing.
    let token = bed.login("kari");
    let customers = Call::post("/signatures", &order_for_kari(&json!({})));
    let answer = bed.bed.platform.run(bed.send(customers.request(&token)));
    assert_eq!(answer.expect_err("refused").kind, Kind::OrderNotAllowed);
}

#[test]
fn another_consumers_back_end_sees_no_job() {
    let key = SigningKey::from_seed(&[9; 32]).expect("a seed");
    let services = json!([{
        "subject": "loans", "public_key": key.verifying_key().to_text(), "consumers": ["*"],
    }]);
    let bed = deployment(&[("signature_services", &services.to_string())]);
    let order = order_for_kari(&json!({"reference": "SAK-1"}));
    let job = Call::post(ORDERS, &order).json(&bed, 201);
    for name in [id(&job), "SAK-1"] {
        let target = format!("{ORDERS}/{name}");
        let other = Call {
            consumer: SECOND_CONSUMER,
            ..Call::get(&target)
        };
        assert_eq!(other.kind(&bed), Kind::SignatureUnknown);
    }
    let other = Call {
        consumer: SECOND_CONSUMER,
        ..Call::get("/signatures/orders?reference=SAK-1")
    };
    assert_eq!(other.json(&bed, 200), json!({"orders": []}));
}

#[test]
fn a_repeated_order_is_the_same_job() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({"reference": "SAK-1"}));
    let keyed = |order: &Value| Call {
        key: Some("k"),
        ..Call::post(ORDERS, order)
    };
    let first = keyed(&order).json(&bed, 201);
    assert_eq!(keyed(&order).json(&bed, 201)["id"], first["id"]);
    for other in [json!({"reference": "SAK-2"}), json!({"customer": "ola"})] {
        let other = order_for_kari(&other);
        assert_eq!(keyed(&other).kind(&bed), Kind::IdempotencyKeyReused);
    }
    assert_eq!(bed.bed.posten.jobs().len(), 1);
}

#[test]
fn orders_that_lack_something_are_refused() {
    let bed = deployment(&[]);
    for (changes, kind) in [
        (json!({"customer": null}), Kind::RequestInvalid),
        (json!({"customer": ""}), Kind::RequestInvalid),
        (json!({"signers": [{}]}), Kind::RequestInvalid),
        (json!({"reference": "sak 1"}), Kind::RequestInvalid),
        (json!({"reference": KARI}), Kind::PersonalDataMisplaced),
        (json!({"authentication": 3}), Kind::RequestInvalid),
        (
            json!({"signers": [{"number": KARI, "signature_type": "authenticated"}]}),
            Kind::RequestInvalid,
        ),
    ] {
        let order = order_for_kari(&changes);
        assert_eq!(Call::post(ORDERS, &order).kind(&bed), kind, "{changes}");
    }
    assert_eq!(bed.bed.rows(), 0);
    let lower = deployment(&[
        ("signature_minimum_level", "3"),
        ("signature_minimum_kind", "authenticated"),
    ]);
    let order = order_for_kari(&json!({"authentication": 3}));
    Call::post(ORDERS, &order).json(&lower, 201);
}

#[test]
fn the_sealed_package_is_returned_once() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({"return_package": true}));
    let job = Call::post(ORDERS, &order).json(&bed, 201);
    let package = job["package"].as_str().expect("a package");
    let package = STANDARD.decode(package).expect("base64");
    assert!(package.starts_with(b"PK\x03\x04"), "a ZIP file");
    let view = Call::get(&format!("{ORDERS}/{}", id(&job))).json(&bed, 200);
    assert_eq!(view["package_sha256"], sha256(&package));
    assert!(view.get("package").is_none());
}

#[test]
fn a_customer_neither_cancels_nor_deletes_before_the_bank_has_its_copy() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({
        "flow": "portal", "return_address": null,
        "signers": [{"number": KARI, "notifications": {"email": "kari@bank.example"}}],
    }));
    let job = Call::post(ORDERS, &order).json(&bed, 201);
    let login = bed.login("kari");
    let cancel = format!("/signatures/{}/cancel", id(&job));
    let documents = format!("/signatures/{}/documents", id(&job));
    let kind = |method, target: &str| {
        let answer = bed.ask(method, target, &login);
        answer.err().map(|problem| problem.kind)
    };
    assert_eq!(kind(Method::POST, &cancel), Some(Kind::CustodyPending));
    assert_eq!(kind(Method::DELETE, &documents), Some(Kind::CustodyPending));
    let acknowledge = format!("{ORDERS}/{}/acknowledge", id(&job));
    let acknowledge = Call::post(&acknowledge, &json!({}));
    assert_eq!(acknowledge.kind(&bed), Kind::SignatureNotReady);

    bed.bed.posten.happens(90_000, 0, "SIGNED");
    let drained = bed.ask(Method::POST, "/signatures/drain", settings::MAINTENANCE);
    bed.read(drained, 200);
    assert_eq!(kind(Method::DELETE, &documents), Some(Kind::CustodyPending));
    let view = acknowledge.json(&bed, 200);
    assert_eq!(view["custody"]["source"], "acknowledged");
    assert_eq!(acknowledge.json(&bed, 200), view, "the first one counts");
    assert_eq!(kind(Method::DELETE, &documents), None);
    assert_eq!(kind(Method::POST, &cancel), Some(Kind::SignatureTooLate));
}

#[test]
fn a_back_end_cancels_and_fetches_without_waiting_for_itself() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({
        "flow": "portal", "return_address": null,
        "signers": [{"number": KARI, "notifications": {"email": "kari@bank.example"}}],
    }));
    let first = Call::post(ORDERS, &order).json(&bed, 201);
    let cancel = format!("{ORDERS}/{}/cancel", id(&first));
    Call::post(&cancel, &json!({})).json(&bed, 202);
    let second = Call::post(ORDERS, &order).json(&bed, 201);
    bed.bed.posten.happens(90_001, 0, "SIGNED");
    let drained = bed.ask(Method::POST, "/signatures/drain", settings::MAINTENANCE);
    bed.read(drained, 200);
    let path = format!("{ORDERS}/{}", id(&second));
    let pades = Call::get(&format!("{path}/pades")).answer(&bed);
    assert_eq!(
        pades.expect("a document").headers()["content-type"],
        "application/pdf"
    );
    Call::post(&format!("{path}/confirm"), &json!({})).json(&bed, 200);
    let documents = format!("{path}/documents");
    let delete = Call {
        method: Method::DELETE,
        ..Call::get(&documents)
    };
    assert_eq!(delete.answer(&bed).expect("deleted").status(), 204);
}

#[test]
fn a_key_of_an_action_is_for_one_job() {
    let bed = deployment(&[]);
    let order = order_for_kari(&json!({}));
    let paths: Vec<_> = [90_000, 90_001]
        .into_iter()
        .map(|number| {
            let job = Call::post(ORDERS, &order).json(&bed, 201);
            bed.bed.posten.happens(number, 0, "SIGNED");
            format!("{ORDERS}/{}/acknowledge", id(&job))
        })
        .collect();
    let drained = bed.ask(Method::POST, "/signatures/drain", settings::MAINTENANCE);
    bed.read(drained, 200);
    let keyed = |path| Call {
        key: Some("k"),
        ..Call::post(path, &json!({}))
    };
    keyed(&paths[0]).json(&bed, 200);
    keyed(&paths[0]).json(&bed, 200);
    assert_eq!(keyed(&paths[1]).kind(&bed), Kind::IdempotencyKeyReused);
}

#[test]
fn a_record_of_an_older_release_is_read() {
    let row = json!({
        "asked_by": "kari", "flow": "direct", "signers": [], "return_address": null,
        "until": 1_800_000_000, "made": null,
    });
    let record: Record = serde_json::from_value(row).expect("a record");
    assert_eq!(record.subject(), "kari");
    assert_eq!(record.ordered_at(), None);
    assert!(record.reference().is_none() && record.template().is_none());
}
