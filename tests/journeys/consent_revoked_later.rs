//! The customer withdraws the consent in Altinn's portal, without the bank being told.

use std::time::Duration;

use journeys::{Bench, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_shows_when_the_kept_token_runs_out() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

    bench.browser().revokes(&ragna.pid).await;
    bench.advance(Duration::from_secs(121));

    ragna
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-revoked");
    assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "revoked");

    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}
