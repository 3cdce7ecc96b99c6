//! Second visit of a customer who has consented: no new question, even after a restart.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_outlives_the_app() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        bed.customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        let first = bed.customer("ragna").open_claims(SOLE_PROPRIETORSHIP).await;

        bed.restart_app().await;

        let ragna = bed.customer("ragna");
        let second = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
        assert_eq!(second.json(200), first.json(200));
        let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(again["status"], "granted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_needs_no_new_token() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let (minted, calls) = (bed.minted(), bed.calls_to_altinn());

        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        assert_eq!(bed.minted(), minted);
        // Altinn 2's consent token lasts for half a minute, and is fetched for each read.
        let proofs = u64::from(altinn == Generation::Two);
        assert_eq!(bed.calls_to_altinn(), calls + proofs);
    }
}
