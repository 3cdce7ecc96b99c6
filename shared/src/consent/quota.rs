//! Quota of consent requests: how many one customer may have open, and how many may be made in two minutes.
//!
//! Each customer has twenty slots, which are rows of the store. A request takes one, and has it for two minutes and for as
//! long after that as the party can still answer. Nothing is written when the party does: whoever looks for a slot sees
//! that the record of the one who has it is over.
//!
//! The store has no compare-and-set. Who finds a slot free writes itself down, waits for a moment and looks again: of
//! several at once, one has it. Where the store takes longer than that moment between the first look and the end of the
//! writing, that is not certain, and each request at the very same moment may be one too many.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Consents;
use super::record::{Asker, Key, Request};
use super::rows::Rows;
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::store::Name;

/// Maximum number of one customer's requests that are open, and of those made within [`LEAST`].
const SLOTS: u8 = 20;

/// Minimum time that a request holds its slot, whatever its outcome.
const LEAST: time::Duration = time::Duration::minutes(2);

/// Pause between writing a slot and reading it again.
const SETTLING: Duration = Duration::from_millis(100);

/// Maximum number of attempts to take a slot, where other requests take the same ones.
const TRIES: u8 = 3;

/// After how many seconds to come again where all slots are those of open requests: parties take their time.
const OPEN_RETRY_AFTER: u64 = 600;

const KIND: &str = "slot";

/// Quota slot of a customer. The slot names a party, and so has no `Debug`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
struct Slot {
    /// Random: which request of ours has taken it.
    holder: String,
    /// In Unix seconds.
    taken_at: i64,
    /// The consent's id.
    id: String,
    /// Parts of the key of the consent's record.
    record: [String; 3],
}

impl Consents {
    /// Takes one of the customer's slots for `request`.
    ///
    /// # Errors
    ///
    /// [`Kind::TooManyCalls`] where there is none.
    pub(super) async fn take_slot<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: &Request,
        asker: &Asker<'_>,
    ) -> Result<(), Problem> {
        let context = rows.context;
        for _ in 0..TRIES {
            let look = context.platform.uptime();
            let number = rows.free_slot(key, asker).await?;
            let slot = Slot {
                holder: crate::context::uuid(context.platform),
                taken_at: context.now().unix_timestamp(),
                id: request.id.clone(),
                record: key.parts(),
            };
            let number = number.to_string();
            let parts = [asker.subject.expose().as_str(), &number];
            let name = Name {
                consumer: key.consumer,
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
    /// The number of a slot that nobody has. The search begins anywhere, so that several at once seldom meet.
    async fn free_slot(&self, key: &Key<'_>, asker: &Asker<'_>) -> Result<u8, Problem> {
        let now = self.context.now();
        let mut chance = [0];
        self.context.platform.random(&mut chance);
        let [first] = chance;
        let mut wait = OPEN_RETRY_AFTER;
        for offset in 0..SLOTS {
            let number = (first % SLOTS).wrapping_add(offset) % SLOTS;
            let text = number.to_string();
            let name = Name {
                consumer: key.consumer,
                kind: KIND,
                parts: &[asker.subject.expose(), &text],
            };
            let Some(slot) = self.store.get::<_, Slot>(self.context, &name).await? else {
                return Ok(number);
            };
            let rest = slot.rest(now);
            if rest > 0 {
                wait = wait.min(rest);
                continue;
            }
            let record = self.record_named(key.consumer, &slot.record).await?;
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
    /// Returns the seconds that remain of the slot's minimum hold time, whatever the outcome of the request.
    fn rest(&self, now: OffsetDateTime) -> u64 {
        let since = now.unix_timestamp().saturating_sub(self.taken_at);
        let rest = LEAST.whole_seconds().saturating_sub(since);
        // More than all of it is a clock that was set back.
        u64::try_from(rest.min(LEAST.whole_seconds())).unwrap_or_default()
    }
}

fn too_many(retry_after: u64) -> Problem {
    let mut problem = Problem::new(Kind::TooManyCalls)
        .detail("The customer has asked for too many consents that are not answered, or just now")
        .cause("the customer has no slot left for a consent request");
    problem.retry_after = Some(retry_after);
    problem
}
