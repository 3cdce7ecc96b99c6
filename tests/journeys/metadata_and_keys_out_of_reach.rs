//! The documents that are fetched once in a while cannot be had: tokens and claims come all the same.

use std::time::Duration;

use journeys::{Bench, SOLE_PROPRIETORSHIP, Setup};
use sandbox::consumer::FJORDBANKEN;
use sandbox::fault::{Content, Fault, Rule};
use sandbox::maskinporten::Switches;
use sandbox::world::Counterparty::{self, Login, Maskinporten};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const DOWN: Fault = Fault::Status {
    code: http::StatusCode::SERVICE_UNAVAILABLE,
    body: Content::Html,
};

fn fails(bench: &Bench, counterparty: Counterparty, path: &str, fault: Fault) {
    bench.world().faults.order(Rule {
        counterparty,
        path: Some(path.to_owned()),
        times: None,
        fault,
    });
}

async fn start() -> Bench {
    Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_minted_without_the_metadata() {
    for fault in [DOWN, Fault::ResetBefore, Fault::Nonsense, Fault::Hang] {
        let bench = start().await;
        fails(&bench, Maskinporten, "/.well-known/", fault);

        let fields = [("scope", SCOPE)];
        bench.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_the_metadata_name_another_issuer() {
    let bench = start().await;
    bench.world().maskinporten.set_switches(Switches {
        metadata_issuer: Some("https://evil.example/".to_owned()),
        ..Switches::default()
    });

    let answer = bench.back_end_asks(FJORDBANKEN, &[("scope", SCOPE)]).await;

    assert_eq!(answer.json(502)["problem"], "source-unreadable");
    assert_eq!(bench.minted(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_go_on_while_the_login_services_keys_cannot_be_had() {
    let bench = start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    fails(&bench, Login, "/jwks", DOWN);

    for _ in 0..3 {
        bench.advance(Duration::from_mins(1));
        let ragna = bench.customer("ragna");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
