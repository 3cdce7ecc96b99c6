//! Orders with times out of range: each is refused, without effect on other orders of the same
//! instance.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::{join, join_all};
use journeys::{AGREEMENT, TestBed};
use serde_json::{Value, json};

/// Changes the order to one of the portal.
fn portal(order: &mut Value) {
    order["flow"] = json!("portal");
    let order = order.as_object_mut().expect("an order");
    order.remove("return_address");
    let told = json!([{ "notifications": { "sms": "+4799999999" } }]);
    order.insert("signers".to_owned(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_time_disturbs_nobody() {
    let bed = TestBed::start().await;
    let (ragna, eirik) = (bed.customer("ragna"), bed.customer("eirik"));
    let late = [
        ("activation", json!("9999-12-31T23:59:59Z")),
        ("activation", json!("9999-12-31T23:59:59.999999999-23:59")),
        ("activation", json!("9999-12-31T00:00:00+23:59")),
        ("available", json!(i64::MAX)),
        ("available", json!(i64::MIN)),
    ];
    let refused = join_all(late.iter().map(|(member, value)| {
        ragna.orders_with(|order| {
            portal(order);
            order[*member] = value.clone();
        })
    }));
    let taken = join_all((0..3).map(|_| eirik.orders_with(|_| ())));
    let (refused, taken) = join(refused, taken).await;
    for ((member, _), answer) in late.iter().zip(refused) {
        let problem = answer.problem(400, "request-invalid");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(member), "{problem}");
    }
    for answer in taken {
        answer.json(201);
    }
    assert_eq!(bed.jobs_at_posten().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_small_but_for_its_documents() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let signers = format!("[{}{{}}]", "{},".repeat(2_000_000));
    let order = |member: &str| {
        format!(
            r#"{{"flow":"direct","title":"Avtale",{member},"return_address":"https://x.example","documents":[{{"title":"Avtale","content":"{}"}}]}}"#,
            STANDARD.encode(AGREEMENT)
        )
    };
    for body in [
        order(&format!(r#""signers":{signers}"#)),
        order(&format!(r#""description":"{}""#, "x".repeat(6_000_000))),
    ] {
        let answer = ragna.orders_text(body).await;
        answer.problem(413, "body-too-large");
    }
    let eleven = format!("[{}{{}}]", "{},".repeat(10));
    let answer = ragna
        .orders_text(order(&format!(r#""signers":{eleven}"#)))
        .await;
    let problem = answer.problem(400, "request-invalid");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("at most 10 elements"), "{problem}");
    assert!(bed.jobs_at_posten().await.is_empty());
}
