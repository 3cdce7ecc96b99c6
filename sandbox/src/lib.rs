//! The counterparties, offline and strict: Maskinporten, Altinn, Skatteetaten and a bank.
//!
//! Each refuses what the real one refuses, with its own codes. None of this crate uses the code
//! that makes what it checks: it verifies with independent libraries.

pub mod clock;
pub mod world;

pub mod altinn;
pub mod bank;
pub mod maskinporten;
pub mod skatteetaten;
