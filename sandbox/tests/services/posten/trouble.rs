//! Ordered faults between a sender and its jobs.

use http::StatusCode;
use sandbox::kit::{Content, ExternalService, Fault, Rule};
use serde_json::Value;

use crate::posten::jobs::{RAGNA, Sender, portal};
use crate::posten::package_writer::Draft;

fn order(sender: &Sender, fault: Fault) {
    sender.bed.sandbox.services().faults.order(Rule {
        service: ExternalService::Posten,
        path: None,
        times: Some(1),
        fault,
    });
}

/// The draft's request over a connection of the sender's own.
async fn create(sender: &Sender, draft: &Draft) -> reqwest::Result<reqwest::Response> {
    let package = draft.package(&sender.bed.given(), sender.bed.clock.now());
    let (kind, body) = draft.body(&package);
    let root = sender.bed.root(sandbox::population::FJORDBANKEN);
    let request = sender
        .http
        .post(format!("{root}/{}/signature-jobs", draft.flow));
    request.header("content-type", kind).body(body).send().await
}

async fn ids(sender: &Sender) -> Vec<i64> {
    let request = sender.admin(reqwest::Method::GET, "/posten/jobs");
    let jobs: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
    jobs.iter().map(|job| job["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_job_whose_answer_is_lost_is_there_and_its_queue_tells_of_it() {
    let sender = Sender::start().await;
    order(&sender, Fault::ResetAfter);
    create(&sender, &portal(&[(RAGNA, 0)])).await.unwrap_err();
    let ids = ids(&sender).await;
    assert_eq!(ids.len(), 1);
    let act = format!("/posten/jobs/{}/sign", ids[0]);
    let signed = sender
        .admin(reqwest::Method::POST, &act)
        .send()
        .await
        .unwrap();
    assert_eq!(signed.status(), 200);
    let change = sender
        .poll("portal", "?polling_queue=innsending")
        .await
        .said;
    assert_eq!(change.text("signature-job-id"), Some(ids[0].to_string()));
    assert_eq!(change.text("reference").as_deref(), Some("sak-418"));
    assert!(change.text("pades-url").is_some());
}

#[tokio::test]
async fn whoever_orders_twice_has_two_jobs() {
    let sender = Sender::start().await;
    order(&sender, Fault::Doubled);
    let made = create(&sender, &portal(&[(RAGNA, 0)])).await.unwrap();
    assert_eq!(made.status(), 200);
    assert_eq!(ids(&sender).await.len(), 2);
}

#[tokio::test]
async fn what_stands_in_front_answers_without_xml() {
    let sender = Sender::start().await;
    for (body, expected) in [(Content::Empty, ""), (Content::Html, "<html>")] {
        let code = StatusCode::SERVICE_UNAVAILABLE;
        order(&sender, Fault::Status { code, body });
        let answer = create(&sender, &portal(&[(RAGNA, 0)])).await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.text().await.unwrap().starts_with(expected));
    }
    assert!(ids(&sender).await.is_empty());
}
