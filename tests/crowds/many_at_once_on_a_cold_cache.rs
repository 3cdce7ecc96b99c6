//! Burst of a thousand requests for one identity with an empty cache.

use futures::future::join_all;
use journeys::{Answer, SOLE_PROPRIETORSHIP, TestBed, TestOptions};

const SCOPE: &str = "altinn:consentrequests.write";

#[tokio::test(flavor = "multi_thread")]
async fn no_more_tokens_are_minted_than_there_are_instances() {
    let _alone = crate::ALONE.lock().await;
    let bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let http = reqwest::Client::new();
    let ask = async || {
        let request = bed.component_request(&http, "consent", &[("scope", SCOPE)]);
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
    let (minted, instances) = (bed.minted(), bed.app().instances("token"));
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
        bed.minted(),
        minted,
        "every later request is served without a mint"
    );
    bed.log_is_clean(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_stay_within_what_skatteetaten_allows() {
    let _alone = crate::ALONE.lock().await;
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;

    for answer in join_all((0..30).map(|_| ragna.open_claims(SOLE_PROPRIETORSHIP))).await {
        answer.json(200);
    }

    let instances = bed.app().instances("claims") + bed.app().instances("token");
    assert!(
        bed.minted() <= instances + 1,
        "{} tokens, {instances} instances",
        bed.minted()
    );
}
