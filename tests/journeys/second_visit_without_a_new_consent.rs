//! A customer who has consented comes back: no question is asked again, not even after a restart.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_outlives_the_app() {
    for altinn in Generation::BOTH {
        let mut bench = Bench::of(altinn).await;
        bench
            .customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        let first = bench
            .customer("ragna")
            .open_claims(SOLE_PROPRIETORSHIP)
            .await;

        bench.restart_app().await;

        let ragna = bench.customer("ragna");
        let second = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
        assert_eq!(second.json(200), first.json(200));
        let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(again["status"], "granted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_needs_no_new_token() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let (minted, calls) = (bench.minted(), bench.calls_to_altinn());

        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        assert_eq!(bench.minted(), minted);
        // Altinn 2's proof lasts for half a minute, and is fetched for each read.
        let proofs = u64::from(altinn == Generation::Two);
        assert_eq!(bench.calls_to_altinn(), calls + proofs);
    }
}
