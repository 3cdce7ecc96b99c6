//! Maskinporten: tokens for signed grants.
//!
//! Refuses the grants that Digdir's documentation says are refused, with its codes; where that
//! is silent or contradicts itself, a switch decides, and the module concerned states the
//! assumption. Delegations, system users and consents are looked up at the sandbox's Altinn. Left
//! out: clients that are locked to a certificate, the certificates' revocation, and European seals.

mod admin;
mod assertion;
mod certificate;
mod claims;
mod credential;
mod details;
mod http;
mod identity;
mod issue;
mod keys;
mod organisation;
mod permission;
mod refusal;
mod register;
mod replay;
mod state;
mod switches;
mod token;
mod token_keys;

pub use http::router;
pub use identity::Identity;
pub use register::{
    Client, INTEGRATION_TYPE, Register, RegisteredKey, Scope, TokenType, Visibility,
};
pub use state::Maskinporten;
pub use switches::{
    DetailsRefusal, ErrorStyle, KidUniqueness, MetadataKey, ResourceForm, Switches, UnknownClaims,
};

pub use token_keys::TokenKeys;

pub(crate) use admin::router as admin_router;
