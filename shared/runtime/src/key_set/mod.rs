//! Public keys of another party (JWKS, RFC 7517), shared by the instances of a deployment.
//!
//! An instance caches the set in memory and uses it while it has the key and is fresh. Otherwise
//! the instance reads the row that the deployment shares in its sealed store. If that does not
//! help, it fetches the set under a lease. The deployment fetches a set at most once in 5 s,
//! whatever key ids callers invent. If the store fails, no caller is refused: the instance fetches
//! for itself, at the same rate.

mod location;
mod shared_set;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use jwt_simple::prelude::VerificationOptions;
use time::OffsetDateTime;

use crate::config::KeySetStore;
use crate::outbound::{self, Endpoint};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::{Platform, Request};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::single_flight::SingleFlight;
use innsyn_protocols::jose::{
    Claims, Jwk, KeyNotFound, Published, Selector, UnverifiedToken, VerificationError,
};

pub use location::KeySetLocation;

use shared_set::{COOL_DOWN, Row, SharedSet, age, is_within};

/// Pause between two lookups by an instance of a key that it does not have: anyone can invent a key
/// id.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Pause after a failed lookup, if the instance has a key that may still be used.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// Pause after a fetch by this instance that did not complete because its request was cancelled.
const CANCELLED_PAUSE: Duration = Duration::from_secs(1);

/// Maximum time of one lookup: the lease, a fetch, and the store.
const PATIENCE: Duration = Duration::from_secs(8);

/// Interval at which the row is read again while another instance fetches.
const POLL: Duration = Duration::from_millis(250);

/// Time-to-live of a key set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifetimes {
    /// Time from the fetch for which the set is fresh; it is fetched again after half of it.
    pub fresh: Duration,
    /// Time from the fetch for which the set is used while it cannot be fetched again.
    pub unreachable: Duration,
}

/// Key set that one party publishes.
#[derive(Debug)]
pub struct KeySet {
    location: KeySetLocation,
    endpoint: Endpoint,
    lifetimes: Lifetimes,
    shared: SharedSet,
    cached: RefCell<CachedKeys>,
    in_flight: SingleFlight<(), ()>,
}

/// Cached key set of an instance, with the times and the failure of its lookups.
#[derive(Debug, Default)]
struct CachedKeys {
    keys: Vec<Jwk>,
    /// Time at which the deployment fetched the keys.
    fetched: Option<OffsetDateTime>,
    /// Failure of the last fetch, if it failed.
    failure: Option<Problem>,
    /// Time at which the last lookup ended.
    looked: Option<OffsetDateTime>,
    /// Last fetch by this instance.
    own_fetch: Option<OwnFetch>,
}

/// Fetch by this instance.
#[derive(Clone, Copy, Debug)]
struct OwnFetch {
    began: OffsetDateTime,
    /// False while it is in progress, and if it was cancelled.
    has_ended: bool,
}

/// Reason why a lookup is needed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Need {
    /// Lookup is not needed.
    Nothing,
    /// The key may be used, but the set is due for renewal ahead of time.
    Renewal,
    /// Usable key is missing.
    Key,
}

impl KeySet {
    /// Creates the key set at `location`, fetched with the endpoint policy `endpoint`.
    pub fn new(
        location: KeySetLocation,
        endpoint: Endpoint,
        lifetimes: Lifetimes,
        settings: &KeySetStore,
    ) -> Self {
        Self {
            shared: SharedSet::new(location.name(), settings),
            location,
            endpoint,
            lifetimes,
            cached: RefCell::default(),
            in_flight: SingleFlight::new(PATIENCE.saturating_add(LOOK_PAUSE)),
        }
    }

