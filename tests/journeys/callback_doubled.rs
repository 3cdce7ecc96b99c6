//! Repeated callbacks: reload, back button, or Altinn's own page called again.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_arrival_gets_the_same_answer() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        let first = bed.browser().visits(&callback).await;
        let second = bed.browser().visits(&callback).await;

        assert_eq!(first.status, 303);
        assert!(first.header("location").ends_with("?consent=granted"));
        assert_eq!(
            (second.status, second.header("location")),
            (first.status, first.header("location"))
        );
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
