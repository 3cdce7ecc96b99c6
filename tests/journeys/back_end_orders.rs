//! Orders of the bank's back end: the customer signs, and the bank has its copy before the customer
//! can take the documents away.

use std::time::Duration;

use journeys::{TestBed, TestOptions};
use reqwest::Method;
use serde_json::{Value, json};

const ORDERS: &str = "/signatures/orders";

/// Starts an app in which the back end alone orders, as it is by default.
async fn start() -> TestBed {
    TestBed::with(TestOptions {
        variables: [("signature_orders".to_owned(), "back-end".to_owned())].into(),
        ..TestOptions::default()
    })
    .await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// Returns the references of a page of orders.
fn references(page: &Value) -> Vec<&str> {
    let orders = page["orders"].as_array().expect("a list").iter();
    orders.map(|order| text(&order["reference"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_order_nothing_by_default() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    ragna
        .orders_with(|_| ())
        .await
        .problem(403, "order-not-allowed");
    let order = ragna.order();
    ragna
        .send(Method::POST, ORDERS, None, Some(order))
        .await
        .problem(403, "caller-not-allowed");
    assert!(bed.jobs_at_posten().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_order_to_the_banks_own_copy() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    let job = bed.back_end_orders(&ragna, "SAK-1").await;
    let (id, redirect) = (text(&job["id"]), text(&job["signers"][0]["redirect_url"]));
    assert_eq!(ragna.job(id).await["status"], "in_progress");
    bed.browser()
        .signs_and_returns(redirect, "ragna", "sign")
        .await;

    let path = format!("{ORDERS}/SAK-1");
    let view = bed.back_end_gets(&path).await;
    assert_eq!(
        (&view["id"], &view["status"]),
        (&job["id"], &json!("completed"))
    );
    let back_end = bed.sandbox.back_end().subject;
    assert_eq!(view["ordered_by"], json!({ "back_end": back_end }));
    for (part, kind, beginning) in [
        ("pades", "application/pdf", &b"%PDF-"[..]),
        ("signers/0/xades", "application/xml", b"<?xml"),
    ] {
        let path = format!("{path}/{part}");
        let answer = bed.back_end_opens(Method::GET, &path, None).await;
        assert_eq!(answer.headers()["content-type"], kind);
        let bytes = answer.bytes().await.expect("a body");
        assert!(bytes.starts_with(beginning), "{part}");
    }
    let acknowledge = format!("{path}/acknowledge");
    let acknowledged = bed.back_end_calls(Method::POST, &acknowledge, None).await;
    assert_eq!(acknowledged.json(200)["custody"]["source"], "acknowledged");
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_reference_and_by_time_in_pages() {
    let bed = start().await;
    let (ragna, eirik) = (bed.customer("ragna"), bed.customer("eirik"));
    for (customer, reference) in [(&ragna, "SAK-1"), (&eirik, "SAK-2"), (&ragna, "SAK-1")] {
        bed.back_end_orders(customer, reference).await;
    }
    let page = bed
        .back_end_gets(&format!("{ORDERS}?reference=SAK-1"))
        .await;
    assert_eq!(references(&page), ["SAK-1", "SAK-1"]);
    let day = bed.app_now() - time::Duration::hours(12);
    let day = day.format(&time::format_description::well_known::Rfc3339);
    let from = day.expect("a time").replace('+', "%2B");
    let list = format!("{ORDERS}?from={from}&limit=2");
    let first = bed.back_end_gets(&list).await;
    assert_eq!(references(&first), ["SAK-1", "SAK-2"]);
    let next = format!("{list}&cursor={}", text(&first["next_cursor"]));
    let second = bed.back_end_gets(&next).await;
    assert_eq!(references(&second), ["SAK-1"]);
    assert_eq!(second.get("next_cursor"), None);
    // A reference that two jobs share names neither.
    let shared = format!("{ORDERS}/SAK-1");
    bed.back_end_calls(Method::GET, &shared, None)
        .await
        .problem(400, "request-invalid");
    bed.log_is_clean(&[&ragna.pid, &eirik.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_cannot_take_the_documents_before_the_bank_has_them() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    let job = bed.back_end_orders(&ragna, "SAK-1").await;
    let (id, redirect) = (text(&job["id"]), text(&job["signers"][0]["redirect_url"]));
    bed.browser()
        .signs_and_returns(redirect, "ragna", "sign")
        .await;
    // Posten allows their deletion a day after the last signature.
    bed.advance(Duration::from_hours(25));
    let documents = format!("/signatures/{id}/documents");
    let ragna = bed.customer("ragna");
    ragna
        .send(Method::DELETE, &documents, None, None)
        .await
        .problem(409, "custody-pending");
    assert_eq!(ragna.fetches(id, "pades").await.0, 200);
    let acknowledge = format!("{ORDERS}/{id}/acknowledge");
    bed.back_end_calls(Method::POST, &acknowledge, None)
        .await
        .json(200);
    let deleted = ragna.send(Method::DELETE, &documents, None, None).await;
    assert_eq!(deleted.status, 204, "{deleted:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_cannot_cancel_and_the_back_end_can() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    let mut order = ragna.order();
    order
        .as_object_mut()
        .expect("an order")
        .remove("return_address");
    order["flow"] = json!("portal");
    order["customer"] = json!(ragna.subject());
    order["signers"] = json!([{ "number": ragna.pid, "notifications": { "sms": "+4799999999" } }]);
    let ordered = bed.back_end_calls(Method::POST, ORDERS, Some(&order)).await;
    let job = ordered.json(201);
    let id = text(&job["id"]);
    let cancel = format!("/signatures/{id}/cancel");
    ragna
        .send(Method::POST, &cancel, None, None)
        .await
        .problem(409, "custody-pending");
    let cancel = format!("{ORDERS}/{id}/cancel");
    bed.back_end_calls(Method::POST, &cancel, None)
        .await
        .json(202);
    bed.drains().await.json(200);
    assert_eq!(ragna.job(id).await["status"], "failed");
}
