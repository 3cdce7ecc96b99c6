//! Repeated faults: one log line for each kind in ten seconds, with a count, however often it
//! happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::lock::locked;
use crate::log::Log;

/// Shortest time between two lines about the same fault.
pub(crate) const WINDOW: Duration = Duration::from_secs(10);

/// Kind of fault. Each field is from a small fixed set, so that the kinds stay few.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Fault {
    pub(crate) level: &'static str,
    pub(crate) event: &'static str,
    pub(crate) component: Option<String>,
    pub(crate) reason: &'static str,
}

impl Fault {
    /// Creates a fault of this machine or of the deployment.
    pub(crate) fn error(event: &'static str, reason: &'static str) -> Self {
        Self {
            level: "error",
            event,
            component: None,
            reason,
        }
    }

    /// Creates a fault of a client.
    pub(crate) fn info(event: &'static str, reason: &'static str) -> Self {
        Self {
            level: "info",
            ..Self::error(event, reason)
        }
    }
}

/// Counts of faults reported since the last line about each.
#[derive(Clone)]
pub(crate) struct Repeated(Arc<SharedCounts>);

struct SharedCounts {
    log: Log,
    faults: Mutex<BTreeMap<Fault, Count>>,
}

struct Count {
    written: Instant,
    since: u64,
}

impl Repeated {
    pub(crate) fn new(log: Log) -> Self {
        Self(Arc::new(SharedCounts {
            log,
            faults: Mutex::default(),
        }))
    }

    /// Writes the fault immediately unless one of its kind was written within the window; otherwise
    /// counts it.
    pub(crate) fn report(&self, fault: Fault, now: Instant) {
        let mut faults = locked(&self.0.faults);
        match faults.get_mut(&fault) {
            Some(count) if now.duration_since(count.written) < WINDOW => {
                count.since = count.since.saturating_add(1);
            }
            Some(count) => {
                self.write(&fault, count.since.saturating_add(1));
                *count = Count::none(now);
            }
            None => {
                self.write(&fault, 1);
                faults.insert(fault, Count::none(now));
            }
        }
    }

    /// Writes the counts whose window has ended, and drops faults that have stopped.
    pub(crate) fn flush(&self, now: Instant) {
        locked(&self.0.faults).retain(|fault, count| {
            if now.duration_since(count.written) < WINDOW {
                return true;
            }
            if count.since == 0 {
                return false;
            }
            self.write(fault, count.since);
            *count = Count::none(now);
            true
        });
    }

    /// Writes all remaining counts, at shutdown.
    pub(crate) fn flush_all(&self) {
        for (fault, count) in std::mem::take(&mut *locked(&self.0.faults)) {
            if count.since > 0 {
                self.write(&fault, count.since);
            }
        }
    }

    fn write(&self, fault: &Fault, count: u64) {
        #[derive(Serialize)]
        struct LogLine<'a> {
            level: &'a str,
            event: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            component: Option<&'a str>,
            reason: &'a str,
            count: u64,
        }
        self.0.log.event(&LogLine {
            level: fault.level,
            event: fault.event,
            component: fault.component.as_deref(),
            reason: fault.reason,
            count,
        });
    }
}

impl Count {
    fn none(written: Instant) -> Self {
        Self { written, since: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_faults_in_a_window_are_two_lines() {
        let log = Log::memory();
        let faults = Repeated::new(log.clone());
        let fault = |reason| Fault::error("accept", reason);
        let start = Instant::now();
        let at = |millis| start.checked_add(Duration::from_millis(millis)).unwrap();
        for millis in 0..1000 {
            faults.report(fault("too many files"), at(millis));
        }
        faults.report(fault("another"), at(1));
        assert_eq!(log.lines().len(), 2);
        faults.flush(at(9_999));
        assert_eq!(log.lines().len(), 2);
        faults.flush(at(10_001));
        let lines = log.lines();
        assert_eq!(lines.len(), 3);
        let line = r#""level":"error","event":"accept","reason":"too many files","count":"#;
        assert!(lines[0].contains(&format!("{line}1}}")), "{}", lines[0]);
        assert!(lines[2].contains(&format!("{line}999}}")), "{}", lines[2]);

        faults.report(fault("too many files"), at(10_002));
        faults.flush_all();
        faults.flush_all();
        assert_eq!(log.lines().len(), 4);
    }
}
