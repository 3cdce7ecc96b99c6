//! Difference between this machine's clock and a server's.

use innsyn_core::platform::Response;
use innsyn_protocols::maskinporten::drift;
use time::OffsetDateTime;

use crate::catalogue::network::V04;
use crate::finding::{Finding, Severity};

/// Largest difference in seconds without a finding.
const MAX_UNREPORTED: u64 = 5;
/// Largest difference in seconds at which Maskinporten may still accept a grant.
const MAX_ACCEPTED: u64 = 10;

/// Reports a clock that differs from that of `answer`.
pub(super) fn check(answer: &Response) -> Option<Finding> {
    let seconds = drift(answer, OffsetDateTime::now_utc())?;
    let finding = V04.finding([format!("{seconds:+}").into()]);
    match seconds.unsigned_abs() {
        0..=MAX_UNREPORTED => None,
        off if off <= MAX_ACCEPTED => Some(finding.at_most(Severity::Warning)),
        _ => Some(finding),
    }
}
