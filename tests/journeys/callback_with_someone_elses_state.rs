//! Solveig's browser is sent to a callback with Ragna's state.

use journeys::{ANOTHER_PROPRIETORSHIP, Bench, Generation, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn it_settles_ragnas_consent_and_grants_ola_nothing() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let (ragna, solveig) = (bench.customer("ragna"), bench.customer("solveig"));
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let callback = bench
            .browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        let back = bench.browser().visits(&callback).await;

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
