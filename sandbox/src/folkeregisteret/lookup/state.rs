//! State of the lookup: switches and the throttle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::switches::Switches;
use super::throttle::Throttle;
use crate::interfaces::AccessTokens;
use crate::kit::Clock;

/// Folkeregisteret's lookup of persons.
#[derive(Debug)]
pub struct Lookup {
    pub(super) clock: Clock,
    pub(super) tokens: Arc<dyn AccessTokens>,
    pub(super) switches: Mutex<Switches>,
    pub(super) throttle: Throttle,
}

impl Lookup {
    /// Makes a lookup that verifies tokens by `tokens`.
    pub fn new(clock: Clock, tokens: Arc<dyn AccessTokens>) -> Self {
        Self {
            clock,
            tokens,
            switches: Mutex::default(),
            throttle: Throttle::default(),
        }
    }

    /// Returns the current switches.
    pub fn switches(&self) -> Switches {
        self.lock().clone()
    }

    /// Sets the switches for later requests.
    pub fn set_switches(&self, switches: Switches) {
        *self.lock() = switches;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
