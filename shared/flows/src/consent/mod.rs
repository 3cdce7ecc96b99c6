//! Consent of a party: request, browser return from Altinn, and status.
//!
//! The store has no compare-and-set and a component may be stopped between any two steps, so the
//! order of the writes keeps the flow consistent. [`Consents::start`] takes one of the customer's
//! slots, which expire by themselves, and writes
//!
//! 1. the *ticket*, found by the state in the redirect URI, with the whole request in it;
//! 2. the *record*, found by consumer, party, service and metadata, with the request's id;
//! 3. and only then calls Altinn, and finally adds Altinn's page to the record.
//!
//! A state that Altinn knows therefore always has a ticket, and an id that Altinn knows was in a
//! record. A start that stops before step 2 leaves a ticket whose state is unknown to all; it
//! expires. A start that stops before or after Altinn's response leaves a record without a page:
//! the next start sends the same id again with a new state. If Altinn already had the id, it keeps
//! the first state, whose ticket exists; if not, it takes the second. If Altinn names requests
//! itself, the ticket and the record get that name as soon as it is known. A start that stops
//! before that leaves a request to which no party is sent, and another replaces it. If the party is
//! sent to a link and Altinn is not called, the browser brings the name. The callback writes it
//! into the record before it is trusted, so that a later request can make a lookup that failed
//! then. If that browser return is lost, the record stays *pending*, and the next start leads to
//! the same link.
//!
//! Altinn has one redirect URI per request. An open request is therefore shared only with callers
//! that use the same return address; another return address gets a request of its own, and each
//! ticket keeps its own address.
//!
//! If two starts run concurrently, the last write wins, and Altinn has two open requests. Each
//! browser returns with its own state, and each ticket can settle its own request: an approved one
//! replaces the record. If that browser return is lost too, the record says *pending*, which is
//! true of the request that it holds, and the next start leads to that one. A write that overwrites
//! a settled record with a pending one loses nothing either: a request that reads a pending record
//! calls Altinn, within five seconds.
//!
//! Altinn is asked about a consent at most once in 5 s, across all callers and instances: the
//! record stores the time of the last lookup, and is written before the call. A browser return has
//! a lookup of its own at the same rate, stored in its ticket. In a race, each instance may make
//! one lookup.

mod announce;
mod api;
mod approvals;
mod callback;
mod certificates;
mod drain;
mod feed;
mod lookup;
mod maintenance_rows;
mod page;
mod party_name;
mod quota;
mod record;
mod require;
mod rows;
mod service;
mod settings;
mod start;
mod start_body;
mod sweep;
mod withdraw;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
pub(crate) mod fake2;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use time::OffsetDateTime;

pub use api::ConsentApi;
pub use callback::BrowserReturn;
pub use drain::Drained;
pub use record::{Key, Requester};
pub use require::ActiveConsent;
pub(crate) use service::OFFERED;
pub use service::{ServiceTemplate, Services};
pub use settings::ConsentConfig;
pub(crate) use settings::{CONSENT_STORE_KEY, CONSENT_STORE_PREVIOUS_KEY, STORED};
pub use start::Started;

use crate::altinn::Altinn;
use crate::events::Receivers;
use crate::token::Client;
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::Environment;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::single_flight::SingleFlight;
use innsyn_protocols::altinn::Outcome;
use innsyn_runtime::store::Store;
use lookup::LookupOutcome;
use record::Record;
use rows::Rows;

/// Name of the store of records and tickets.
pub const STORE: &str = "consents";

/// Maximum time of one lookup at Altinn before another request of the instance takes over.
const LOOKING: std::time::Duration = std::time::Duration::from_secs(12);

/// Consents of a deployment.
#[derive(Debug)]
pub struct Consents {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Store of records and tickets.
    pub store: Store,
    /// Altinn, the authority on a consent's status.
    pub altinn: Altinn,
    /// Client for tokens that give access to Altinn.
    pub tokens: Client,
    /// Receivers of events; without any, nothing is announced.
    pub receivers: Receivers,
    /// Address of the component, which is the source of its events.
    pub source: String,
    /// Single-flight group of lookups at Altinn, keyed by the requests' ids.
    lookups: SingleFlight<String, ()>,
}

/// Status of a consent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConsentStatus {
    /// Outcome of the request.
    pub outcome: Outcome,
    /// Time until which the consent is valid, or may be answered.
    pub valid_to: OffsetDateTime,
}

impl Consents {
    /// Creates the consents in `store`, which are given at `altinn`.
    pub fn new(environment: Environment, store: Store, altinn: Altinn, tokens: Client) -> Self {
        Self {
            environment,
            store,
            altinn,
            tokens,
            receivers: Receivers::default(),
            source: String::new(),
            lookups: SingleFlight::new(LOOKING),
        }
    }

    /// Returns the consent's status, after a lookup at Altinn if the status may have changed;
    /// `None` if there is no consent. While Altinn is unavailable, the stored status is returned.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the problems of refusals by Altinn.
    pub async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
    ) -> Result<Option<ConsentStatus>, Problem> {
        let rows = self.rows(context);
        let Some(record) = rows.usable(&key).await? else {
            return Ok(None);
        };
        let record = self.refresh(&rows, &key, record).await?;
        Ok(Self::status_of(context, record))
    }

    /// Returns the consent's stored status, without a call to Altinn. `None` if no usable one is
    /// stored, or if Altinn did not know it at the last lookup.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn stored_status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
    ) -> Result<Option<ConsentStatus>, Problem> {
        let record = self.rows(context).usable(&key).await?;
        let record = record.filter(Record::is_known_to_altinn);
        Ok(Self::status_of(context, record))
    }

    fn status_of<P: Platform>(
        context: &Context<'_, P>,
        record: Option<Record>,
    ) -> Option<ConsentStatus> {
        record.map(|record| ConsentStatus {
            outcome: record.outcome(context.now()),
            valid_to: record.request.valid_to(),
        })
    }

    /// Updates the record by a lookup at Altinn, if its status may have changed and no lookup was
    /// just made. `None` if Altinn does not know the request, so that nobody can answer it.
    async fn refresh<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: Record,
    ) -> Result<Option<Record>, Problem> {
        let platform = rows.context.platform;
        let id = &record.request.id;
        if !record.is_due(rows.context.now()) && !self.lookups.is_in_flight(platform, id) {
            return Ok(Some(record).filter(Record::is_known_to_altinn));
        }
        let led = RefCell::new(None);
        let look = async || {
            let end = self.look_up_now(rows, key).await;
            led.replace(Some(end));
        };
        Box::pin(self.lookups.join(platform, id, look)).await;
        if let Some(end) = led.take() {
            return end;
        }
        // Another request of this instance has made the lookup.
        let record = rows.usable(key).await?;
        Ok(record.filter(Record::is_known_to_altinn))
    }

    /// Looks up the request at Altinn, unless another request has done so since the record was
    /// read.
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
            // A lookup that is not stored would not be limited in rate.
            context.log(&Event::from_problem("consent", &problem));
            return Ok(Some(record).filter(Record::is_known_to_altinn));
        }
        match self.lookup_outcome(context, key, &record).await {
            Ok(LookupOutcome::Known(Outcome::Pending)) if record.is_known_to_altinn() => {}
            Ok(LookupOutcome::Known(outcome)) => {
                self.store_outcome(rows, key, &mut record, outcome).await?;
            }
            Ok(LookupOutcome::Unknown) => {
                record.lose();
                rows.keep(key, &record).await?;
                return Ok(None);
            }
            Err(problem) => context.log(&Event::from_problem("consent", &problem)),
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
