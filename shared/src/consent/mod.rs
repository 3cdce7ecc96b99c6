//! A party's consent: asking for it, the way back from Altinn, and how it stands.
//!
//! The store has no compare-and-set and a component may be stopped between any two steps, so the order of
//! the writes is what keeps the journey going. [`Consents::start`] takes one of the customer's slots, which run out by
//! themselves, and writes
//!
//! 1. the *ticket*, found by the state in the redirect address, with the whole request in it;
//! 2. the *record*, found by consumer, party, service and metadata, with the request's id;
//! 3. and only then asks Altinn, and at last adds Altinn's page to the record.
//!
//! Every state that Altinn knows therefore has a ticket, and every id that Altinn knows stood in a record.
//! Stopped before 2, there is a ticket that nobody has the state of; it runs out. Stopped before or
//! after Altinn has answered, there is a record without a page: the next start sends the same id again
//! with a new state. If Altinn had it already, Altinn keeps the first state, whose ticket exists; if
//! not, it takes the second. Where it is Altinn that names requests, the ticket and the record get that name as
//! soon as it is known; stopped before, the request is one that nobody is sent to, and another takes its place.
//! Where the party is sent to a link and Altinn is not asked, the name comes with the browser: the callback puts it into
//! the record before it is believed, so that what Altinn could not be asked then is asked by whoever comes next. Where that
//! way back is lost, the record stays *pending*, and the next start leads to the same link.
//!
//! Altinn has one redirect address for a request. An open request is therefore given to others who ask only if they come back
//! to the same return address; another return address has a request of its own, and each ticket keeps its own address.
//!
//! Of two starts at once, the last write wins, and Altinn has two open requests. Each browser comes back
//! with the state of its own, and each ticket can settle its own request: when that one was approved,
//! it takes the record's place. Where that way back is lost too, the record says *pending*, which is
//! true of the request that it holds, and the next start leads to that one. A write that
//! overwrites a settled record with a pending one loses nothing either: whoever reads a pending
//! record asks Altinn, within five seconds.
//!
//! Altinn is asked about a consent at most once in five seconds, whoever asks us and on however many instances: the record
//! says when it was last looked up, and is written before Altinn is asked. A browser that comes back has a look of its own,
//! as seldom, which its ticket says. Of looks at the very same moment each instance may make one.

mod callback;
mod desk;
mod page;
mod party_name;
mod quota;
mod record;
mod require;
mod rows;
mod service;
mod settings;
mod start;
mod truth;
mod withdraw;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
pub(crate) mod fake2;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use time::OffsetDateTime;

pub use callback::Arrival;
pub use desk::{CALLBACK, CALLBACK_PARAMETERS, Desk};
pub use record::{Asker, Subject};
pub use require::Valid;
pub use service::{Offer, Service, Services};
pub use settings::ConsentConfig;
pub use start::Started;

use crate::altinn::{Altinn, Outcome};
use crate::context::Context;
use crate::flight::Flights;
use crate::log::Event;
use crate::party::Environment;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::store::Store;
use crate::token::Client;
use record::{Key, Record};
use rows::Rows;
use truth::Truth;

/// The store of records and tickets.
pub const STORE: &str = "consents";

/// Maximum time of one lookup at Altinn before another request of the instance takes over.
const LOOKING: std::time::Duration = std::time::Duration::from_secs(12);

/// All consents of a deployment.
#[derive(Debug)]
pub struct Consents {
    /// Where the app runs.
    pub environment: Environment,
    /// Where the rows are.
    pub store: Store,
    /// Where the truth is.
    pub altinn: Altinn,
    /// For access to Altinn.
    pub tokens: Client,
    /// The looks at Altinn that are under way, by the requests' ids.
    looks: Flights<String, ()>,
}

/// How a consent stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// What it is worth.
    pub outcome: Outcome,
    /// Until when it holds, or may be answered.
    pub valid_to: OffsetDateTime,
}

impl Consents {
    /// The consents in `store`, which are given at `altinn`.
    pub const fn new(
        environment: Environment,
        store: Store,
        altinn: Altinn,
        tokens: Client,
    ) -> Self {
        Self {
            environment,
            store,
            altinn,
            tokens,
            looks: Flights::new(LOOKING),
        }
    }

    /// How the consent stands, after Altinn has been asked where that may have changed; `None` where
    /// there is none. While Altinn cannot be asked, what was known before stands.
    pub async fn standing<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
    ) -> Result<Option<Standing>, Problem> {
        let rows = self.rows(context);
        let key = Key::from(subject);
        let Some(record) = rows.usable(&key).await? else {
            return Ok(None);
        };
        let record = self.refresh(&rows, &key, record).await?;
        Ok(Self::standing_of(context, record))
    }

    /// Returns the consent's state as stored here, without asking Altinn. `None` if no usable one is stored, or if
    /// Altinn did not know it when last asked.
    pub async fn known_standing<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
    ) -> Result<Option<Standing>, Problem> {
        let record = self.rows(context).usable(&Key::from(subject)).await?;
        let record = record.filter(Record::is_known_to_altinn);
        Ok(Self::standing_of(context, record))
    }

    fn standing_of<P: Platform>(
        context: &Context<'_, P>,
        record: Option<Record>,
    ) -> Option<Standing> {
        record.map(|record| Standing {
            outcome: record.outcome(context.now()),
            valid_to: record.request.valid_to(),
        })
    }

    /// The record with Altinn's word in it, where that may have changed and Altinn has not just been asked. `None` if
    /// Altinn does not know the request: nobody can answer it.
    async fn refresh<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: Record,
    ) -> Result<Option<Record>, Problem> {
        let platform = rows.context.platform;
        let id = &record.request.id;
        if !record.is_due(rows.context.now()) && !self.looks.is_aloft(platform, id) {
            return Ok(Some(record).filter(Record::is_known_to_altinn));
        }
        let led = RefCell::new(None);
        let look = async || {
            let end = self.look_up_now(rows, key).await;
            led.replace(Some(end));
        };
        Box::pin(self.looks.join(platform, id, look)).await;
        if let Some(end) = led.take() {
            return end;
        }
        // Another request of this instance has looked.
        let record = rows.usable(key).await?;
        Ok(record.filter(Record::is_known_to_altinn))
    }

    /// Asks Altinn, unless another request has done so since the record was read.
    async fn look_up_now<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
    ) -> Result<Option<Record>, Problem> {
        let context = rows.context;
        let record = rows.usable(key).await?;
        let Some(mut record) = record else {
            return Ok(None);
        };
        if !record.is_due(context.now()) {
            return Ok(Some(record).filter(Record::is_known_to_altinn));
        }
        record.look(context.now());
        if let Err(problem) = rows.keep(key, &record).await {
            // A look that is not written down would not be the last one.
            context.log(&Event::of("consent", &problem));
            return Ok(Some(record).filter(Record::is_known_to_altinn));
        }
        match self.truth(context, key, &record).await {
            Ok(Truth::Known(Outcome::Pending)) if record.is_known_to_altinn() => {}
            Ok(Truth::Known(outcome)) => {
                Self::take(context, &mut record, outcome);
                rows.keep(key, &record).await?;
            }
            Ok(Truth::Unknown) => {
                record.lose();
                rows.keep(key, &record).await?;
                return Ok(None);
            }
            Err(problem) => context.log(&Event::of("consent", &problem)),
        }
        Ok(Some(record))
    }

    const fn rows<'a, P>(&'a self, context: &'a Context<'a, P>) -> Rows<'a, P> {
        Rows {
            store: &self.store,
            context,
        }
    }
}
