//! Checks of a package: what it is compared with, and the error of those that fail.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::pki::EnterpriseAuthority;
use crate::posten::schema::SchemaViolation;

pub(super) const MANIFEST: &str = "manifest.xml";
pub(super) const SIGNATURES: &str = "META-INF/signatures.xml";

/// Violation in a package, in words.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("Error when validating ASiCE: {0}")]
pub(crate) struct Invalid(String);

impl Invalid {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Context that a package is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure<'a> {
    /// True in the portal flow.
    pub(crate) portal: bool,
    /// Authority that certifies those who sign packages.
    pub(crate) authority: &'a EnterpriseAuthority,
    /// Present time of the service.
    pub(crate) now: OffsetDateTime,
    /// Longest difference between it and the signing time.
    pub(crate) tolerance: Duration,
}

/// Returns an error with the text `otherwise` unless `holds`.
pub(super) fn ensure(holds: bool, otherwise: &str) -> Result<(), Invalid> {
    if holds {
        Ok(())
    } else {
        Err(Invalid::new(otherwise))
    }
}

impl From<SchemaViolation> for Invalid {
    fn from(SchemaViolation(why): SchemaViolation) -> Self {
        Self(format!("META-INF/signatures.xml: {why}"))
    }
}
