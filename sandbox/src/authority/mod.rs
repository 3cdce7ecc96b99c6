//! The sandbox's own certificate authorities: one for its TLS servers, and those for enterprise
//! certificates (virksomhetssertifikat). All are made anew at each start, or kept in a folder, and trusted by nobody else.
//!
//! The enterprise authorities look like those of the two Norwegian issuers, so that code which reads
//! certificates meets the same shapes: names in their order and string type, lengths of serial
//! numbers, key usage, policies, addresses, statements. Every name begins with `SIMULERT`, and the
//! organisation numbers in them are synthetic.
//!
//! Left out, or different: the order of the extensions, text in the policies (CPS addresses and
//! notices), LDAP addresses, cross-certificates and timestamps of issuance logs. A running sandbox
//! publishes what its authorities have revoked; for others nobody answers at the addresses. Assumption: what was not seen of Commfides' first generation is as in
//! its second.

mod door;
mod enterprise;
mod extension;
mod folder;
mod hierarchy;
mod key;
mod leaf;
mod line;
mod revoked;
mod signer;
mod web;

pub(crate) use self::door::Door;
pub use self::enterprise::EnterpriseAuthority;
pub use self::hierarchy::Hierarchy;
pub(crate) use self::hierarchy::Keys;
pub use self::key::rsa_key;
pub(crate) use self::key::rsa_key_named;
pub(crate) use self::leaf::{
    CLIENT_AUTHENTICATION, EMAIL_PROTECTION, KeyUsage, Leaf, SERVER_AUTHENTICATION,
};
pub(crate) use self::line::NOWHERE;
pub use self::line::{Environment, Line, Profile, Purpose, Vendor};
pub(crate) use self::revoked::Revoked;
pub(crate) use self::web::WebAuthority;
