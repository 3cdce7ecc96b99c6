//! Limit of the calls that an organisation may have open at once: five (Skatteetaten, "Bruk av
//! tjenestene"). Assumption: what is one too many gets 429.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MOST: usize = 5;

/// Concurrent calls, by organisation.
#[derive(Clone, Debug, Default)]
pub(super) struct CallLimit(Arc<Mutex<HashMap<String, Calls>>>);

#[derive(Debug, Default)]
struct Calls {
    open: usize,
    peak: usize,
}

/// Permit for one call, which ends when this is dropped.
#[derive(Debug)]
pub struct CallPermit {
    limit: CallLimit,
    organisation: String,
}

impl CallLimit {
    /// Returns a permit for one more call of the organisation, if it has one left.
    pub(super) fn acquire(&self, organisation: &str) -> Option<CallPermit> {
        let mut all = self.lock();
        let calls = all.entry(organisation.to_owned()).or_default();
        // Counted even if it is refused: the peak includes refused calls.
        calls.peak = calls.peak.max(calls.open.saturating_add(1));
        if calls.open == MOST {
            return None;
        }
        calls.open = calls.open.saturating_add(1);
        Some(CallPermit {
            limit: self.clone(),
            organisation: organisation.to_owned(),
        })
    }

    pub(super) fn peak(&self, organisation: &str) -> usize {
        self.lock().get(organisation).map_or(0, |calls| calls.peak)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Calls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        if let Some(calls) = self.limit.lock().get_mut(&self.organisation) {
            calls.open = calls.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_calls_of_one_organisation_at_once() {
        let limit = CallLimit::default();
        let mut held: Vec<_> = (0..5).map(|_| limit.acquire("a").unwrap()).collect();
        assert!(limit.acquire("a").is_none());
        assert!(limit.acquire("b").is_some());
        assert_eq!(limit.peak("a"), 6);
        held.pop();
        assert!(limit.acquire("a").is_some());
    }
}
