//! Checks of files, without any call over the network, by group.

mod authorities;
mod context;
mod cryptography;
mod file;
mod identity;
mod issuer;
mod plan;
mod profile;
mod results;
mod revocation_addresses;
mod validity;

pub(crate) use authorities::{authorities, no_current_authority, with_authority};
pub(crate) use context::{CertificateContext, CheckContext};
pub(crate) use plan::run;
pub(crate) use results::{CheckResults, Outcome};
pub(crate) use validity::time_since;
