//! State of Altinn: requests for consent, switches and registers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::checks::CheckedDraft;
use super::consent::Request;
use super::delegation::Delegations;
use super::party::Party;
use super::problem::Problem;
use super::session::Sessions;
use super::switches::Switches;
use super::systems::Systems;
use super::{delegation, document, feed, problem};
use crate::interfaces::{AccessTokens, ActiveConsent};
use crate::kit::Clock;

/// Altinn 3: registers, keys and settings of its routes and pages.
#[derive(Debug)]
pub struct Altinn {
    pub(super) clock: Clock,
    pub(super) origins: Origins,
    pub(super) tokens: Arc<dyn AccessTokens>,
    pub(super) state: Mutex<State>,
    pub(super) sessions: Sessions,
}

/// Origins of Altinn, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Origin of the platform, for machines.
    pub platform: String,
    /// Origin of the pages, for browsers.
    pub pages: String,
}

impl Origins {
    /// Returns the origins of an Altinn with registers but without platform and pages: its
    /// addresses are unreachable (RFC 2606, `.invalid`).
    pub fn not_served() -> Self {
        let nowhere = "https://absent.invalid".to_owned();
        Self {
            platform: nowhere.clone(),
            pages: nowhere,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) requests: BTreeMap<Uuid, Request>,
    pub(super) switches: Switches,
    pub(super) delegations: Delegations,
    pub(super) systems: Systems,
}

/// Result of a create call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CreateOutcome {
    New,
    Already,
}

impl Altinn {
    /// Makes an Altinn without requests, with the demo's delegation and with a system user for the
    /// system that `clients` of Fjordbanken's at Maskinporten are.
    pub fn new(
        clock: Clock,
        origins: Origins,
        tokens: Arc<dyn AccessTokens>,
        clients: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            clock,
            origins,
            tokens,
            state: Mutex::new(State {
                delegations: delegation::demo(),
                systems: Systems::demo(clients.into_iter().collect()),
                ..State::default()
            }),
            sessions: Sessions::default(),
        }
    }

    /// Returns the current switches.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Sets the switches for later requests.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// Looks up the consent `id`, given by `from` to `to` (or to an organisation that `to` acts
    /// for) and valid at `now`. `from` and `to` are URNs.
    ///
    /// # Errors
    ///
    /// All problems of the consent; `NOT_FOUND` alone if it does not exist or is not for `to`.
    pub fn lookup(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        from: &str,
        to: &str,
    ) -> Result<ActiveConsent, Vec<Problem>> {
        let request = self.seen(id, now).ok_or_else(|| vec![problem::NOT_FOUND])?;
        let receivers = [Some(&request.draft.to), request.handled_by.as_ref()];
        if !receivers
            .into_iter()
            .flatten()
            .any(|party| party.to_string() == to)
        {
            return Err(vec![problem::NOT_FOUND]);
        }
        let problems = request.obstacles(from, now);
        match request.consented() {
            Some(consented) if problems.is_empty() => Ok(ActiveConsent {
                id,
                from: request.draft.from.to_string(),
                to: request.draft.to.to_string(),
                handled_by: request.handled_by.as_ref().map(ToString::to_string),
                consented,
                valid_to: request.draft.valid_to,
                rights: document::consent_rights(&request),
            }),
            _ => Err(problems),
        }
    }

    /// Accepts the request as `person` (a national identity number), as on the page.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the request does not exist, or the person cannot approve it now.
    pub fn approve(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.accept(&Party::Person(person.to_owned()), now)
        })
    }

    /// Rejects the request as `person`, as on the page.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the request does not exist, or the person cannot reject it now.
    pub fn reject(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.reject(&Party::Person(person.to_owned()), now)
        })
    }

    /// Revokes the consent as `person`, as in the portal.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the consent does not exist, or the person cannot revoke it now.
    pub fn revoke(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.revoke(&Party::Person(person.to_owned()), now)
        })
    }

    /// Returns the ids of all requests.
    pub fn ids(&self) -> Vec<Uuid> {
        self.state().requests.keys().copied().collect()
    }

    /// Returns the redirect address after the request is answered, as its consumer gave it.
    pub fn redirect_address(&self, id: Uuid) -> Option<String> {
        self.request(id).map(|request| request.draft.redirect_url)
    }

    /// Returns every request, as the pages see them.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.state().requests.values().cloned().collect()
    }

    pub(super) fn change(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Request) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut state = self.state();
        change(state.requests.get_mut(&id).ok_or(problem::NOT_FOUND)?)
    }

    /// Stores a checked request, unless its id is taken. A request of the same parties leaves the
    /// stored one unchanged; one of other parties is refused.
    pub(super) fn store(
        &self,
        checked: CheckedDraft,
        caller: Party,
        now: OffsetDateTime,
    ) -> Result<(CreateOutcome, Request), Problem> {
        let mut state = self.state();
        if let Some(stored) = state.requests.get(&checked.draft.id) {
            let same =
                stored.draft.from == checked.draft.from && stored.draft.to == checked.draft.to;
            return if same {
                Ok((CreateOutcome::Already, stored.clone()))
            } else {
                Err(problem::ID_TAKEN.with("requestId", &checked.draft.id))
            };
        }
        let request = Request::new(checked, caller, now);
        state.requests.insert(request.draft.id, request.clone());
        Ok((CreateOutcome::New, request))
    }

    /// Returns the request as the platform sees it, which may lag behind the page.
    pub(super) fn seen(&self, id: Uuid, now: OffsetDateTime) -> Option<Request> {
        let state = self.state();
        let delay = Duration::seconds(i64::from(state.switches.answer_delay_seconds));
        state
            .requests
            .get(&id)
            .map(|request| request.as_seen(now.saturating_sub(delay)))
    }

    /// Returns a page of the event feed of `receiver`.
    pub(super) fn events(
        &self,
        receiver: &Party,
        query: &feed::Query,
        address: &str,
        now: OffsetDateTime,
    ) -> Result<Value, Problem> {
        let state = self.state();
        feed::page(
            state.requests.values(),
            receiver,
            query,
            address,
            now,
            &state.switches,
        )
    }

    /// Returns the request as the page sees it.
    pub(super) fn request(&self, id: Uuid) -> Option<Request> {
        self.state().requests.get(&id).cloned()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Altinn {
    /// Creates an Altinn that no client can reach, without the demo's registrations.
    pub(super) fn for_tests() -> Self {
        #[derive(Debug)]
        struct NoTokens;
        impl AccessTokens for NoTokens {
            fn verify(
                &self,
                _: OffsetDateTime,
                _: &str,
            ) -> Result<Value, crate::interfaces::TokenError> {
                Err(crate::interfaces::TokenError::Malformed)
            }
        }
        let origins = Origins::not_served();
        let altinn = Self::new(Clock::default(), origins, Arc::new(NoTokens), []);
        *altinn.state() = State::default();
        altinn
    }
}
