//! The way back from the page: codes, encodings, and what can go wrong with it.

use sandbox::altinn2::{Encoding, Switches};
use sandbox::kit::Callback;
use serde_json::json;

use crate::altinn2::page::{Browser, page_of};
use crate::altinn2::support::{BACK, TestBed};

#[tokio::test]
async fn an_acceptance_comes_with_the_code() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let code = bed.created(&bed.request()).await;
    let answer = browser.answer(&page_of(&code), "ragna", "accept").await;
    assert_eq!(answer.status.as_u16(), 302);
    assert_eq!(
        answer.header("location"),
        format!("{BACK}&AuthorizationCode={code}&Status=OK")
    );
    assert_eq!(bed.status(&code).await, "Accepted");
}

#[tokio::test]
async fn a_refusal_comes_with_the_failed_code_and_a_message_that_is_encoded_twice() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    for (encoding, blank) in [(Encoding::Twice, "%2520"), (Encoding::Once, "%20")] {
        bed.switch(Switches {
            error_message: encoding,
            ..Switches::default()
        });
        let code = bed.created(&bed.request()).await;
        let answer = browser.answer(&page_of(&code), "ragna", "reject").await;
        let message = ["User", "did", "not", "give", "consent"].join(blank);
        let expected =
            format!("{BACK}&Status=Failed&ErrorMessage={message}&FailedAuthorizationCode={code}");
        assert_eq!(answer.header("location"), expected);
        assert_eq!(bed.status(&code).await, "Rejected");
    }
}

#[tokio::test]
async fn the_parameters_land_after_a_fragment() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    let mut request = bed.request();
    request["RedirectUrl"] = json!("https://bank.example/cb#top");
    let code = bed.created(&request).await;
    let answer = browser.answer(&page_of(&code), "ragna", "accept").await;
    let expected = format!("https://bank.example/cb#top?AuthorizationCode={code}&Status=OK");
    assert_eq!(answer.header("location"), expected);
}

#[tokio::test]
async fn the_way_back_can_be_lost_or_doubled() {
    let bed = TestBed::start().await;
    let browser = Browser::new(&bed);
    for callback in [Callback::Lost, Callback::Doubled] {
        bed.switch(Switches {
            callback,
            ..Switches::default()
        });
        let code = bed.created(&bed.request()).await;
        let answer = browser.answer(&page_of(&code), "ragna", "accept").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (200, "")
        );
        let is_told = answer.body.contains("bank.example");
        assert_eq!(is_told, callback == Callback::Doubled, "{callback:?}");
        assert_eq!(bed.status(&code).await, "Accepted");
    }
}

#[tokio::test]
async fn whoever_answers_is_logged_out_unless_the_owner_wants_otherwise() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    for (service, stays) in [("9001", true), ("9002", false)] {
        let browser = Browser::new(&bed);
        request["RequestResources"] = json!([{ "ServiceCode": service, "ServiceEditionCode": 1 }]);
        request["RequestMessage"] = json!({ "no-nb": "Hei" });
        let code = bed.created(&request).await;
        browser.log_in("ragna").await;
        browser.answer(&page_of(&code), "ragna", "accept").await;
        let profile = browser.get("/ui/profile").await;
        assert_eq!(
            profile.body.contains("Ragna Fjordvik</span>") && profile.body.contains("Logg ut"),
            stays
        );
    }
}
