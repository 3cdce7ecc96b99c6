//! What many requests at once cost: apart from the journeys, which would be slowed down.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, what is not as expected ends it"
)]

mod many_at_once_on_a_cold_cache;
mod many_identities_at_once;

/// One crowd at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
