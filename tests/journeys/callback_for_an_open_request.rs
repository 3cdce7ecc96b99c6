//! The customer closes Altinn's page without answering, and comes back.

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP};

#[tokio::test(flavor = "multi_thread")]
async fn the_request_stays_open_and_is_given_again() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

        bench.browser().closes(&address, &ragna.pid).await;

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-pending");
        let again = ragna.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(again["redirect_url"], address.as_str());

        bench.browser().approves(&address, &ragna.pid).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

/// At Altinn 3 alone: the page before it knew no way back without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_says_that_it_is_open() {
    let bench = Bench::of(Generation::Three).await;
    let ragna = bench.customer("ragna");
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;

    let back = bench.browser().leaves(&address, &ragna.pid).await;

    assert!(back.ends_with("?consent=pending"), "{back}");
    ragna
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-pending");
    bench.advance_to_next_look();
    bench.browser().approves(&address, &ragna.pid).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
}
