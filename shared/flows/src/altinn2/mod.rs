//! Altinn 2: its settings, and the verification of its consent tokens.

mod proof;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use proof::verify;
pub(crate) use settings::{Altinn2, PROOFS, REQUESTS, SHARED};
