//! Enterprise certificates to order, valid and defective, in files as delivered to organisations.
//!
//! The authorities are generated for the order, so that two orders are unrelated, unless the order
//! is made under existing authorities: those of a running sandbox, or of a folder.

mod change;
mod check;
mod defect;
mod files;
mod key;
mod keystore;
mod legacy;
mod make;
mod order;

use time::OffsetDateTime;

pub use self::defect::Defect;
pub use self::files::WrittenFile;
pub use self::keystore::PASSWORD;
pub use self::order::{Order, Package};

use crate::pki::EnterpriseAuthority;

impl Order {
    /// Makes the order. RSA keys of up to 4096 bits take seconds: not for an async thread.
    ///
    /// # Errors
    ///
    /// Fails if the order is invalid, or a key or certificate cannot be made.
    pub fn make(&self, now: OffsetDateTime) -> anyhow::Result<Package> {
        check::check(self)?;
        make::make(self, now)
    }

    /// Issues the ordered certificates under `authorities`. A defect of the issuer creates
    /// authorities of its own. Only authorities with RSA keys, those of a folder, sign with SHA-1.
    ///
    /// # Errors
    ///
    /// Fails if the order is invalid, or a key or certificate cannot be made.
    pub fn make_under(
        &self,
        authorities: &EnterpriseAuthority,
        now: OffsetDateTime,
    ) -> anyhow::Result<Package> {
        check::check(self)?;
        make::make_under(self, authorities.hierarchy(self.vendor, self.profile), now)
    }
}
