//! Outage of rarely fetched documents, metadata and keys: tokens and claims are still available.

use std::time::Duration;

use journeys::{SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::kit::ExternalService::{self, Login, Maskinporten};
use sandbox::kit::{Content, Fault, Rule};
use sandbox::maskinporten::Switches;
use sandbox::population::FJORDBANKEN;

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const DOWN: Fault = Fault::Status {
    code: http::StatusCode::SERVICE_UNAVAILABLE,
    body: Content::Html,
};

fn fails(bed: &TestBed, service: ExternalService, path: &str, fault: Fault) {
    bed.services().faults.order(Rule {
        service,
        path: Some(path.to_owned()),
        times: None,
        fault,
    });
}

async fn start() -> TestBed {
    TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_minted_without_the_metadata() {
    for fault in [DOWN, Fault::ResetBefore, Fault::Nonsense, Fault::Hang] {
        let bed = start().await;
        fails(&bed, Maskinporten, "/.well-known/", fault);

        let fields = [("scope", SCOPE)];
        bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_the_metadata_name_another_issuer() {
    let bed = start().await;
    bed.services().maskinporten.set_switches(Switches {
        metadata_issuer: Some("https://evil.example/".to_owned()),
        ..Switches::default()
    });

    let answer = bed.back_end_asks(FJORDBANKEN, &[("scope", SCOPE)]).await;

    assert_eq!(answer.json(502)["problem"], "source-unreadable");
    assert_eq!(bed.minted(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_go_on_while_the_login_services_keys_cannot_be_had() {
    let bed = start().await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    fails(&bed, Login, "/jwks", DOWN);

    for _ in 0..3 {
        bed.advance(Duration::from_mins(1));
        let ragna = bed.customer("ragna");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
