//! Another party's public keys (JWKS, RFC 7517), shared by the instances of a deployment.
//!
//! An instance keeps the set in memory, and looks no further while it has the key and the set is young. Otherwise it
//! reads the row that the deployment shares in its sealed store, and where that is no help it fetches the set: under a
//! lease, and at most once in five seconds for the whole deployment, whatever names of keys callers make up. A store that
//! fails refuses nobody: the instance then fetches for itself, as seldom.

mod jwk;
mod place;
mod shared_set;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use time::OffsetDateTime;

use crate::config::KeySetStore;
use crate::context::Context;
use crate::flight::Flights;
use crate::log::{Event, Level};
use crate::outbound::{self, Call};
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};

pub(crate) use jwk::Jwk;
pub(crate) use place::Place;

use shared_set::{COOL_DOWN, Row, SharedSet, age, is_within};

/// The pause between two looks of an instance for a key that it does not have: anyone can make up a name.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// The pause after a look that failed, where the instance has a key that may still be used.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// The pause after a fetch of this instance that did not come to its end, because its request was cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_secs(1);

/// The longest time that one look may take: the lease, a fetch, and the store.
const PATIENCE: Duration = Duration::from_secs(8);

/// The pause between two readings of the row while another instance fetches.
const POLL: Duration = Duration::from_millis(250);

/// Lifetimes of a key set: how long it may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lifetimes {
    /// From the fetch; the set is fetched again after half of it.
    pub(crate) fresh: Duration,
    /// From the fetch, while no other set can be fetched.
    pub(crate) unreachable: Duration,
}

/// The keys that one party publishes.
#[derive(Debug)]
pub(crate) struct KeySet {
    place: Place,
    call: Call,
    lifetimes: Lifetimes,
    shared: SharedSet,
    kept: RefCell<Kept>,
    flights: Flights<(), ()>,
}

/// Cached key set of an instance, with the times and the failure of its lookups.
#[derive(Debug, Default)]
struct Kept {
    keys: Vec<Jwk>,
    /// When the deployment fetched them.
    fetched: Option<OffsetDateTime>,
    /// Failure of the last fetch, if it failed.
    failure: Option<Problem>,
    /// When the last look ended.
    looked: Option<OffsetDateTime>,
    /// When this instance last began a fetch, and whether that came to its end.
    own_fetch: Option<(OffsetDateTime, bool)>,
}

/// Reason why a lookup is needed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Need {
    /// None is.
    Nothing,
    /// The key may be used; the set is to be renewed ahead of time.
    Renewal,
    /// There is no key that may be used.
    Key,
}

impl KeySet {
    /// The keys at `place`, which is asked by `call`.
    pub(crate) fn new(
        place: Place,
        call: Call,
        lifetimes: Lifetimes,
        settings: &KeySetStore,
    ) -> Self {
        Self {
            shared: SharedSet::new(place.name(), settings),
            place,
            call,
            lifetimes,
            kept: RefCell::default(),
            flights: Flights::new(PATIENCE.saturating_add(LOOK_PAUSE)),
        }
    }