    /// Verifies a token's signature, and its claims according to `options`.
    ///
    /// # Errors
    ///
    /// [`VerificationError`] with the reason.
    pub async fn verify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &UnverifiedToken<'_>,
        options: &VerificationOptions,
    ) -> Result<Claims, VerificationError> {
        let found = self.find(context, &token.selector).await;
        let keys = found.map_err(VerificationError::Unavailable)?;
        let keys = keys.map_err(VerificationError::KeyNotFound)?;
        token.verify(&keys.iter().collect::<Vec<_>>(), options)
    }

    /// Finds the matching keys, at least one and at most four; [`KeyNotFound`] if the set has none.
    ///
    /// # Errors
    ///
    /// Fails if no usable set is available, or if no key is known to match and the last fetch
    /// failed.
    async fn find<P: Platform>(
        &self,
        context: &Context<'_, P>,
        selector: &Selector,
    ) -> Result<Result<Vec<Jwk>, KeyNotFound>, Problem> {
        let (found, need) = self.known(selector, context.now());
        let platform = context.platform;
        let is_led = self.in_flight.is_in_flight(platform, &());
        let looks = match need {
            Need::Nothing => false,
            Need::Renewal => !is_led && self.may_look(context.now(), RENEWAL_PAUSE),
            Need::Key => is_led || self.may_look(context.now(), LOOK_PAUSE),
        };
        if !looks {
            return self.answer(found, need);
        }
        let look = async || {
            self.look(&context.within(PATIENCE), selector).await;
            self.cached.borrow_mut().looked = Some(context.now());
        };
        // Boxed, so that the futures of login verification stay small.
        Box::pin(self.in_flight.join(platform, &(), look)).await;
        let (found, need) = self.known(selector, context.now());
        self.answer(found, need)
    }

    fn answer(
        &self,
        found: Result<Vec<Jwk>, KeyNotFound>,
        need: Need,
    ) -> Result<Result<Vec<Jwk>, KeyNotFound>, Problem> {
        if need != Need::Key {
            return Ok(found);
        }
        let cached = self.cached.borrow();
        match (&cached.failure, cached.fetched) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(_)) => Ok(found),
            (None, None) => Err(self.not_fetched()),
        }
    }

    /// Returns the matching keys, if they may be used, and whether a lookup is needed.
    fn known(
        &self,
        selector: &Selector,
        now: OffsetDateTime,
    ) -> (Result<Vec<Jwk>, KeyNotFound>, Need) {
        let cached = self.cached.borrow();
        let keys = selector.select(&cached.keys);
        let age = cached.fetched.and_then(|fetched| age(fetched, now));
        let Lifetimes { fresh, unreachable } = self.lifetimes;
        let young = fresh.checked_div(2).unwrap_or_default();
        let need = match age.filter(|_| keys.is_ok()) {
            Some(age) if age < young => Need::Nothing,
            Some(age) if age < fresh => Need::Renewal,
            Some(age) if age < unreachable && cached.failure.is_some() => Need::Renewal,
            _ => Need::Key,
        };
        let keys = keys.and_then(|keys| match need {
            // The keys are too old.
            Need::Key => Err(selector.key_not_found(0)),
            Need::Nothing | Need::Renewal => Ok(keys.into_iter().cloned().collect()),
        });
        (keys, need)
    }

    /// Returns the time at which this instance's set was fetched; `None` if it has none, or if the
    /// set is due for renewal.
    pub fn current(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let cached = self.cached.borrow();
        let age = cached.fetched.and_then(|fetched| age(fetched, now))?;
        let young = self.lifetimes.fresh.checked_div(2).unwrap_or_default();
        cached.fetched.filter(|_| age < young)
    }

    fn may_look(&self, now: OffsetDateTime, pause: Duration) -> bool {
        let cached = self.cached.borrow();
        cached
            .looked
            .is_none_or(|looked| !is_within(pause, looked, now))
    }

    /// Adopts the deployment's set, after fetching it if that is due.
    async fn look<P: Platform>(&self, context: &Context<'_, P>, selector: &Selector) {
        if let Err(problem) = self.look_shared(context, selector).await {
            context.log(&Event {
                level: Level::Warn,
                ..Event::from_problem("key-set", &problem)
            });
            self.fetch_now(context).await;
        }
    }

    /// # Errors
    ///
    /// Fails if the store does.
    async fn look_shared<P: Platform>(
        &self,
        context: &Context<'_, P>,
        selector: &Selector,
    ) -> Result<(), Problem> {
        loop {
            if self.adopt(context, &self.shared.read(context).await?, selector) {
                return Ok(());
            }
            let fetch = async || self.fetch_shared(context, selector).await;
            if let Some(fetched) = self.shared.lead(context, fetch).await? {
                return fetched;
            }
            // Another instance is fetching, or the lease of one that died has not expired.
            if context.left() <= POLL {
                self.cached.borrow_mut().failure = Some(self.not_fetched());
                return Ok(());
            }
            context.platform.sleep(POLL).await;
        }
    }

    /// Fetches the set for the deployment. The caller holds the lease.
    async fn fetch_shared<P: Platform>(
        &self,
        context: &Context<'_, P>,
        selector: &Selector,
    ) -> Result<(), Problem> {
        let row = self.shared.read(context).await?;
        if self.adopt(context, &row, selector) {
            return Ok(());
        }
        let Some(start) = self.fetch_now(context).await else {
            return Ok(());
        };
        let row = {
            let cached = self.cached.borrow();
            row.after(start, cached.failure.is_none().then_some(&cached.keys))
        };
        if let Err(problem) = self.shared.write(context, &row, self.lifetimes).await {
            context.log(&Event::from_problem("key-set", &problem));
        }
        Ok(())
    }

    /// Adopts a row that is newer than the cached set. Returns whether no fetch is due.
    fn adopt<P: Platform>(&self, context: &Context<'_, P>, row: &Row, selector: &Selector) -> bool {
        let now = context.now();
        let mut cached = self.cached.borrow_mut();
        let is_sound = |fetched| age(fetched, now).is_some();
        if row.fetched() > cached.fetched || !cached.fetched.is_some_and(is_sound) {
            cached.keys = row.keys();
            cached.fetched = row.fetched();
            cached.failure = None;
        }
        let is_recent = row.is_recent(now);
        if is_recent && row.has_failed() {
            cached.failure.get_or_insert_with(|| self.not_fetched());
        } else if is_recent {
            cached.failure = None;
        }
        drop(cached);
        is_recent || self.known(selector, now).1 == Need::Nothing
    }

    /// Fetches the set, unless this instance has done so within the cool-down. A failure leaves the
    /// last good set in place. Returns the time at which the fetch began.
    async fn fetch_now<P: Platform>(&self, context: &Context<'_, P>) -> Option<OffsetDateTime> {
        let began = context.now();
        let own = self.cached.borrow().own_fetch;
        let rests = own.is_some_and(|last| {
            let pause = if last.has_ended {
                COOL_DOWN
            } else {
                CANCELLED_PAUSE
            };
            is_within(pause, last.began, began)
        });
        if rests {
            return None;
        }
        self.cached.borrow_mut().own_fetch = Some(OwnFetch {
            began,
            has_ended: false,
        });
        let start = began.truncate_to_second();
        let end = self.fetch(context).await;
        let mut cached = self.cached.borrow_mut();
        cached.own_fetch = Some(OwnFetch {
            began,
            has_ended: true,
        });
        match end {
            Ok(keys) => {
                cached.keys = keys;
                cached.fetched = Some(start);
                cached.failure = None;
            }
            Err(problem) => cached.failure = Some(problem),
        }
        Some(start)
    }

    async fn fetch<P: Platform>(&self, context: &Context<'_, P>) -> Result<Vec<Jwk>, Problem> {
        let address = self.location.address(context, &self.endpoint).await?;
        let answer = outbound::send(context, &self.endpoint, &get(&address)?).await?;
        if answer.status() != StatusCode::OK {
            return Err(outbound::unexpected(self.endpoint.counterparty, &answer));
        }
        let read = Published::read(answer.body())
            .ok_or_else(|| outbound::unreadable(self.endpoint.counterparty, "not a set of keys"))?;
        for remark in read.remarks {
            context.log(&Event {
                counterparty: Some(self.endpoint.counterparty),
                ..Event::new(Level::Warn, "key-set", "irregular").cause(remark)
            });
        }
        Ok(read.keys)
    }

    /// Returns the problem for a fetch that failed in another instance, or that could not be
    /// observed.
    fn not_fetched(&self) -> Problem {
        Problem::new(Kind::SourceDown).cause(format_args!(
            "{}: another instance could not fetch the keys",
            self.endpoint.counterparty
        ))
    }
}

/// Creates a `GET` request that accepts JSON.
fn get(address: &str) -> Result<Request, Problem> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = address.parse().map_err(|_| {
        Problem::new(Kind::ConfigurationMissing).cause("the address of the keys is not one")
    })?;
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    Ok(request)
}
