//! State of Posten signering: jobs, sessions and switches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::address::BaseAddresses;
use super::end_user::EndUserAuthority;
use super::job::{Ceremony, Job, Redirect};
use super::order::Order;
use super::queue::PollSchedule;
use super::rate::Calls;
use super::report::Report;
use super::switches::Switches;
use crate::kit::session::Sessions;
use crate::kit::{Clock, random};
use crate::pki::EnterpriseAuthority;

/// Id before that of the first job.
const BEFORE_THE_FIRST: i64 = 90_416;

/// Posten signering: jobs, signers and settings of its API and pages.
#[derive(Debug)]
pub struct Posten {
    pub(super) clock: Clock,
    /// Authority that certifies senders and the server itself.
    pub(super) enterprise: Arc<EnterpriseAuthority>,
    pub(super) places: BaseAddresses,
    pub(super) end_users: EndUserAuthority,
    pub(super) state: Mutex<State>,
    /// National identity numbers of the persons who are logged in.
    pub(super) persons: Sessions<&'static str>,
    /// Ceremonies that browsers have opened.
    pub(super) ceremonies: Sessions<Ceremony>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) jobs: BTreeMap<i64, Job>,
    pub(super) timetable: PollSchedule,
    pub(super) calls: Calls,
    pub(super) switches: Switches,
}

impl Posten {
    /// Creates a Posten without jobs, whose API is at the origin `api` and whose pages are at
    /// `pages`.
    ///
    /// # Errors
    ///
    /// Fails if the authority of end users cannot be made.
    pub fn new(
        clock: Clock,
        api: &str,
        pages: String,
        enterprise: Arc<EnterpriseAuthority>,
    ) -> anyhow::Result<Self> {
        let end_users = EndUserAuthority::generate(clock.now())?;
        Ok(Self {
            clock,
            enterprise,
            places: BaseAddresses {
                root: format!("{api}/api"),
                page: pages,
            },
            end_users,
            state: Mutex::default(),
            persons: Sessions::named("posten_session"),
            ceremonies: Sessions::named("posten_ceremony"),
        })
    }

    /// Returns the current switches.
    pub fn switches(&self) -> Switches {
        self.lock().switches.clone()
    }

    /// Sets the switches for later requests.
    pub fn set_switches(&self, switches: Switches) {
        self.lock().switches = switches;
    }

    /// Returns the certificate, in PEM, under which all signers are certified.
    pub fn end_user_root(&self) -> String {
        self.end_users.root_pem()
    }

    /// Makes a job of an order that has been checked. Not idempotent: the same order makes another.
    pub(super) fn accept(&self, order: Order, now: OffsetDateTime) -> String {
        let mut state = self.state(now);
        let id = state
            .jobs
            .keys()
            .next_back()
            .map_or(BEFORE_THE_FIRST, |last| *last)
            .saturating_add(1);
        let mut job = Job::new(id, order, now);
        if job.is_direct() {
            for signer in &mut job.signers {
                signer.redirect = Some(Redirect::new(redirect_token()));
            }
        }
        job.advance(now, &state.switches.contacts);
        let report = Report {
            places: &self.places,
            job: &job,
            now,
            unknown_elements: state.switches.unknown_elements,
        };
        let answer = report.created();
        state.jobs.insert(id, job);
        answer
    }

    /// Returns whether the filter against too many calls admits a call.
    pub(super) fn admit(&self, organisation: &str, now: OffsetDateTime) -> bool {
        let mut state = self.lock();
        let most = state.switches.calls_per_second;
        state.calls.admit(organisation, most, now)
    }

    /// Returns the state at `now`, after all due events of time.
    pub(super) fn state(&self, now: OffsetDateTime) -> MutexGuard<'_, State> {
        let mut guard = self.lock();
        let state = &mut *guard;
        for job in state.jobs.values_mut() {
            job.advance(now, &state.switches.contacts);
        }
        guard
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a random token for a redirect address. Without randomness it is empty, and gives no
/// access.
pub(super) fn redirect_token() -> String {
    random::token().unwrap_or_default()
}
