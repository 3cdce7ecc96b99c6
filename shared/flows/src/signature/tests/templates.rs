//! Tests of templates, and of customers' orders from them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use super::api::{ApiTestBed, bearing};
use super::orders::{Call, ORDERS, deployment, id};
use super::*;
use crate::signature::record::sha256;
use innsyn_core::platform::Answer;
use innsyn_core::problem::Kind;

const TEMPLATES: &str = "/signatures/templates";

fn bed() -> ApiTestBed {
    deployment(&[("signature_orders", "templates")])
}

/// Returns the template of a loan that the customer signs, with these changes to its order.
fn template(changes: &Value) -> Value {
    let mut order = json!({
        "flow": "direct",
        "title": "Avtale om lån",
        "description": {"max_length": 20},
        "documents": [{"title": {"max_length": 30}, "sha256": sha256(PDF)}],
    });
    for (name, value) in changes.as_object().expect("an object") {
        order[name] = value.clone();
    }
    json!({"name": "loan", "version": "1", "expires": "2026-12-31T00:00:00Z", "order": order})
}

fn register(bed: &ApiTestBed, template: &Value) {
    Call::post(TEMPLATES, template).json(bed, 201);
}

/// Returns an order from the template, with these changes.
fn order(changes: &Value) -> Value {
    let mut order = json!({
        "template": {"name": "loan", "version": "1"},
        "documents": [{"title": "Låneavtale", "content": STANDARD.encode(PDF)}],
        "return_address": "https://bank.example/back",
    });
    for (name, value) in changes.as_object().expect("an object") {
        order[name] = value.clone();
    }
    order
}

/// Sends an order of the customer with this `sub`, whose number is Kari's.
fn send(bed: &ApiTestBed, sub: &str, order: &Value) -> Result<Answer, Problem> {
    let request: Request<Full<Bytes>> = bearing(&bed.login(sub))
        .method(Method::POST)
        .uri("/signatures")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(order.to_string())))
        .expect("a request");
    bed.bed.platform.run(bed.send(request))
}

fn kind(bed: &ApiTestBed, order: &Value) -> Kind {
    send(bed, "kari", order).expect_err("refused").kind
}

#[test]
fn a_customer_orders_what_the_back_end_has_registered() {
    let bed = bed();
    register(&bed, &template(&json!({})));
    let ordered = send(&bed, "kari", &order(&json!({"description": "Vår ref. 7"})));
    let job = bed.read(ordered, 201);
    let view = Call::get(&format!("{ORDERS}/{}", id(&job))).json(&bed, 200);
    assert_eq!(view["ordered_by"], "customer");
    assert_eq!(view["template"], json!({"name": "loan", "version": "1"}));
    let sent = bed.bed.platform.requests().pop().expect("an order");
    let sent = String::from_utf8_lossy(sent.body()).into_owned();
    assert!(!sent.contains("Vår ref"), "it is in the package alone");
    bed.bed.assert_discreet();
}

#[test]
fn a_changed_document_is_refused() {
    let bed = bed();
    register(&bed, &template(&json!({})));
    let changed = STANDARD.encode([PDF, b"%"].concat());
    for documents in [
        json!([{"title": "Låneavtale", "content": changed}]),
        json!([]),
        json!([
            {"title": "Låneavtale", "content": STANDARD.encode(PDF)},
            {"title": "Vedlegg", "content": STANDARD.encode(PDF)},
        ]),
    ] {
        let order = order(&json!({"documents": documents}));
        assert_eq!(kind(&bed, &order), Kind::TemplateMismatch);
    }
    assert!(bed.bed.posten.jobs().is_empty());
}

#[test]
fn the_customer_writes_the_open_texts_and_nothing_else() {
    let bed = bed();
    register(&bed, &template(&json!({})));
    let document = |title: Value| json!([{"title": title, "content": STANDARD.encode(PDF)}]);
    for (changes, refusal) in [
        (json!({"title": "Annet"}), Kind::RequestInvalid),
        (json!({"nonsensitive_title": "Annet"}), Kind::RequestInvalid),
        (json!({"signers": [{"number": OLA}]}), Kind::RequestInvalid),
        (json!({"authentication": 3}), Kind::RequestInvalid),
        (json!({"reference": "SAK-1"}), Kind::RequestInvalid),
        (json!({"description": "x".repeat(21)}), Kind::RequestInvalid),
        (json!({"description": "a\u{202e}b"}), Kind::RequestInvalid),
        (json!({"description": "a\nb"}), Kind::RequestInvalid),
        (json!({"description": OLA}), Kind::PersonalDataMisplaced),
        (
            json!({"documents": document(Value::Null)}),
            Kind::RequestInvalid,
        ),
        (
            json!({"documents": document(json!("x".repeat(31)))}),
            Kind::RequestInvalid,
        ),
        (json!({"template": {"name": "loan"}}), Kind::RequestInvalid),
        (json!({"template": null}), Kind::RequestInvalid),
    ] {
        assert_eq!(kind(&bed, &order(&changes)), refusal, "{changes}");
    }
    assert!(bed.bed.posten.jobs().is_empty());
    // An order of any document names no template.
    let free = json!({
        "flow": "direct", "title": "Avtale", "return_address": "https://bank.example/back",
        "documents": [{"title": "Avtale", "content": STANDARD.encode(PDF)}],
    });
    assert_eq!(kind(&bed, &free), Kind::RequestInvalid);
}

