//! A vault: the HTTP API of `HashiCorp` Vault, or of `OpenBao`, as far as an app needs it to sign
//! with a key that it never sees.
//!
//! Implemented:
//!
//! - the transit engine with one RSA key;
//! - the `AppRole` method with one role, whose policy allows reading that key, signing with it and
//!   verifying, and nothing else;
//! - a key-value engine, and a token that reads the app's variables there;
//! - a root token.
//!
//! Refusals have the texts and statuses of the real vault, from its documentation and from
//! `OpenBao`'s source. `X-Vault-Namespace` is ignored, as in Vault's community edition. Not
//! implemented: renewal of tokens, batches, response wrapping, `SHA-1`, `SHA-224` and `SHA-3`; of
//! secrets, lists, custom metadata, undeleting and destroying.

mod admin;
mod answer;
mod guard;
mod hash;
mod http;
mod kv;
mod login;
mod names;
mod refusal;
mod scheme;
mod sign;
mod state;
mod status;
mod token;
mod transit;
mod verify;

pub use http::router;
pub use names::KEY;
pub use state::Vault;

pub(crate) use admin::router as admin_router;
