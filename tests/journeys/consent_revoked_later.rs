//! The customer withdraws the consent in Altinn's portal, without the bank being told.

use std::time::Duration;

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_shows_when_what_is_kept_runs_out() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        bench.browser().revokes(&ragna.pid).await;
        bench.advance(longest_kept(altinn));

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-revoked");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "revoked");

        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

/// How long a token with the consent in it is kept. Altinn 2's proof is kept for no time at all.
fn longest_kept(altinn: Generation) -> Duration {
    match altinn {
        Generation::Two => Duration::ZERO,
        Generation::Three => Duration::from_secs(121),
    }
}