#[test]
fn signers_come_from_the_template_and_others_need_the_claim() {
    let bed = bed();
    let others = json!({"signers": [{}, {"number": OLA}]});
    register(&bed, &template(&others));
    assert_eq!(kind(&bed, &order(&json!({}))), Kind::PartyNotAllowed);
    let both = bed.login_with("kari", "may_order");
    let request = bearing(&both)
        .method(Method::POST)
        .uri("/signatures")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(order(&json!({})).to_string())));
    let answer = bed.bed.platform.run(bed.send(request.expect("a request")));
    let job = bed.read(answer, 201);
    assert_eq!(job["signers"].as_array().expect("a list").len(), 2);
}

#[test]
fn a_version_never_changes_and_can_be_withdrawn() {
    let bed = bed();
    let loan = template(&json!({}));
    register(&bed, &loan);
    Call::post(TEMPLATES, &loan).json(&bed, 200);
    let other = template(&json!({"title": "Avtale om kausjon"}));
    assert_eq!(
        Call::post(TEMPLATES, &other).kind(&bed),
        Kind::TemplateConflict
    );
    let path = format!("{TEMPLATES}/loan/1");
    let view = Call::get(&path).json(&bed, 200);
    assert_eq!(
        (&view["order"]["title"], &view["withdrawn"]),
        (&json!("Avtale om lån"), &json!(false))
    );
    let withdraw = Call {
        method: Method::DELETE,
        ..Call::get(&path)
    };
    assert_eq!(withdraw.answer(&bed).expect("withdrawn").status(), 204);
    assert_eq!(kind(&bed, &order(&json!({}))), Kind::TemplateUnknown);
    // Its meaning stays.
    assert_eq!(
        Call::post(TEMPLATES, &other).kind(&bed),
        Kind::TemplateConflict
    );
    Call::post(TEMPLATES, &loan).json(&bed, 200);
    bed.read(send(&bed, "kari", &order(&json!({}))), 201);
}

#[test]
fn a_template_is_one_consumers_and_ends() {
    let bed = bed();
    let mut loan = template(&json!({}));
    loan["customer"] = json!("kari");
    register(&bed, &loan);
    let refused = send(&bed, "ola", &order(&json!({}))).expect_err("another's");
    assert_eq!(refused.kind, Kind::TemplateUnknown);
    let foreign = Call {
        consumer: SECOND_CONSUMER,
        ..Call::get("/signatures/templates/loan/1")
    };
    assert_eq!(foreign.kind(&bed), Kind::LoginRequired);
    let other = json!({"template": {"name": "loan", "version": "2"}});
    assert_eq!(kind(&bed, &order(&other)), Kind::TemplateUnknown);
    bed.read(send(&bed, "kari", &order(&json!({}))), 201);
    bed.bed.platform.shift(time::Duration::days(364));
    assert_eq!(kind(&bed, &order(&json!({}))), Kind::TemplateUnknown);
}

#[test]
fn a_template_that_no_order_could_follow_is_refused() {
    let bed = bed();
    let document = |document: Value| json!({"documents": [document]});
    for (changes, refusal) in [
        (json!({"documents": []}), Kind::RequestInvalid),
        (
            document(json!({"title": "x", "sha256": "abc"})),
            Kind::RequestInvalid,
        ),
        (
            document(json!({"title": "x", "sha256": sha256(PDF).to_uppercase()})),
            Kind::RequestInvalid,
        ),
        (
            document(json!({"title": OLA, "sha256": sha256(PDF)})),
            Kind::PersonalDataMisplaced,
        ),
        (json!({"title": {"max_length": 81}}), Kind::RequestInvalid),
        (json!({"title": {"max_length": 0}}), Kind::RequestInvalid),
        (
            json!({"title": {"max_length": 8, "more": 1}}),
            Kind::RequestInvalid,
        ),
        (json!({"available": 60}), Kind::RequestInvalid),
        (json!({"flow": "portal"}), Kind::RequestInvalid),
        (json!({"authentication": 3}), Kind::RequestInvalid),
        (
            json!({"signers": [{"number": "17897432162"}]}),
            Kind::RequestInvalid,
        ),
        (
            json!({"signers": [{"number": OLA}, {"number": OLA}]}),
            Kind::RequestInvalid,
        ),
    ] {
        let template = template(&changes);
        assert_eq!(
            Call::post(TEMPLATES, &template).kind(&bed),
            refusal,
            "{changes}"
        );
    }
    for (member, value) in [
        ("name", json!("a b")),
        ("version", json!("")),
        ("expires", json!("2027-03-01T00:00:00Z")),
        ("expires", json!("2026-01-01T11:00:00Z")),
        ("expires", json!("soon")),
    ] {
        let mut template = template(&json!({}));
        template[member] = value;
        let refused = Call::post(TEMPLATES, &template).kind(&bed);
        assert_eq!(refused, Kind::RequestInvalid, "{member}");
    }
    assert_eq!(bed.bed.rows(), 0);
}
