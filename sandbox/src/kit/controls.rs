//! Controls that tests and the admin API have over all services of a sandbox.

use std::io;
use std::sync::Arc;

use axum::Router;

use super::server::OnFailedHandshake;
use super::{Clock, ExternalService, Faults, Journal, fault, journal};

/// Clock, faults and journal of one sandbox. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controls {
    pub(crate) clock: Clock,
    pub(crate) faults: Arc<Faults>,
    pub(crate) journal: Arc<Journal>,
}

impl Controls {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// Adds faults and journal to a service's router. The faults are innermost, so that the journal
    /// has the answer that the caller got.
    pub(crate) fn observe(&self, router: Router, service: ExternalService) -> Router {
        let faulty = fault::layer(router, self.faults.clone(), service);
        journal::layer(faulty, self.journal.clone(), self.clock.clone(), service)
    }

    /// Returns a callback that writes failed handshakes into the journal, with the reason that
    /// `reason` finds.
    pub(crate) fn handshakes(
        &self,
        service: ExternalService,
        reason: fn(&io::Error) -> String,
    ) -> OnFailedHandshake {
        journal::handshakes(self.journal.clone(), self.clock.clone(), service, reason)
    }
}
