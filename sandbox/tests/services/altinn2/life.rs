//! A request's life: read, taken back, answered, ended.

use http::Method;
use sandbox::altinn2::Switches;
use serde_json::json;
use uuid::Uuid;

use crate::altinn2::support::{
    Answer, BANK, CODE_REFUSED, OTHER_BANK, READ, SUPPLIER, TestBed, WRITE, organisation,
};

const NOT_YOURS: &str = "Authorization failed: The consent request is not available.";

#[tokio::test]
async fn the_status_is_four_words_and_no_more() {
    let bed = TestBed::start().await;
    let code = bed.created(&bed.request()).await;
    assert_eq!(bed.status(&code).await, "Unopened");
    let page = format!(
        "{}/ui/AccessConsent/request?id={code}",
        bed.sandbox.addresses().altinn2_page
    );
    Answer::receive(bed.http.get(page)).await;
    assert_eq!(bed.status(&code).await, "Opened");
    bed.act(&code, "approve").await;
    let before = bed.read(&code).await.json();
    assert_eq!(before["RequestStatus"], "Accepted");
    // Withdrawn or run out, it is what it was.
    bed.act(&code, "withdraw").await;
    bed.advance(100 * 86_400);
    assert_eq!(bed.read(&code).await.json(), before);

    let refused = bed.created(&bed.request()).await;
    bed.act(&refused, "refuse").await;
    assert_eq!(bed.status(&refused).await, "Rejected");
}

#[tokio::test]
async fn anothers_request_and_none_at_all_are_refused_alike() {
    let bed = TestBed::start().await;
    let code = bed.created(&bed.request()).await;
    for (consumer, code) in [(OTHER_BANK, code), (BANK, Uuid::new_v4().to_string())] {
        let path = format!("/api/consentRequests/{code}");
        let call = bed.call_as(consumer, Method::GET, &path, READ);
        Answer::receive(call).await.says(403, NOT_YOURS);
        let call = bed.call_as(consumer, Method::DELETE, &path, WRITE);
        Answer::receive(call).await.says(403, NOT_YOURS);
    }
    assert_eq!(bed.read("nonsense").await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_supplier_sees_what_it_made() {
    let bed = TestBed::start().await;
    let delegated =
        |scope| bed.token(&json!({ "scope": scope, "supplier": organisation(SUPPLIER) }));
    let key = bed.key(SUPPLIER);
    let url = bed.address("/api/consentRequests");
    let call = bed
        .http
        .post(&url)
        .header("ApiKey", &key)
        .bearer_auth(delegated(WRITE));
    let made = Answer::receive(call.json(&bed.request())).await.json();
    let its = made["AuthorizationCode"].as_str().unwrap().to_owned();
    let banks = bed.created(&bed.request()).await;
    for (code, status) in [(its, 200), (banks, 403)] {
        let call = bed.http.get(format!("{url}/{code}")).header("ApiKey", &key);
        let answer = Answer::receive(call.bearer_auth(delegated(READ))).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_can_be_taken_back_until_it_is_answered() {
    let bed = TestBed::start().await;
    let take_back = async |code: &str| {
        let path = format!("/api/consentRequests/{code}");
        Answer::receive(bed.call(Method::DELETE, &path, WRITE)).await
    };
    let code = bed.created(&bed.request()).await;
    assert_eq!(take_back(&code).await.status.as_u16(), 204);
    bed.read(&code).await.says(403, NOT_YOURS);
    let given = bed.given(&bed.request()).await;
    take_back(&given)
        .await
        .says(400, "The consent request is already answered.");
}

#[tokio::test]
async fn an_answer_can_show_late() {
    let bed = TestBed::start().await;
    bed.switch(Switches {
        answer_delay_seconds: 20,
        ..Switches::default()
    });
    let code = bed.given(&bed.request()).await;
    assert_eq!(bed.status(&code).await, "Opened");
    bed.fetch(&code).await.says(403, CODE_REFUSED);
    bed.advance(21);
    assert_eq!(bed.status(&code).await, "Accepted");
    assert_eq!(bed.fetch(&code).await.status.as_u16(), 200);
}
