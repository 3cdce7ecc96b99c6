//! Expiry of a consent after ninety days.

use std::time::Duration;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_consent_is_said_and_can_be_given_again() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        bed.customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;

        bed.advance(89 * DAY);
        bed.customer("ragna")
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .json(200);

        bed.advance(2 * DAY);
        let ragna = bed.customer("ragna");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-expired");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "expired");

        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_answered_in_time_is_asked_anew() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let address = bed
            .customer("ragna")
            .consent_address(SOLE_PROPRIETORSHIP)
            .await;

        bed.advance(91 * DAY);

        let ragna = bed.customer("ragna");
        assert_ne!(ragna.consent_address(SOLE_PROPRIETORSHIP).await, address);
    }
}
