//! Rows of a store, in its SQLite file.

use std::path::Path;
use std::time::Duration;

use benches::product::{Product, ProductOptions};
use benches::report::Figure;
use benches::requests::Requests;
use benches::source::Source;
use rusqlite::Connection;

use crate::rounds::alternate;

/// Name of this part.
pub(crate) const PART: &str = "stores";

const PARTIES: [u32; 3] = [1, 1_000, 100_000];
const CONNECTIONS: usize = 8;
/// Rows of a consent: its record, its ticket, and a slot of its customer.
const ROWS: u32 = 3;

/// Measures reads of one party whose rows are among those of others.
pub(crate) async fn measure() -> Vec<Figure> {
    let source = Source::start();
    let (product, login) = Product::with_consent(&ProductOptions::beside(&source)).await;
    let requests = Requests::new(&product, &source, &login);
    let file = product.store_file("consents");
    let mut figures = Vec::new();
    let mut stored = 1;
    for parties in PARTIES {
        multiply(&file, parties - stored);
        stored = parties;
        let targets = [("floor", &requests.floor), ("warm read", &requests.warm)];
        let sides = alternate(&targets, CONNECTIONS).await;
        let suffix = format!(", {parties} parties");
        let [rate, computed, _] = sides[1].against(&sides[0], PART, &suffix);
        figures.extend([rate, computed]);
    }
    figures
}

/// Stores the rows of the first party `times` times more, under other keys of the same length.
fn multiply(file: &Path, times: u32) {
    let store = Connection::open(file).expect("a store");
    store.busy_timeout(Duration::from_secs(10)).expect("SQLite");
    let copies = "WITH RECURSIVE copy(n) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM copy WHERE n < ?1), \
         first AS (SELECT * FROM spin_key_value ORDER BY rowid LIMIT ?2) \
         INSERT INTO spin_key_value (store, key, value) \
         SELECT store, substr(lower(hex(randomblob(length(key)))), 1, length(key)), value FROM first, copy";
    store.execute(copies, (times, ROWS)).expect("rows");
}
