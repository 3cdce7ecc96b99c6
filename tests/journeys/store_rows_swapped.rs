//! Somebody with access to the store swaps two customers' consents.

use journeys::{ANOTHER_PROPRIETORSHIP, Bench, Generation, SOLE_PROPRIETORSHIP};
use rusqlite::Connection;
use sandbox::world::Counterparty;

#[tokio::test(flavor = "multi_thread")]
async fn neither_row_opens_under_the_others_name() {
    for altinn in Generation::BOTH {
        let mut bench = Bench::of(altinn).await;
        bench
            .customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        bench
            .customer("solveig")
            .gives_consent(ANOTHER_PROPRIETORSHIP)
            .await;
        let calls = bench.calls(Counterparty::Skatteetaten);

        rotate_values(&bench);
        bench.restart_app().await;

        let (ragna, solveig) = (bench.customer("ragna"), bench.customer("solveig"));
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        solveig
            .open_claims(ANOTHER_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        assert_eq!(bench.calls(Counterparty::Skatteetaten), calls);
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_store_can_be_read() {
    for altinn in Generation::BOTH {
        let bench = Bench::of(altinn).await;
        let ragna = bench.customer("ragna");
        ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);

        for store in ["consents", "tokens"] {
            let file = std::fs::read(bench.store_file(store)).expect("the store's file");
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

/// Gives each row the next row's value.
fn rotate_values(bench: &Bench) {
    let connection = Connection::open(bench.store_file("consents")).expect("the store");
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
