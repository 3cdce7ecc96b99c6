//! Refusal at Altinn, after which the customer changes their mind.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_said_and_a_new_request_can_be_made() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        let back = bed.browser().refuses(&address, &ragna.pid).await;

        assert!(back.ends_with("?consent=rejected"), "{back}");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-rejected");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "rejected");

        let anew = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        assert_ne!(anew, address, "a refused request is not asked again");
        bed.browser().approves(&anew, &ragna.pid).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
