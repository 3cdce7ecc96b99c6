//! Certificate authorities of the sandbox: one for its TLS servers, and those for enterprise
//! certificates (virksomhetssertifikat). They are created at each start, or kept in a folder.
//! Nothing outside the sandbox trusts them.
//!
//! The enterprise authorities look like those of the two Norwegian issuers, so that code which
//! reads certificates meets the same shapes: names in their order and string type, lengths of
//! serial numbers, key usage, policies, addresses, statements. Every name begins with `SIMULERT`,
//! and the organisation numbers in them are synthetic.
//!
//! Left out, or different: the order of the extensions, text in the policies (CPS addresses and
//! notices), LDAP addresses, cross-certificates and timestamps of issuance logs. A running sandbox
//! publishes its authorities' revocations; the addresses of other authorities are closed.
//! Assumption: details not seen of Commfides' first generation are as in its second.

mod ca_profile;
pub mod certificates;
mod client_verifier;
mod enterprise;
mod extension;
mod folder;
mod hierarchy;
mod key;
mod leaf;
mod revoked;
mod signer;
mod web;

pub(crate) use self::ca_profile::NOWHERE;
pub use self::ca_profile::{CaProfile, Environment, Profile, Purpose, Vendor};
pub(crate) use self::client_verifier::{EnterpriseClientVerifier, organisation};
pub use self::enterprise::EnterpriseAuthority;
pub use self::hierarchy::Hierarchy;
pub(crate) use self::hierarchy::Keys;
pub(crate) use self::key::rsa_key_named;
pub use self::key::{public_jwk, rsa_key};
pub(crate) use self::leaf::{
    CLIENT_AUTHENTICATION, EMAIL_PROTECTION, KeyUsage, Leaf, SERVER_AUTHENTICATION,
};
pub(crate) use self::revoked::Revoked;
pub(crate) use self::web::WebAuthority;
