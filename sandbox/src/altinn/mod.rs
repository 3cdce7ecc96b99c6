//! Altinn 3: requests for consent, the page where people answer them, and what others look up.
//!
//! Follows the public code and documentation of Altinn's access management (2026): which checks, in
//! which order, with which codes, and which oddities. Where neither says, a comment says "assumption".

mod admin;
mod caller;
mod checks;
mod consent;
mod delegation;
mod document;
mod draft;
mod exchange;
mod feed;
mod page;
mod party;
mod platform;
mod portal;
mod problem;
mod redirect;
pub mod register;
mod resource;
mod session;
mod switches;
mod system_user;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use delegation::{DELEGATION_SOURCE, DEMO_DELEGATED_SCOPE, Delegation};
pub use document::timestamp;
pub use party::Party;
pub use problem::{Format, Problem};
pub use switches::{Callback, LetterCase, Repeat, Switches, Timestamps};
pub use system_user::{DEMO_SYSTEM, DEMO_SYSTEM_USER, NotMade, System, SystemUser};

use crate::consumer::Consumer;
use crate::html;
use crate::world::World;
use checks::Checked;
use consent::Request;
use delegation::Delegations;
use session::Sessions;
use system_user::Systems;

/// Altinn's state.
#[derive(Debug, Default)]
pub struct Altinn {
    state: Mutex<State>,
    sessions: Sessions,
}

#[derive(Debug, Default)]
struct State {
    requests: BTreeMap<Uuid, Request>,
    switches: Switches,
    delegations: Delegations,
    systems: Systems,
}

/// What Maskinporten learns about a consent that holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consent {
    /// The consent, as its consumer named it.
    pub id: Uuid,
    /// URN of who consented.
    pub from: String,
    /// URN of the organisation that receives the data.
    pub to: String,
    /// URN of the organisation that acts for the receiver.
    pub handled_by: Option<String>,
    /// When it was given.
    pub consented: OffsetDateTime,
    /// When it runs out.
    pub valid_to: OffsetDateTime,
    /// `consentRights`, as in tokens.
    pub rights: Value,
}

/// Whether a create call made something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stored {
    New,
    Already,
}

impl Altinn {
    /// A new one, without requests, with the demo's delegation and system user.
    pub fn new(consumers: &[Consumer]) -> Self {
        Self {
            state: Mutex::new(State {
                delegations: delegation::demo(),
                systems: Systems::demo(consumers),
                ..State::default()
            }),
            sessions: Sessions::default(),
        }
    }

    /// How it behaves now.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Makes it behave differently from now on.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// The consent `id`, if `from` gave it to `to` (or to somebody that `to` acts for) and it holds at
    /// `now`. Both are URNs. Otherwise everything that is wrong with it.
    pub fn lookup(
        &self,
        now: OffsetDateTime,
        id: Uuid,
        from: &str,
        to: &str,
    ) -> Result<Consent, Vec<Problem>> {
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
            Some(consented) if problems.is_empty() => Ok(Consent {
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
    pub fn approve(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.accept(&Party::Person(person.to_owned()), now)
        })
    }

    /// Rejects the request as `person`, as on the page.
    pub fn reject(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.reject(&Party::Person(person.to_owned()), now)
        })
    }

    /// Revokes the consent as `person`, as in the portal.
    pub fn revoke(&self, now: OffsetDateTime, id: Uuid, person: &str) -> Result<(), Problem> {
        self.change(id, |request| {
            request.revoke(&Party::Person(person.to_owned()), now)
        })
    }

    /// The ids of all requests.
    pub fn ids(&self) -> Vec<Uuid> {
        self.state().requests.keys().copied().collect()
    }

    /// Where the browser is sent after the request is answered, as its consumer gave it.
    pub fn redirect_address(&self, id: Uuid) -> Option<String> {
        self.request(id).map(|request| request.draft.redirect_url)
    }

    /// Every request, as the pages see them.
    fn requests(&self) -> Vec<Request> {
        self.state().requests.values().cloned().collect()
    }

    fn change(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Request) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut state = self.state();
        change(state.requests.get_mut(&id).ok_or(problem::NOT_FOUND)?)
    }

    /// Stores a checked request, unless its id is taken: by the same parties, the stored one stands;
    /// by others, it is refused.
    fn store(
        &self,
        checked: Checked,
        caller: Party,
        now: OffsetDateTime,
    ) -> Result<(Stored, Request), Problem> {
        let mut state = self.state();
        if let Some(stored) = state.requests.get(&checked.draft.id) {
            let same =
                stored.draft.from == checked.draft.from && stored.draft.to == checked.draft.to;
            return if same {
                Ok((Stored::Already, stored.clone()))
            } else {
                Err(problem::ID_TAKEN.with("requestId", &checked.draft.id))
            };
        }
        let request = Request::new(checked, caller, now);
        state.requests.insert(request.draft.id, request.clone());
        Ok((Stored::New, request))
    }

    /// The request as the world outside sees it, which may lag behind the page.
    fn seen(&self, id: Uuid, now: OffsetDateTime) -> Option<Request> {
        let state = self.state();
        let delay = Duration::seconds(i64::from(state.switches.answer_delay_seconds));
        state
            .requests
            .get(&id)
            .map(|request| request.as_seen(now.saturating_sub(delay)))
    }

    /// A page of the event feed of `receiver`.
    fn events(
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

    /// The request as the page sees it.
    fn request(&self, id: Uuid) -> Option<Request> {
        self.state().requests.get(&id).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The platform's routes, for machines.
pub fn router(world: Arc<World>) -> Router {
    platform::routes()
        .merge(exchange::routes())
        .with_state(world)
}

/// Altinn's part of the admin address.
pub(crate) fn admin_router() -> Router<Arc<World>> {
    admin::routes()
}

/// The pages, for browsers.
pub fn page_router(world: Arc<World>) -> Router {
    page::routes()
        .merge(portal::routes())
        .merge(html::language_route(&world.addresses.altinn_page))
        .with_state(world)
}
