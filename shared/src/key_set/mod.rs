//! Another party's public keys (JWKS, RFC 7517), kept for the life of an instance.

mod place;

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::context::Context;
use crate::flight::Flights;
use crate::outbound::{self, Call};
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};

pub(crate) use place::Place;

/// An unknown name makes us ask again, but not more often than this: anyone can make one up.
const COOL_DOWN: Duration = Duration::from_mins(1);

/// With no keys at all we ask sooner: nothing can be verified meanwhile.
const COLD_COOL_DOWN: Duration = Duration::from_secs(2);

/// More keys than this are not looked at.
const MOST: usize = 64;

/// One public key.
#[derive(Clone, Debug)]
pub(crate) struct Jwk {
    key_id: Option<String>,
    /// The thumbprint of its certificate, where it has one.
    thumbprint: Option<String>,
    /// As it was published.
    pub(crate) json: String,
}

/// The keys that one party publishes.
#[derive(Debug)]
pub(crate) struct KeySet {
    place: Place,
    call: Call,
    /// Keys older than this are asked for again, so that one that was withdrawn does not hold for ever.
    fresh: Duration,
    kept: RefCell<Kept>,
    flights: Flights<(), ()>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The last good set, and when it came.
    set: Option<(Vec<Jwk>, Duration)>,
    /// When we last asked, and what went wrong.
    tried: Option<(Duration, Option<Problem>)>,
}

impl KeySet {
    /// The keys at `place`, which is asked by `call`, and again when they are older than `fresh`.
    pub(crate) const fn new(place: Place, call: Call, fresh: Duration) -> Self {
        Self {
            place,
            call,
            fresh,
            kept: RefCell::new(Kept {
                set: None,
                tried: None,
            }),
            flights: Flights::new(Duration::from_secs(10)),
        }
    }

    /// The key of this `kid`, or `x5t`; without a name the only key there is. `None` if the set has no such key.
    pub(crate) async fn find<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: Option<&str>,
    ) -> Result<Option<Jwk>, Problem> {
        let now = context.platform.uptime();
        let (found, stale) = self.look(name, now);
        if found.is_some() && !stale {
            return Ok(found);
        }
        if self.may_ask(now) {
            let ask = async || self.fetch(context).await;
            self.flights.join(context.platform, &(), ask).await;
        }
        let (fresh, _) = self.look(name, now);
        if fresh.is_some() {
            return Ok(fresh);
        }
        let kept = self.kept.borrow();
        let failure = kept.tried.as_ref().and_then(|(_, failure)| failure.clone());
        failure.map_or(Ok(None), Err)
    }

    fn look(&self, name: Option<&str>, now: Duration) -> (Option<Jwk>, bool) {
        let kept = self.kept.borrow();
        let Some((set, came)) = &kept.set else {
            return (None, true);
        };
        let key = match (name, set.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), set) => set.iter().find(|key| key.is_called(name)),
        };
        (key.cloned(), *came + self.fresh <= now)
    }

    fn may_ask(&self, now: Duration) -> bool {
        let kept = self.kept.borrow();
        let cool_down = if kept.set.is_some() {
            COOL_DOWN
        } else {
            COLD_COOL_DOWN
        };
        kept.tried
            .as_ref()
            .is_none_or(|(tried, _)| *tried + cool_down <= now)
    }

    /// Takes the new set, or keeps the last good one and remembers what went wrong.
    async fn fetch<P: Platform>(&self, context: &Context<'_, P>) {
        let end = self.ask(context).await;
        let now = context.platform.uptime();
        let mut kept = self.kept.borrow_mut();
        match end {
            Ok(set) => {
                // The first set leaves room for one more question: its keys may be changed at any moment.
                kept.tried = kept.set.is_some().then_some((now, None));
                kept.set = Some((set, now));
            }
            Err(problem) => kept.tried = Some((now, Some(problem))),
        }
    }

    async fn ask<P: Platform>(&self, context: &Context<'_, P>) -> Result<Vec<Jwk>, Problem> {
        let address = self.place.address(context, &self.call).await?;
        let answer = outbound::send(context, &self.call, &get(&address)?).await?;
        if answer.status() != StatusCode::OK {
            return Err(outbound::unexpected(self.call.counterparty, &answer));
        }
        read(answer.body())
            .ok_or_else(|| outbound::unreadable(self.call.counterparty, "not a set of keys"))
    }
}

impl Jwk {
    fn is_called(&self, name: &str) -> bool {
        self.key_id.as_deref() == Some(name) || self.thumbprint.as_deref() == Some(name)
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

/// A set of keys. One that cannot be read does not spoil the others.
fn read(body: &[u8]) -> Option<Vec<Jwk>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Box<RawValue>>,
    }
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        kid: Option<String>,
        #[serde(default)]
        x5t: Option<String>,
    }
    let set: Set = serde_json::from_slice(body).ok()?;
    let keys = set.keys.iter().take(MOST).filter_map(|key| {
        let named: Named = serde_json::from_str(key.get()).ok()?;
        Some(Jwk {
            key_id: named.kid,
            thumbprint: named.x5t,
            json: key.get().to_owned(),
        })
    });
    Some(keys.collect())
}
