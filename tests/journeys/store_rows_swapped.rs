//! Swap of two customers' consent rows by an attacker with access to the store.

use journeys::{ANOTHER_PROPRIETORSHIP, Generation, SOLE_PROPRIETORSHIP, TestBed};
use rusqlite::Connection;
use sandbox::kit::ExternalService;

#[tokio::test(flavor = "multi_thread")]
async fn neither_row_opens_under_the_others_name() {
    for altinn in Generation::BOTH {
        let mut bed = TestBed::with_altinn(altinn).await;
        bed.customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        bed.customer("solveig")
            .gives_consent(ANOTHER_PROPRIETORSHIP)
            .await;
        let calls = bed.calls(ExternalService::Skatteetaten);

        rotate_values(&bed);
        bed.restart_app().await;

        let (ragna, solveig) = (bed.customer("ragna"), bed.customer("solveig"));
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        solveig
            .open_claims(ANOTHER_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        assert_eq!(bed.calls(ExternalService::Skatteetaten), calls);
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_store_can_be_read() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        for store in ["consents", "tokens"] {
            let file = std::fs::read(bed.store_file(store)).expect("the store's file");
            for readable in [
                &ragna.pid,
                SOLE_PROPRIETORSHIP,
                "access_token",
                "eyJ",
                "consent",
                "http://",
            ] {
                let found = file
                    .windows(readable.len())
                    .any(|window| window == readable.as_bytes());
                let is_the_stores_name = readable == "consent" && store == "consents";
                assert!(!found || is_the_stores_name, "{readable} stands in {store}");
            }
        }
    }
}

/// Swaps the values cyclically: each row gets the next row's.
fn rotate_values(bed: &TestBed) {
    let connection = Connection::open(bed.store_file("consents")).expect("the store");
    let mut rows = connection
        .prepare("SELECT store, key, value FROM spin_key_value ORDER BY key")
        .and_then(|mut query| {
            query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<Vec<(String, String, Vec<u8>)>, _>>()
        })
        .expect("rows");
    assert!(rows.len() >= 2);
    let values: Vec<_> = rows.iter().map(|row| row.2.clone()).collect();
    for (row, value) in rows.iter_mut().zip(values.into_iter().cycle().skip(1)) {
        let update = "UPDATE spin_key_value SET value = ?3 WHERE store = ?1 AND key = ?2";
        connection
            .execute(update, (&row.0, &row.1, value))
            .expect("an update");
    }
}
