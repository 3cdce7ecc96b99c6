//! Posten signering, met by clients that are none of ours.
#![expect(
    clippy::unwrap_used,
    reason = "the lints let tests do so, but not the functions that tests share"
)]
