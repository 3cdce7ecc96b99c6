//! Messages of Vault and `OpenBao`: the transit engine and the `AppRole` login.

mod message;
mod settings;

pub use message::{Refused, logged_in, login, sign, signature};
pub use settings::{VaultLogin, VaultSettings};
