//! Altinn's page is closed without an answer, and the customer returns to the bank.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn the_request_stays_open_and_is_given_again() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        bed.browser().closes(&address, &ragna.pid).await;

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-pending");
        let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(again["redirect_url"], address.as_str());

        bed.browser().approves(&address, &ragna.pid).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

/// Runs at Altinn 3 alone: Altinn 2's page never redirects without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_says_that_it_is_open() {
    let bed = TestBed::with_altinn(Generation::Three).await;
    let ragna = bed.customer("ragna");
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

    let back = bed.browser().leaves(&address, &ragna.pid).await;

    assert!(back.ends_with("?consent=pending"), "{back}");
    ragna
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-pending");
    bed.advance_to_next_look();
    bed.browser().approves(&address, &ragna.pid).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}
