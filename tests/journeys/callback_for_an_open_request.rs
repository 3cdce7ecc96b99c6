//! The customer closes Altinn's page without answering, and comes back.

use journeys::{Bench, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn the_request_stays_open_and_is_given_again() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

    let back = bench.browser().closes(&address, &ragna.pid).await;

    assert!(back.ends_with("?consent=pending"), "{back}");
    ragna
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-pending");
    let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(again["redirect_url"], address.as_str());

    bench.browser().approves(&address, &ragna.pid).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}
