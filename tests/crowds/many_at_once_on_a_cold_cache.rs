//! A thousand requests for one identity, all at once, when nothing is kept yet.

use futures::future::join_all;
use journeys::{Answer, Bench, SOLE_PROPRIETORSHIP, Setup};

const SCOPE: &str = "altinn:consentrequests.write";

#[tokio::test(flavor = "multi_thread")]
async fn no_more_tokens_are_minted_than_there_are_instances() {
    let _alone = crate::ALONE.lock().await;
    let bench = Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await;
    let http = reqwest::Client::new();
    let ask = async || {
        let request = http
            .post(format!("{}/token", bench.public_url))
            .bearer_auth(bench.component_credential("consent"))
            .form(&[("scope", SCOPE)]);
        Answer::read(request.send().await.expect("an answer")).await
    };

    let answers = join_all((0..1000).map(|_| ask())).await;

    for answer in &answers {
        assert!(
            !answer.json(200)["access_token"]
                .as_str()
                .expect("a token")
                .is_empty()
        );
    }
    let (minted, instances) = (bench.minted(), bench.app().instances("token"));
    crate::tell(&format!(
        "1,000 requests at once: {minted} tokens minted by {instances} instances"
    ));
    assert!(
        minted >= 1 && minted <= instances,
        "{minted} tokens, {instances} instances"
    );

    for answer in join_all((0..100).map(|_| ask())).await {
        answer.json(200);
    }
    assert_eq!(
        bench.minted(),
        minted,
        "every later request is served without a mint"
    );
    bench.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_stay_within_what_skatteetaten_allows() {
    let _alone = crate::ALONE.lock().await;
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;

    for answer in join_all((0..30).map(|_| ragna.open_claims(SOLE_PROPRIETORSHIP))).await {
        answer.json(200);
    }

    let instances = bench.app().instances("claims") + bench.app().instances("token");
    assert!(
        bench.minted() <= instances + 1,
        "{} tokens, {instances} instances",
        bench.minted()
    );
}
