//! Older and newer release on one Redis, as during an upgrade of one host before the other.
//!
//! Rows represent the newer one: they begin with a version that this release does not know.

use journeys::{ANOTHER_PROPRIETORSHIP, Answer, SOLE_PROPRIETORSHIP};
use reqwest::Method;

use crate::fleet::Fleet;
use crate::redis::Redis;

/// Row version of this release.
const OURS: &str = "\u{2}";
const NEWER: &str = "\u{3}";

/// Gives rows the version of a release.
fn write_as(redis: &Redis, rows: &[(String, String)], version: &str) {
    for (name, _) in rows {
        redis.cli(&["setrange", name, "0", version]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_loses_the_others_consents() {
    let Some(fleet) = Fleet::start().await else {
        return;
    };
    let (ragna, solveig) = (fleet.bed.customer("ragna"), fleet.bed.customer("solveig"));
    let browser = fleet.bed.browser();
    let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
    let callback = browser.approves_and_leaves(&address, &ragna.pid).await;
    browser.visits(&callback).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    let rows = fleet.redis.rows("consents");
    assert!(rows.iter().all(|(name, _)| {
        let version = fleet.redis.cli(&["getrange", name, "0", "0"]);
        version == OURS
    }));

    write_as(&fleet.redis, &rows, NEWER);
    let newer = fleet.redis.rows("consents");
    assert_ne!(newer, rows);

    // Whatever requests either host gets, the newer release's rows stay as they are.
    for _ in 0..2 {
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(500, "internal");
        ragna
            .ask_consent(SOLE_PROPRIETORSHIP)
            .await
            .problem(500, "internal");
        assert_eq!(browser.visits(&callback).await.status, 503);
    }
    let swept = sweep(&fleet).await.json(200);
    assert_eq!(
        (&swept["removed"], &swept["whole"]),
        (&0.into(), &true.into())
    );
    let still_there = |row: &(String, String)| fleet.redis.rows("consents").contains(row);
    assert!(newer.iter().all(still_there));

    // Customers without such a row are not affected.
    solveig.gives_consent(ANOTHER_PROPRIETORSHIP).await;
    // She has no claims.
    let read = solveig.open_claims(ANOTHER_PROPRIETORSHIP).await;
    read.problem(404, "nothing-found");

    // The newer release is rolled back, or writes the format that both read: the consent is valid.
    write_as(&fleet.redis, &newer, OURS);
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        let read = solveig.open_claims(ANOTHER_PROPRIETORSHIP).await;
        read.problem(404, "nothing-found");
    }
}

async fn sweep(fleet: &Fleet) -> Answer {
    let secret = &fleet.bed.sandbox.variables(&fleet.bed.public_url)["maintenance_secret"];
    let address = format!("{}/consent/sweep", fleet.bed.public_url);
    let request = reqwest::Client::new().request(Method::POST, address);
    let sent = request.bearer_auth(secret).send().await;
    Answer::read(sent.expect("an answer")).await
}
