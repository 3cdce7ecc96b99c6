//! Sweep of a store with more rows than one request can examine or list.

use std::time::Duration;

use journeys::{Answer, TestBed};
use rusqlite::Connection;
use time::OffsetDateTime;

const ROWS: u32 = 2_000_000;

/// SQL that inserts expired rows: a few at the beginning, and one in a hundred further on.
const FILL: &str = "
    WITH RECURSIVE numbers (number) AS (
        SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < ?1)
    INSERT INTO spin_key_value (store, key, value)
    SELECT 'consents', printf('consents.%064d', number),
        CASE WHEN number < 100 OR number % 100 = 99 THEN ?2 ELSE ?3 END
    FROM numbers";

struct Sweep {
    removed: u64,
    /// True if it reached the end of the store.
    is_whole: bool,
}

async fn sweep(bed: &TestBed) -> Sweep {
    let secret = bed.sandbox.variables(&bed.public_url)["maintenance_secret"].clone();
    let request = reqwest::Client::new()
        .post(format!("{}/consent/sweep", bed.public_url))
        .bearer_auth(secret);
    let swept = Answer::read(request.send().await.expect("an answer")).await;
    let swept = swept.json(200);
    Sweep {
        removed: swept["removed"].as_u64().expect("a number"),
        is_whole: swept["whole"] == true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sweep_goes_on_where_the_last_one_was() {
    let bed = TestBed::start().await;
    // The first write creates the store.
    bed.customer("ragna").consent_status("313367002").await;
    let file = bed.store_file("consents");
    tokio::task::spawn_blocking(move || {
        let row = |days: i64| {
            let end = OffsetDateTime::now_utc().unix_timestamp() + days * 86_400;
            [&[2][..], &end.to_be_bytes(), &[0; 40]].concat()
        };
        let connection = Connection::open(file).expect("the store");
        connection
            .busy_timeout(Duration::from_mins(1))
            .and_then(|()| connection.execute(FILL, (ROWS, row(-1), row(30))))
            .expect("rows");
    })
    .await
    .expect("filled");

    let first = sweep(&bed).await;
    assert!(!first.is_whole && first.removed >= 100, "{}", first.removed);
    let second = sweep(&bed).await;
    // All that it finds is beyond the first one's range.
    assert!(!second.is_whole && second.removed > 0, "{}", second.removed);
    assert!(
        bed.log
            .lines()
            .iter()
            .all(|line| !line.contains("key-value"))
    );
}
