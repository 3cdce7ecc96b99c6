//! Withdrawal of the consent in Altinn's portal, without a notice to the bank.

use std::time::Duration;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_shows_when_what_is_kept_runs_out() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        bed.browser().revokes(&ragna.pid).await;
        bed.advance(longest_kept(altinn));

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-revoked");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "revoked");

        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

/// Returns the longest caching time of a token with the consent in it. Altinn 2's consent token is
/// never cached.
fn longest_kept(altinn: Generation) -> Duration {
    match altinn {
        Generation::Two => Duration::ZERO,
        Generation::Three => Duration::from_secs(121),
    }
}