    /// Finds the key of this `kid`, or `x5t`; without a name the only key there is. `None` if the set has no such key.
    ///
    /// # Errors
    ///
    /// Fails where there is no set that may be used, or the key is unknown and the last fetch failed.
    pub(crate) async fn find<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: Option<&str>,
    ) -> Result<Option<Jwk>, Problem> {
        let (found, need) = self.known(name, context.now());
        let platform = context.platform;
        let is_led = self.flights.is_aloft(platform, &());
        let looks = match need {
            Need::Nothing => false,
            Need::Renewal => !is_led && self.may_look(context.now(), RENEWAL_PAUSE),
            Need::Key => is_led || self.may_look(context.now(), LOOK_PAUSE),
        };
        if !looks {
            return self.answer(found, need);
        }
        let look = async || {
            self.look(&context.within(PATIENCE), name).await;
            self.kept.borrow_mut().looked = Some(context.now());
        };
        // Boxed, so that the futures of those who verify logins stay shallow.
        Box::pin(self.flights.join(platform, &(), look)).await;
        let (found, need) = self.known(name, context.now());
        self.answer(found, need)
    }

    fn answer(&self, found: Option<Jwk>, need: Need) -> Result<Option<Jwk>, Problem> {
        if need != Need::Key {
            return Ok(found);
        }
        let kept = self.kept.borrow();
        match (&kept.failure, kept.fetched) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(_)) => Ok(None),
            (None, None) => Err(self.not_fetched()),
        }
    }

    /// The key of this name, where it may be used, and whether a look is needed.
    fn known(&self, name: Option<&str>, now: OffsetDateTime) -> (Option<Jwk>, Need) {
        let kept = self.kept.borrow();
        let key = match (name, kept.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), keys) => keys.iter().find(|key| key.is_called(name)),
        };
        let age = kept.fetched.and_then(|fetched| age(fetched, now));
        let Lifetimes { fresh, unreachable } = self.lifetimes;
        let young = fresh.checked_div(2).unwrap_or_default();
        let need = match age.filter(|_| key.is_some()) {
            Some(age) if age < young => Need::Nothing,
            Some(age) if age < fresh => Need::Renewal,
            Some(age) if age < unreachable && kept.failure.is_some() => Need::Renewal,
            _ => Need::Key,
        };
        (key.filter(|_| need != Need::Key).cloned(), need)
    }

    fn may_look(&self, now: OffsetDateTime, pause: Duration) -> bool {
        let kept = self.kept.borrow();
        kept.looked
            .is_none_or(|looked| !is_within(pause, looked, now))
    }

    /// Takes over the deployment's set, after fetching it where that is due.
    async fn look<P: Platform>(&self, context: &Context<'_, P>, name: Option<&str>) {
        if let Err(problem) = self.look_shared(context, name).await {
            context.log(&Event {
                level: Level::Warn,
                ..Event::of("key-set", &problem)
            });
            self.fetch_now(context).await;
        }
    }

    /// # Errors
    ///
    /// Fails where the store does.
    async fn look_shared<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: Option<&str>,
    ) -> Result<(), Problem> {
        loop {
            if self.adopt(context, &self.shared.read(context).await?, name) {
                return Ok(());
            }
            let fetch = async || self.fetch_shared(context, name).await;
            if let Some(fetched) = self.shared.lead(context, fetch).await? {
                return fetched;
            }
            // Another instance is at it, or the lease of one that died has not run out.
            if context.left() <= POLL {
                self.kept.borrow_mut().failure = Some(self.not_fetched());
                return Ok(());
            }
            context.platform.sleep(POLL).await;
        }
    }

    /// Fetches the set for the deployment. The caller holds the lease.
    async fn fetch_shared<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: Option<&str>,
    ) -> Result<(), Problem> {
        let row = self.shared.read(context).await?;
        if self.adopt(context, &row, name) {
            return Ok(());
        }
        let Some(start) = self.fetch_now(context).await else {
            return Ok(());
        };
        let row = {
            let kept = self.kept.borrow();
            row.after(start, kept.failure.is_none().then_some(&kept.keys))
        };
        if let Err(problem) = self.shared.write(context, &row, self.lifetimes).await {
            context.log(&Event::of("key-set", &problem));
        }
        Ok(())
    }

    /// Takes over a row that is newer than what is kept. Returns whether no fetch is due.
    fn adopt<P: Platform>(&self, context: &Context<'_, P>, row: &Row, name: Option<&str>) -> bool {
        let now = context.now();
        let mut kept = self.kept.borrow_mut();
        let is_sound = |fetched| age(fetched, now).is_some();
        if row.fetched() > kept.fetched || !kept.fetched.is_some_and(is_sound) {
            kept.keys = row.keys();
            kept.fetched = row.fetched();
            kept.failure = None;
        }
        let is_recent = row.is_recent(now);
        if is_recent && row.has_failed() {
            kept.failure.get_or_insert_with(|| self.not_fetched());
        } else if is_recent {
            kept.failure = None;
        }
        drop(kept);
        is_recent || self.known(name, now).1 == Need::Nothing
    }

    /// Fetches the set, unless this instance has done so within the cool-down. A failure leaves the last good set.
    /// Returns when the fetch began.
    async fn fetch_now<P: Platform>(&self, context: &Context<'_, P>) -> Option<OffsetDateTime> {
        let began = context.now();
        let own = self.kept.borrow().own_fetch;
        let rests = own.is_some_and(|(last, has_ended)| {
            let pause = if has_ended {
                COOL_DOWN
            } else {
                CANCELLED_PAUSE
            };
            is_within(pause, last, began)
        });
        if rests {
            return None;
        }
        self.kept.borrow_mut().own_fetch = Some((began, false));
        let start = began.truncate_to_second();
        let end = self.fetch(context).await;
        let mut kept = self.kept.borrow_mut();
        kept.own_fetch = Some((began, true));
        match end {
            Ok(keys) => {
                kept.keys = keys;
                kept.fetched = Some(start);
                kept.failure = None;
            }
            Err(problem) => kept.failure = Some(problem),
        }
        Some(start)
    }

    async fn fetch<P: Platform>(&self, context: &Context<'_, P>) -> Result<Vec<Jwk>, Problem> {
        let address = self.place.address(context, &self.call).await?;
        let answer = outbound::send(context, &self.call, &get(&address)?).await?;
        if answer.status() != StatusCode::OK {
            return Err(outbound::unexpected(self.call.counterparty, &answer));
        }
        jwk::read(answer.body())
            .ok_or_else(|| outbound::unreadable(self.call.counterparty, "not a set of keys"))
    }

    /// The failure that another instance has seen, or that nobody has been able to see.
    fn not_fetched(&self) -> Problem {
        Problem::new(Kind::SourceDown).cause(format_args!(
            "{}: another instance could not fetch the keys",
            self.call.counterparty
        ))
    }
}

/// Asks for JSON.
fn get(address: &str) -> Result<Request, Problem> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = address.parse().map_err(|_| {
        Problem::new(Kind::ConfigurationMissing).cause("the address of the keys is not one")
    })?;
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    Ok(request)
}
