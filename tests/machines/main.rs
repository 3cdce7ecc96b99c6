//! Several hosts on one Redis behind a load balancer, as customers and operators see them while
//! machines start and stop.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "in a test, what is not as expected ends it"
)]

mod balancer;
mod fleet;
mod machine;
mod redis;

mod consents_on_one_and_reads_on_the_other;
mod redis_in_trouble;
mod releases_side_by_side;
mod signs_on_one_and_is_drained_on_the_other;
mod timers_fire_together;
