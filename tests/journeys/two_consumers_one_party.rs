//! Two banks with a common customer in one deployment: each bank has its own consent.

use std::collections::BTreeMap;

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_to_one_bank_is_none_to_the_other() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let at_fjord = bed.customer("ragna").logged_in_at(FJORDBANKEN);
        let at_innland = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);

        at_fjord.gives_consent(SOLE_PROPRIETORSHIP).await;

        at_fjord.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        at_innland
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");

        at_innland.gives_consent(SOLE_PROPRIETORSHIP).await;
        at_innland.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        bed.browser().revokes(&at_fjord.pid).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_not_configured_is_refused() {
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from([("consumer_organisations".to_owned(), String::new())]),
        ..TestOptions::default()
    })
    .await;

    let elsewhere = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);

    elsewhere
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(401, "login-required");
}
