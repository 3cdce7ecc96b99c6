//! Enterprise certificates to order, good ones and bad ones, in files as organisations have them.
//!
//! The authorities are made for the order, so that what two orders give does not hang together, unless
//! the order is made under authorities that are there: those of a running sandbox, or of a folder.

mod change;
mod check;
mod defect;
mod files;
mod key;
mod keystore;
mod legacy;
mod make;

use time::OffsetDateTime;

pub use self::defect::Defect;
pub use self::files::Written;
pub use self::keystore::PASSWORD;

use crate::authority::{EnterpriseAuthority, Profile, Purpose, Vendor};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Order {
    /// Like whose certificates.
    pub vendor: Vendor,
    /// Of which generation.
    pub profile: Profile,
    /// Which of the organisation's certificates.
    pub purposes: Vec<Purpose>,
    /// The organisation's number.
    pub organisation: String,
    /// Its name.
    pub name: String,
    /// What is to be wrong with them.
    pub defects: Vec<Defect>,
}

/// What was made: an organisation's certificates and those of the authorities.
#[derive(Debug)]
pub struct Package {
    certificates: Vec<Certificate>,
    authorities: Vec<Authority>,
    defects: Vec<Defect>,
}

/// One of the organisation's certificates, with what belongs to it.
#[derive(Debug)]
struct Certificate {
    purpose: Purpose,
    der: Vec<u8>,
    /// What goes with it in one file, itself included.
    chain: Vec<Vec<u8>>,
    /// PKCS#8 in PEM.
    key: Option<String>,
}

/// The two certificates of a line of authorities.
#[derive(Debug)]
struct Authority {
    /// What its files' names begin with.
    prefix: &'static str,
    issuing: Vec<u8>,
    root: Vec<u8>,
    /// What the authority that signs has revoked: DER.
    list: Vec<u8>,
}

impl Order {
    /// Makes what is wanted. RSA keys of up to 4096 bits take their seconds: not for an async thread.
    pub fn make(&self, now: OffsetDateTime) -> anyhow::Result<Package> {
        check::check(self)?;
        make::make(self, now)
    }

    /// The same under `authorities`. A defect of the issuer makes its own, as ever. A signature with SHA-1
    /// can be had from those with RSA keys alone, which is to say from a folder.
    pub fn make_under(
        &self,
        authorities: &EnterpriseAuthority,
        now: OffsetDateTime,
    ) -> anyhow::Result<Package> {
        check::check(self)?;
        make::make_under(self, authorities.hierarchy(self.vendor, self.profile), now)
    }

    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }
}
