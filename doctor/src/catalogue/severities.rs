//! Short names of severities for the tables of the catalogue.

use crate::finding::Severity;

/// Short name of [`Severity::Error`] for tables.
pub(crate) const E: Option<Severity> = Some(Severity::Error);
/// Short name of [`Severity::Warning`] for tables.
pub(crate) const W: Option<Severity> = Some(Severity::Warning);
/// Short name of [`Severity::Info`] for tables.
pub(crate) const I: Option<Severity> = Some(Severity::Info);
