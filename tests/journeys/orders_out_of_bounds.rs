//! Orders with times that nobody lives to see: each is refused, and no other order of the same instance notices.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::{join, join_all};
use journeys::{AGREEMENT, Bench};
use serde_json::{Value, json};

/// An order of the portal's.
fn portal(order: &mut Value) {
    order["flow"] = json!("portal");
    let order = order.as_object_mut().expect("an order");
    order.remove("return_address");
    let told = json!([{ "notifications": { "sms": "+4799999999" } }]);
    order.insert("signers".to_owned(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_time_disturbs_nobody() {
    let bench = Bench::start().await;
    let (ragna, eirik) = (bench.customer("ragna"), bench.customer("eirik"));
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
    assert_eq!(bench.jobs_at_posten().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_small_but_for_its_documents() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
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
    assert!(bench.jobs_at_posten().await.is_empty());
}
