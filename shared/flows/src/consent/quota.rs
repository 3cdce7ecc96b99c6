//! Quota of consent requests: the number that one customer may have open, and the rate at which it
//! may make them (per two minutes).
//!
//! A customer has twenty slots, which are rows of the store. A request holds one for two minutes,
//! and after that for as long as the party can still answer. Nothing is written when the party
//! answers: a search for a free slot detects that the holder's record is over.
//!
//! The store has no compare-and-set. A request that finds a slot free writes its id, waits briefly
//! and reads again: of several concurrent requests, one holds the slot. If the store takes longer
//! than that pause between the first read and the end of the write, this is not guaranteed, and
//! each concurrent request may exceed the quota by one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Consents;
use super::record::{Key, Request, Requester};
use super::rows::Rows;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_runtime::store::Name;

/// Maximum number of one customer's requests that are open, and of those made within [`LEAST`].
const SLOTS: u8 = 20;

/// Minimum time that a request holds its slot, whatever its outcome.
const LEAST: time::Duration = time::Duration::minutes(2);

/// Pause between writing a slot and reading it again.
const SETTLING: Duration = Duration::from_millis(100);

/// Maximum number of attempts to take a slot, where other requests take the same ones.
const TRIES: u8 = 3;

/// `Retry-After` while all slots hold open requests, in seconds: parties take their time.
const OPEN_RETRY_AFTER: u64 = 600;

const KIND: &str = "slot";

/// Quota slot of a customer. It identifies a party, and so has no `Debug`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
struct Slot {
    /// Random identifier of the request that holds the slot.
    holder: String,
    /// Time at which the slot was taken, in Unix seconds.
    taken_at: i64,
    /// Id of the consent.
    id: String,
    /// Parts of the key of the consent's record.
    record: [String; 3],
}

impl Consents {
    /// Takes one of the customer's slots for `request`.
    ///
    /// # Errors
    ///
    /// [`Kind::TooManyCalls`] if none is free.
    pub(super) async fn take_slot<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: &Request,
        requester: &Requester<'_>,
    ) -> Result<(), Problem> {
        let context = rows.context;
        for _ in 0..TRIES {
            let look = context.platform.uptime();
            let number = rows.free_slot(key, requester).await?;
            let slot = Slot {
                holder: innsyn_core::identifier::uuid(context.platform),
                taken_at: context.now().unix_timestamp(),
                id: request.id.clone(),
                record: key.parts(),
            };
            let number = number.to_string();
            let parts = [requester.subject.expose().as_str(), &number];
            let name = Name {
                consumer: key.subject.consumer,
                kind: KIND,
                parts: &parts,
            };
            let until = request.valid_to();
            rows.store.set(context, &name, &slot, until).await?;
            if context.platform.uptime().saturating_sub(look) > SETTLING {
                return Ok(());
            }
            context.platform.sleep(SETTLING).await;
            let there: Option<Slot> = rows.store.get(context, &name).await?;
            if there.is_some_and(|there| there == slot) {
                return Ok(());
            }
        }
        Err(too_many(1))
    }
}

impl<P: Platform> Rows<'_, P> {
    /// Returns the number of a free slot. The search starts at a random slot, so that concurrent
    /// requests seldom collide.
    async fn free_slot(&self, key: &Key<'_>, requester: &Requester<'_>) -> Result<u8, Problem> {
        let now = self.context.now();
        let mut chance = [0];
        self.context.platform.random(&mut chance);
        let [first] = chance;
        let mut wait = OPEN_RETRY_AFTER;
        for offset in 0..SLOTS {
            let number = (first % SLOTS).wrapping_add(offset) % SLOTS;
            let text = number.to_string();
            let name = Name {
                consumer: key.subject.consumer,
                kind: KIND,
                parts: &[requester.subject.expose(), &text],
            };
            let Some(slot) = self.store.get::<_, Slot>(self.context, &name).await? else {
                return Ok(number);
            };
            let rest = slot.rest(now);
            if rest > 0 {
                wait = wait.min(rest);
                continue;
            }
            let record = self
                .record_named(key.subject.consumer, &slot.record)
                .await?;
            let is_open =
                record.is_some_and(|record| record.request.id == slot.id && record.is_open(now));
            if !is_open {
                return Ok(number);
            }
        }
        Err(too_many(wait))
    }
}

impl Slot {
    /// Returns the seconds that remain of the slot's minimum hold time, whatever the outcome of the
    /// request.
    fn rest(&self, now: OffsetDateTime) -> u64 {
        let since = now.unix_timestamp().saturating_sub(self.taken_at);
        let rest = LEAST.whole_seconds().saturating_sub(since);
        // More than the whole time means that the clock was set back.
        u64::try_from(rest.min(LEAST.whole_seconds())).unwrap_or_default()
    }
}

fn too_many(retry_after: u64) -> Problem {
    let mut problem = Problem::new(Kind::TooManyCalls)
        .detail("Too many unanswered or recent consent requests of this customer: try again later")
        .cause("the customer has no slot left for a consent request");
    problem.retry_after = Some(retry_after);
    problem
}
