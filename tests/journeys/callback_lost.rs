//! Missing callback: the browser never returns from Altinn.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn claims_finds_out_by_itself() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        bed.browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_the_status() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        bed.browser()
            .approves_and_leaves(&address, &ragna.pid)
            .await;

        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "granted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_question_and_the_answer_loses_nothing() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        let address = bed
            .customer("ragna")
            .consent_address(SOLE_PROPRIETORSHIP)
            .await;

        bed.restart_app().await;

        let ragna = bed.customer("ragna");
        let back = bed.browser().approves(&address, &ragna.pid).await;
        assert!(back.ends_with("?consent=granted"), "{back}");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}
