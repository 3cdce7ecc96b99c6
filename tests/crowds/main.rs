//! Load tests with many concurrent requests, separate from the journeys, which they would slow
//! down.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "in a test, what is not as expected ends it"
)]

use std::io::Write;

mod many_at_once_on_a_cold_cache;
mod many_identities_at_once;
mod orders_of_two_million_signers;

/// Lock that runs one load test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Prints figures, also when the test passes: what goes through a macro is shown only when it
/// fails.
fn tell(figures: &str) {
    let _unheard = writeln!(std::io::stderr(), "{figures}");
}
