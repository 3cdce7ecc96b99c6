//! The login service's public keys (JWKS, RFC 7517), kept for the life of an instance.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::context::Context;
use crate::flight::Flights;
use crate::outbound::{self, Call, Repeat};
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};

const LOGIN: Call = Call {
    counterparty: "login",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    repeat: Repeat::Idempotent(3),
};

/// An unknown `kid` makes us ask again, but not more often than this: anyone can make one up.
const COOL_DOWN: Duration = Duration::from_mins(1);

/// With no keys at all we ask sooner: nobody can log in meanwhile.
const COLD_COOL_DOWN: Duration = Duration::from_secs(2);

/// Keys older than this are asked for again, so that one that was withdrawn does not hold for ever.
const FRESH: Duration = Duration::from_mins(10);

/// More keys than this are not looked at.
const MOST: usize = 64;

/// One public key.
#[derive(Clone, Debug)]
pub(super) struct Jwk {
    key_id: Option<String>,
    /// As it was published.
    pub(super) json: String,
}

#[derive(Debug)]
pub(super) struct Keys {
    address: String,
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

impl Keys {
    pub(super) const fn new(address: String) -> Self {
        Self {
            address,
            kept: RefCell::new(Kept {
                set: None,
                tried: None,
            }),
            flights: Flights::new(Duration::from_secs(10)),
        }
    }

    /// The key with this `kid`. Without one, the only key there is.
    pub(super) async fn find<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key_id: Option<&str>,
    ) -> Result<Jwk, Problem> {
        let now = context.platform.uptime();
        let (found, stale) = self.look(key_id, now);
        if let Some(found) = found.clone()
            && !stale
        {
            return Ok(found);
        }
        if self.may_ask(now) {
            let ask = async || self.fetch(context).await;
            self.flights.join(context.platform, &(), ask).await;
        }
        let (fresh, _) = self.look(key_id, now);
        if let Some(key) = fresh {
            return Ok(key);
        }
        let kept = self.kept.borrow();
        let failure = kept.tried.as_ref().and_then(|(_, failure)| failure.clone());
        Err(failure.unwrap_or_else(|| {
            Problem::new(Kind::LoginRequired).cause("the login service has no key of this id")
        }))
    }

    fn look(&self, key_id: Option<&str>, now: Duration) -> (Option<Jwk>, bool) {
        let kept = self.kept.borrow();
        let Some((set, came)) = &kept.set else {
            return (None, true);
        };
        let key = match (key_id, set.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(_), set) => set.iter().find(|key| key.key_id.as_deref() == key_id),
        };
        (key.cloned(), *came + FRESH <= now)
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
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.address.parse().map_err(|_| {
            Problem::new(Kind::ConfigurationMissing)
                .cause("the address of the login service's keys is not one")
        })?;
        let json = http::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json);
        let answer = outbound::send(context, &LOGIN, &request).await?;
        if answer.status() != StatusCode::OK {
            return Err(outbound::unexpected(LOGIN.counterparty, &answer));
        }
        read(answer.body())
            .ok_or_else(|| outbound::unreadable(LOGIN.counterparty, "not a set of keys"))
    }
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
    }
    let set: Set = serde_json::from_slice(body).ok()?;
    let keys = set.keys.iter().take(MOST).filter_map(|key| {
        let named: Named = serde_json::from_str(key.get()).ok()?;
        Some(Jwk {
            key_id: named.kid,
            json: key.get().to_owned(),
        })
    });
    Some(keys.collect())
}
