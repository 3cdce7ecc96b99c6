//! Altinn 2's consent, as it was until it closed on 19 June 2026: a request by the interface or by a link, the page where
//! people answer it, and a code that gives a consent token (samtykkebevis) for half a minute, again and again.
//!
//! Follows Altinn's documentation of the time (its repository `docs`, 2016–2026). Where it is silent or
//! disagrees with itself, a comment says "assumption".

mod admin;
mod api_key;
mod caller;
mod consent;
mod document;
mod draft;
mod key;
mod link;
mod local_time;
mod login;
mod metadata;
mod page;
mod part;
mod party;
mod profile;
mod proof;
mod redirect;
mod refusal;
mod requests;
mod service;
mod signing;
mod status;
mod switches;
mod tls;
mod tokens;
mod view;
mod wrong;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use api_key::{ApiKey, Resource};
pub use login::EnterpriseUser;
pub use proof::ProofError;
pub use switches::{Encoding, ErrorMembers, ErrorsIn, Links, Proofs, Switches};
pub(crate) use tls::tls;

use crate::html;
use crate::session::Sessions;
use crate::world::World;
use api_key::ApiKeys;
use consent::{Consent, Obstacle};
use key::KeyRing;
use refusal::Refusal;
use status::Answer;

/// Altinn 2's state.
#[derive(Debug)]
pub struct Altinn2 {
    keys: ApiKeys,
    enterprise_user: EnterpriseUser,
    /// Made when it is first asked for, as most never do.
    ring: Mutex<Option<KeyRing>>,
    state: Mutex<State>,
    sessions: Sessions<&'static str>,
}

#[derive(Debug, Default)]
struct State {
    consents: BTreeMap<Uuid, Consent>,
    switches: Switches,
}

impl Altinn2 {
    /// A new one, without requests, with API keys for the demo's consumers and their supplier.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            keys: ApiKeys::demo(),
            enterprise_user: EnterpriseUser::demo()?,
            ring: Mutex::default(),
            state: Mutex::default(),
            sessions: Sessions::named("altinn2_session"),
        })
    }

    /// How it behaves now.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Makes it behave differently from now on.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// The organisation's first API key.
    pub fn api_key(&self, organisation: &str) -> Option<Uuid> {
        let mut keys = self.keys.all().into_iter();
        keys.find(|key| key.organisation == organisation)
            .map(|key| key.key)
    }

    /// Registers another API key.
    pub fn register(&self, key: ApiKey) {
        self.keys.add(key);
    }

    /// The one enterprise user.
    pub fn enterprise_user(&self) -> &EnterpriseUser {
        &self.enterprise_user
    }

    fn answer(
        &self,
        code: Uuid,
        answer: Answer,
        person: &str,
        now: OffsetDateTime,
    ) -> Option<Result<(), Obstacle>> {
        self.change(code, |consent| consent.answer(answer, person, now))
    }

    fn change<T>(&self, code: Uuid, change: impl FnOnce(&mut Consent) -> T) -> Option<T> {
        self.state().consents.get_mut(&code).map(change)
    }

    fn store(&self, consent: Consent) {
        self.state().consents.insert(consent.code, consent);
    }

    fn remove(&self, code: Uuid) {
        self.state().consents.remove(&code);
    }

    /// The consent as the pages see it.
    fn consent(&self, code: Uuid) -> Option<Consent> {
        self.state().consents.get(&code).cloned()
    }

    /// The consent as the interfaces see it, which may lag behind the pages.
    fn seen(&self, code: Uuid, now: OffsetDateTime) -> Option<Consent> {
        let state = self.state();
        let lag = Duration::seconds(state.switches.answer_delay_seconds.into());
        state
            .consents
            .get(&code)
            .map(|consent| consent.as_seen(now, lag))
    }

    /// The codes of all requests, in no particular order.
    pub fn codes(&self) -> Vec<Uuid> {
        self.state().consents.keys().copied().collect()
    }

    /// Where the browser is sent after the request is answered, as its consumer gave it.
    pub fn redirect_address(&self, code: Uuid) -> Option<String> {
        self.consent(code).map(|consent| consent.draft.redirect_url)
    }

    /// Every consent, as the pages see them.
    fn consents(&self) -> Vec<Consent> {
        self.state().consents.values().cloned().collect()
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        refusal.response(&self.switches())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interfaces, for machines.
pub(crate) fn router(world: Arc<World>) -> Router {
    requests::routes()
        .merge(tokens::routes())
        .merge(login::routes())
        .merge(metadata::routes())
        .layer(from_fn_with_state(world.clone(), while_open))
        .with_state(world)
}

/// The pages, for browsers.
pub(crate) fn page_router(world: Arc<World>) -> Router {
    page::routes()
        .merge(link::routes())
        .merge(profile::routes())
        .layer(from_fn_with_state(world.clone(), page::while_open))
        .merge(page::assets())
        .merge(html::language_route(&world.addresses.altinn2_page))
        .with_state(world)
}

/// Altinn 2's part of the admin address.
pub(crate) fn admin_router() -> Router<Arc<World>> {
    admin::routes()
}

async fn while_open(Shared(world): Shared<Arc<World>>, request: Request, next: Next) -> Response {
    if world.altinn2.switches().closed {
        return world.altinn2.refuse(&refusal::CLOSED);
    }
    next.run(request).await
}
