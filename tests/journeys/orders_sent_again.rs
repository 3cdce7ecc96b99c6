//! Orders and consent requests that are sent again with the same `Idempotency-Key`.

use std::time::Duration;

use journeys::{Answer, SOLE_PROPRIETORSHIP, TestBed};
use reqwest::Method;
use sandbox::kit::{ExternalService, Fault, Rule};
use serde_json::Value;

const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

async fn sent(order: reqwest::RequestBuilder, key: &str) -> Answer {
    let order = order.header("Idempotency-Key", key);
    Answer::read(order.send().await.expect("an answer")).await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_is_the_same_job_with_a_new_page() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let first = sent(ragna.order_to_send(), KEY).await.json(201);
    let again = sent(ragna.order_to_send(), KEY).await.json(201);
    assert_eq!(first["id"], again["id"]);
    let page = |job: &Value| text(&job["signers"][0]["redirect_url"]).to_owned();
    assert_ne!(page(&first), page(&again));
    assert_eq!(bed.jobs_at_posten().await.len(), 1);

    // The same key in another order, without quotes, or with a number in it.
    let mut other = ragna.order();
    other["title"] = "En annen avtale".into();
    sent(ragna.order_to_send().json(&other), KEY)
        .await
        .problem(422, "idempotency-key-reused");
    for key in [KEY.trim_matches('"'), &format!("\"{}\"", ragna.pid)] {
        let problem = sent(ragna.order_to_send(), key)
            .await
            .problem(400, "request-invalid");
        assert!(!problem.to_string().contains(&ragna.pid));
    }
    // The key is the customer's own.
    let eirik = bed.customer("eirik");
    let own = sent(eirik.order_to_send(), KEY).await.json(201);
    assert_ne!(own["id"], first["id"]);

    bed.browser()
        .signs_and_returns(&page(&again), "ragna", "sign")
        .await;
    let over = sent(ragna.order_to_send(), KEY).await.json(201);
    assert_eq!(
        (&over["id"], text(&over["status"])),
        (&first["id"], "completed")
    );
    bed.log_is_clean(&[&ragna.pid, KEY.trim_matches('"')]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hung_up_gets_the_job_whose_id_nobody_has() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    bed.services().faults.order(Rule {
        service: ExternalService::Posten,
        path: Some("/api/310000205/direct/signature-jobs".to_owned()),
        times: Some(1),
        fault: Fault::Slow {
            milliseconds: 3_000,
        },
    });
    let impatient = tokio::spawn(ragna.order_to_send().header("Idempotency-Key", KEY).send());
    bed.until(async |bed| !bed.jobs_at_posten().await.is_empty())
        .await;
    impatient.abort();

    let busy = sent(ragna.order_to_send(), KEY).await;
    busy.problem(409, "request-in-progress");
    assert!(!busy.header("retry-after").is_empty());
    // An instance that has stopped holds its order for a minute at most.
    bed.advance(Duration::from_mins(1));
    let ragna = bed.customer("ragna");
    bed.until(async |_| sent(ragna.order_to_send(), KEY).await.status != 409)
        .await;
    let job = sent(ragna.order_to_send(), KEY).await;
    assert!(matches!(job.status, 201 | 202), "{job:#?}");
    let job = job.json(job.status);
    let known = ragna.job(text(&job["id"])).await;
    assert_eq!(known["id"], job["id"]);
    assert_eq!(bed.jobs_at_posten().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_asked_for_again_is_the_same_request() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let own = ragna.pid.clone();
    let first = sent(ragna.consent_to_send(&own), KEY).await.json(201);
    let again = sent(ragna.consent_to_send(&own), KEY).await.json(200);
    assert_eq!(first["redirect_url"], again["redirect_url"]);
    sent(ragna.consent_to_send(SOLE_PROPRIETORSHIP), KEY)
        .await
        .problem(422, "idempotency-key-reused");
    sent(ragna.consent_to_send(SOLE_PROPRIETORSHIP), "\"another\"")
        .await
        .json(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_send_the_key() {
    let bed = TestBed::start().await;
    let answer = reqwest::Client::new()
        .request(Method::OPTIONS, format!("{}/signatures", bed.public_url))
        .header("Origin", &bed.sandbox.addresses().bank_page)
        .send()
        .await
        .expect("an answer");
    let answer = Answer::read(answer).await;
    let allowed = answer.header("access-control-allow-headers");
    assert!(allowed.contains("idempotency-key"), "{allowed}");
}
