//! One deployment, two banks, one customer of both: each bank has its own consent.

use std::collections::BTreeMap;

use journeys::{Bench, Generation, SOLE_PROPRIETORSHIP, Setup};
use sandbox::consumer::{FJORDBANKEN, INNLANDSBANKEN};

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_to_one_bank_is_none_to_the_other() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let at_fjord = bench.customer("ragna").logged_in_at(FJORDBANKEN);
        let at_innland = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);

        at_fjord.gives_consent(SOLE_PROPRIETORSHIP).await;

        at_fjord.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        at_innland
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");

        at_innland.gives_consent(SOLE_PROPRIETORSHIP).await;
        at_innland.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        bench.browser().revokes(&at_fjord.pid).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_not_configured_is_refused() {
    let bench = Bench::with(Setup {
        variables: BTreeMap::from([("consumer_organisations".to_owned(), String::new())]),
        ..Setup::default()
    })
    .await;

    let elsewhere = bench.customer("ragna").logged_in_at(INNLANDSBANKEN);

    elsewhere
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(401, "login-required");
}
