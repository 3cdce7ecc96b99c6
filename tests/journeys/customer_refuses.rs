//! The customer refuses at Altinn; later they change their mind.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_said_and_a_new_request_can_be_made() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        let back = bench.browser().refuses(&address, &ragna.pid).await;

        assert!(back.ends_with("?consent=rejected"), "{back}");
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-rejected");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "rejected");

        let anew = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        assert_ne!(anew, address, "a refused request is not asked again");
        bench.browser().approves(&anew, &ragna.pid).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
