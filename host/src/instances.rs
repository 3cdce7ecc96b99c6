//! Limit on the instances of an application and of each of its components.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

use crate::lock::locked;
use crate::options::Limits;

/// Time for which a refusal counts as demand for places. The request repeats its attempt sooner.
const DEMAND: Duration = Duration::from_millis(100);

/// Places for instances, limited in all and by component.
pub(crate) struct Slots {
    all: usize,
    per_component: usize,
    taken: Mutex<TakenSlots>,
}

#[derive(Default)]
struct TakenSlots {
    by_component: BTreeMap<String, usize>,
    /// Time of the latest refusal for which another component's instance could make room.
    refused: Option<Instant>,
}

/// Place for an instance, released when it is dropped.
pub(crate) struct Slot {
    places: Arc<Slots>,
    component: String,
}

/// Error: no further instance may start now.
#[derive(Debug)]
pub(crate) struct NoSlot;

impl fmt::Display for NoSlot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no further instance may be started now")
    }
}

impl std::error::Error for NoSlot {}

impl Slots {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            all: limits.instances,
            per_component: limits.instances_per_component,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for an instance of a component.
    ///
    /// # Errors
    ///
    /// [`NoSlot`] if the component has its maximum, or if the application has its maximum and the
    /// component has an instance.
    pub(crate) fn take(self: &Arc<Self>, component: &str) -> Result<Slot, NoSlot> {
        let mut taken = locked(&self.taken);
        let all = taken
            .by_component
            .values()
            .fold(0_usize, |all, of_one| all.saturating_add(*of_one));
        let is_full = all >= self.all;
        let own = taken.by_component.entry(component.to_owned()).or_default();
        if *own > 0 && (*own >= self.per_component || is_full) {
            if is_full {
                taken.refused = Some(Instant::now());
            }
            return Err(NoSlot);
        }
        *own = own.saturating_add(1);
        Ok(Slot {
            places: self.clone(),
            component: component.to_owned(),
        })
    }

    /// Returns whether requests wait at `now` for a place that any component's instance can make. A
    /// component at its own maximum waits for its own instances.
    pub(crate) fn are_wanted(&self, now: Instant) -> bool {
        let refused = locked(&self.taken).refused;
        refused.is_some_and(|refused| now.saturating_duration_since(refused) <= DEMAND)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(own) = locked(&self.places.taken)
            .by_component
            .get_mut(&self.component)
        {
            *own = own.saturating_sub(1);
        }
    }
}

/// A request's turn at the head of its component's queue, which ends when an instance takes the
/// request.
pub(crate) type QueuePermit = Option<OwnedSemaphorePermit>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_its_share_and_always_one() {
        let places = Slots::new(&Limits {
            instances: 4,
            instances_per_component: 3,
            ..Limits::default()
        });
        let take = |component: &str| places.take(component).ok();
        let claims: Vec<_> = (0..4).map(|_| take("claims")).collect();
        let given: Vec<_> = claims.iter().map(Option::is_some).collect();
        assert_eq!(given, [true, true, true, false]);
        let token = take("token");
        assert!(token.is_some() && take("token").is_none());
        // The application has its four, and a component's first one is beyond them.
        let consent = take("consent");
        assert!(consent.is_some() && take("consent").is_none());
        drop(claims);
        assert!(take("token").is_some());
        drop(token);
        drop(consent);
    }

    #[test]
    fn places_are_wanted_only_of_a_full_application() {
        let places = Slots::new(&Limits {
            instances: 3,
            instances_per_component: 2,
            ..Limits::default()
        });
        let are_wanted = || places.are_wanted(Instant::now());
        let claims = [places.take("claims"), places.take("claims")];
        assert!(claims.iter().all(Result::is_ok));
        assert!(places.take("claims").is_err());
        assert!(!are_wanted(), "another component's place is of no use");
        let token = places.take("token");
        assert!(token.is_ok() && places.take("token").is_err());
        assert!(are_wanted());
    }
}
