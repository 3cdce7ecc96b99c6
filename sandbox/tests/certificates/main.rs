//! Certificates to order: their shapes, and that each defect is there when it is ordered and only then.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, what is not as expected ends it"
)]

mod defects;
mod openssl;
mod shapes;
mod support;
