//! The sandbox's services, met as clients meet them: through real TLS, with clients and libraries
//! that share nothing with what they check.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints let tests do so, but not the functions that tests share"
)]

mod kit;

mod altinn2;
mod bank_staff;
#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the lints let tests do so, but not the functions that tests share"
)]
mod certificates;
mod consents_and_claims;
mod folkeregisteret;
mod maskinporten;
mod posten;
mod structure;
mod vault;
