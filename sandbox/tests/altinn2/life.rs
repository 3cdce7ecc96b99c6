//! A request's life: read, taken back, answered, ended.

use http::Method;
use sandbox::altinn2::Switches;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Answer, BANK, Bench, CODE_REFUSED, OTHER_BANK, READ, SUPPLIER, WRITE, organisation,
};

const NOT_YOURS: &str = "Authorization failed: The consent request is not available.";

#[tokio::test]
async fn the_status_is_four_words_and_no_more() {
    let bench = Bench::start().await;
    let code = bench.created(&bench.request()).await;
    assert_eq!(bench.status(&code).await, "Unopened");
    let page = format!(
        "{}/ui/AccessConsent/request?id={code}",
        bench.sandbox.addresses().altinn2_page
    );
    Answer::of(bench.http.get(page)).await;
    assert_eq!(bench.status(&code).await, "Opened");
    bench.act(&code, "approve").await;
    let before = bench.read(&code).await.json();
    assert_eq!(before["RequestStatus"], "Accepted");
    // Withdrawn or run out, it is what it was.
    bench.act(&code, "withdraw").await;
    bench.advance(100 * 86_400);
    assert_eq!(bench.read(&code).await.json(), before);

    let refused = bench.created(&bench.request()).await;
    bench.act(&refused, "refuse").await;
    assert_eq!(bench.status(&refused).await, "Rejected");
}

#[tokio::test]
async fn anothers_request_and_none_at_all_are_refused_alike() {
    let bench = Bench::start().await;
    let code = bench.created(&bench.request()).await;
    for (consumer, code) in [(OTHER_BANK, code), (BANK, Uuid::new_v4().to_string())] {
        let path = format!("/api/consentRequests/{code}");
        let call = bench.call_as(consumer, Method::GET, &path, READ);
        Answer::of(call).await.says(403, NOT_YOURS);
        let call = bench.call_as(consumer, Method::DELETE, &path, WRITE);
        Answer::of(call).await.says(403, NOT_YOURS);
    }
    assert_eq!(bench.read("nonsense").await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_supplier_sees_what_it_made() {
    let bench = Bench::start().await;
    let delegated =
        |scope| bench.token(&json!({ "scope": scope, "supplier": organisation(SUPPLIER) }));
    let key = bench.key(SUPPLIER);
    let url = bench.address("/api/consentRequests");
    let call = bench
        .http
        .post(&url)
        .header("ApiKey", &key)
        .bearer_auth(delegated(WRITE));
    let made = Answer::of(call.json(&bench.request())).await.json();
    let its = made["AuthorizationCode"].as_str().unwrap().to_owned();
    let banks = bench.created(&bench.request()).await;
    for (code, status) in [(its, 200), (banks, 403)] {
        let call = bench
            .http
            .get(format!("{url}/{code}"))
            .header("ApiKey", &key);
        let answer = Answer::of(call.bearer_auth(delegated(READ))).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_can_be_taken_back_until_it_is_answered() {
    let bench = Bench::start().await;
    let take_back = async |code: &str| {
        let path = format!("/api/consentRequests/{code}");
        Answer::of(bench.call(Method::DELETE, &path, WRITE)).await
    };
    let code = bench.created(&bench.request()).await;
    assert_eq!(take_back(&code).await.status.as_u16(), 204);
    bench.read(&code).await.says(403, NOT_YOURS);
    let given = bench.given(&bench.request()).await;
    take_back(&given)
        .await
        .says(400, "The consent request is already answered.");
}

#[tokio::test]
async fn an_answer_can_show_late() {
    let bench = Bench::start().await;
    bench.switch(Switches {
        answer_delay_seconds: 20,
        ..Switches::default()
    });
    let code = bench.given(&bench.request()).await;
    assert_eq!(bench.status(&code).await, "Opened");
    bench.fetch(&code).await.says(403, CODE_REFUSED);
    bench.advance(21);
    assert_eq!(bench.status(&code).await, "Accepted");
    assert_eq!(bench.fetch(&code).await.status.as_u16(), 200);
}
