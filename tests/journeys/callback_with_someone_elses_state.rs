//! Callback with another customer's state: Solveig's browser opens one with Ragna's.

use journeys::{ANOTHER_PROPRIETORSHIP, Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn it_settles_ragnas_consent_and_grants_ola_nothing() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let (ragna, solveig) = (bed.customer("ragna"), bed.customer("solveig"));
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bed
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        let back = bed.browser().visits(&callback).await;

        assert!(back.header("location").ends_with("?consent=granted"));
        assert!(
            back.header("set-cookie").is_empty(),
            "the browser is given nothing"
        );
        assert!(back.body.is_empty());
        solveig
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "party-not-allowed");
        solveig
            .open_claims(ANOTHER_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
