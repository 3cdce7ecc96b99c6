//! How many calls an organisation may have open at once: five (Skatteetaten, "Bruk av tjenestene").
//! Assumption: what is one too many gets 429.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MOST: usize = 5;

/// Calls under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<String, Calls>>>);

#[derive(Debug, Default)]
struct Calls {
    open: usize,
    peak: usize,
}

/// One call under way; it ends when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    organisation: String,
}

impl Places {
    /// A place for one more call of the organisation, if there is one.
    pub(super) fn take(&self, organisation: &str) -> Option<Place> {
        let mut all = self.lock();
        let calls = all.entry(organisation.to_owned()).or_default();
        // Also counted when it is refused: whoever looks at the peak wants to know.
        calls.peak = calls.peak.max(calls.open.saturating_add(1));
        if calls.open == MOST {
            return None;
        }
        calls.open = calls.open.saturating_add(1);
        Some(Place {
            places: self.clone(),
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

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(calls) = self.places.lock().get_mut(&self.organisation) {
            calls.open = calls.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_calls_of_one_organisation_at_once() {
        let places = Places::default();
        let mut held: Vec<_> = (0..5).map(|_| places.take("a").unwrap()).collect();
        assert!(places.take("a").is_none());
        assert!(places.take("b").is_some());
        assert_eq!(places.peak("a"), 6);
        held.pop();
        assert!(places.take("a").is_some());
    }
}
