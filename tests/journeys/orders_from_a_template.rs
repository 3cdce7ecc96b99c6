//! Customers' orders from templates that the back end has registered.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journeys::{AGREEMENT, Customer, TestBed, TestOptions, agreement};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::format_description::well_known::Rfc3339;

const TEMPLATES: &str = "/signatures/templates";

/// Starts an app in which customers order from templates, with one of the agreement.
async fn start() -> TestBed {
    let bed = TestBed::with(TestOptions {
        variables: [("signature_orders".to_owned(), "templates".to_owned())].into(),
        ..TestOptions::default()
    })
    .await;
    let hash = Sha256::digest(AGREEMENT);
    let hash = hash.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    });
    let expires = (bed.app_now() + time::Duration::days(30)).format(&Rfc3339);
    let template = json!({
        "name": "account", "version": "2026-1", "expires": expires.expect("a time"),
        "order": {
            "flow": "direct",
            "title": "Avtale om brukskonto",
            "description": { "max_length": 30 },
            "documents": [{ "title": "Avtale", "sha256": hash }],
            "authentication": 4,
        },
    });
    bed.back_end_calls(Method::POST, TEMPLATES, Some(&template))
        .await
        .json(201);
    bed
}

/// Returns the customer's order from the template.
fn order(customer: &Customer<'_>) -> Value {
    json!({
        "template": { "name": "account", "version": "2026-1" },
        "description": "Konto for felles utgifter",
        "documents": agreement(),
        "return_address": customer.order()["return_address"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_signs_what_the_bank_has_registered() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    let ordered = ragna
        .send(Method::POST, "/signatures", None, Some(order(&ragna)))
        .await
        .json(201);
    let redirect = ordered["signers"][0]["redirect_url"]
        .as_str()
        .expect("an address");
    bed.browser()
        .signs_and_returns(redirect, "ragna", "sign")
        .await;
    let id = ordered["id"].as_str().expect("an id");
    let view = bed.back_end_gets(&format!("/signatures/orders/{id}")).await;
    assert_eq!(view["status"], "completed");
    assert_eq!(view["ordered_by"], "customer");
    assert_eq!(
        view["template"],
        json!({ "name": "account", "version": "2026-1" })
    );
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_document_is_refused() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    let mut changed = order(&ragna);
    let content = STANDARD.encode([AGREEMENT, b" "].concat());
    changed["documents"] = json!([{ "content": content }]);
    ragna
        .send(Method::POST, "/signatures", None, Some(changed))
        .await
        .problem(400, "template-mismatch");
    // Neither is one that names no template, or another one.
    ragna
        .orders_with(|_| ())
        .await
        .problem(400, "request-invalid");
    let mut other = order(&ragna);
    other["template"]["version"] = json!("2026-2");
    ragna
        .send(Method::POST, "/signatures", None, Some(other))
        .await
        .problem(404, "template-unknown");
    assert!(bed.jobs_at_posten().await.is_empty());
}
