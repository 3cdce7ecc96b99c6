//! State of Skatteetaten: switches and calls in progress.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call_limit::{CallLimit, CallPermit};
use super::switches::Switches;
use crate::interfaces::{AccessTokens, ConsentTokens, SystemUserRights};
use crate::kit::Clock;

/// Skatteetaten: its three APIs. The data on record are always the same.
#[derive(Debug)]
pub struct Skatteetaten {
    pub(super) clock: Clock,
    pub(super) tokens: Arc<dyn AccessTokens>,
    pub(super) system_users: Arc<dyn SystemUserRights>,
    pub(super) consent_tokens: Arc<dyn ConsentTokens>,
    pub(super) switches: Mutex<Switches>,
    pub(super) calls: CallLimit,
    pub(super) income_calls: CallLimit,
    pub(super) tax_basis_calls: CallLimit,
}

impl Skatteetaten {
    /// Creates a Skatteetaten that verifies access tokens with `tokens` and looks up system users
    /// in Altinn.
    pub fn new(
        clock: Clock,
        tokens: Arc<dyn AccessTokens>,
        system_users: Arc<dyn SystemUserRights>,
        consent_tokens: Arc<dyn ConsentTokens>,
    ) -> Self {
        Self {
            clock,
            tokens,
            system_users,
            consent_tokens,
            switches: Mutex::default(),
            calls: CallLimit::default(),
            income_calls: CallLimit::default(),
            tax_basis_calls: CallLimit::default(),
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

    /// Acquires one of the organisation's five permits, as a call in progress does.
    pub fn occupy(&self, organisation: &str) -> Option<CallPermit> {
        self.calls.acquire(&format!("0192:{organisation}"))
    }

    /// Returns the most calls that the organisation has tried to have open at once.
    pub fn peak(&self, organisation: &str) -> usize {
        self.calls.peak(&format!("0192:{organisation}"))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
