//! Asking the party.

use std::cell::Cell;

use time::OffsetDateTime;

use super::Consents;
use super::record::{Asker, Key, Record, Request, Subject};
use super::rows::Rows;
use super::truth::Uncreated;
use crate::altinn::Outcome;
use crate::context::{Context, uuid, uuid_of};
use crate::idempotency::Running;
use crate::log::{Event, Level};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::state::State;

/// What starting led to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Started {
    /// The consent is already there.
    Granted {
        /// Until when it holds.
        valid_to: OffsetDateTime,
    },
    /// The party has to answer.
    Open {
        /// Where: send the browser there.
        page: String,
        /// Until when the consent will hold.
        valid_to: OffsetDateTime,
        /// Whether the request is a new one.
        new: bool,
    },
}

impl Consents {
    /// Leads to a consent: gives the one there is, or the request that is still open, or makes a new one.
    ///
    /// `callback` is the address of the way back, without a query.
    pub async fn start<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        asker: Asker<'_>,
        callback: &str,
    ) -> Result<Started, Problem> {
        let id = || uuid(context.platform);
        self.start_with(context, subject, asker, callback, id).await
    }

    /// Does the same as [`start`](Self::start) for a request with an idempotency key, whose repeats give a new consent
    /// request the same id.
    pub(super) async fn start_once<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        asker: Asker<'_>,
        callback: &str,
        running: &Running<'_>,
    ) -> Result<Started, Problem> {
        let number = Cell::new(0_u8);
        let id = || {
            let id = uuid_of(running.id(number.get()));
            number.set(number.get().saturating_add(1));
            id
        };
        self.start_with(context, subject, asker, callback, id).await
    }

    /// `id` gives the ids of new requests.
    async fn start_with<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        asker: Asker<'_>,
        callback: &str,
        id: impl Fn() -> String,
    ) -> Result<Started, Problem> {
        let rows = self.rows(context);
        let key = Key::from(subject);
        let fresh = async || {
            let request = Request::new(id(), subject.service, &asker, context.now());
            self.take_slot(&rows, &key, &request, &asker).await?;
            Ok::<_, Problem>(request)
        };
        let kept = rows.usable(&key).await?;
        let request = match kept {
            Some(record)
                if record.page.is_none() && record.outcome(context.now()) == Outcome::Pending =>
            {
                // An earlier start was stopped before it knew Altinn's page: the same id goes out again.
                if record.request.leads_home(&asker) {
                    self.take_slot(&rows, &key, &record.request, &asker).await?;
                    record.request
                } else {
                    fresh().await?
                }
            }
            Some(record) => match self.reuse(&rows, &key, record, &asker).await? {
                Some(started) => return Ok(started),
                None => fresh().await?,
            },
            None => fresh().await?,
        };
        if let Some(started) = self.ask(&rows, &key, request, &asker, callback).await? {
            return Ok(started);
        }
        // The id that went out again had an answer already, and not a yes.
        let request = fresh().await?;
        let started = self.ask(&rows, &key, request, &asker, callback).await?;
        started.ok_or_else(|| {
            Problem::new(Kind::SourceUnreadable).cause("Altinn has an answer to a new request")
        })
    }

    /// What there is, if it still leads anywhere.
    async fn reuse<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: Record,
        asker: &Asker<'_>,
    ) -> Result<Option<Started>, Problem> {
        let Some(record) = self.refresh(rows, key, record).await? else {
            return Ok(None);
        };
        let valid_to = record.request.valid_to();
        match (record.outcome(rows.context.now()), record.page) {
            (Outcome::Granted, _) => Ok(Some(Started::Granted { valid_to })),
            (Outcome::Pending, Some(page)) if record.request.leads_home(asker) => {
                Ok(Some(Started::Open {
                    page,
                    valid_to,
                    new: false,
                }))
            }
            _ => Ok(None),
        }
    }

    /// Stores the request, asks Altinn, and stores what came of it, in the order that the module's head
    /// explains. `None` if Altinn has an answer to it that is not a yes.
    async fn ask<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: Request,
        by: &Asker<'_>,
        callback: &str,
    ) -> Result<Option<Started>, Problem> {
        let context = rows.context;
        let state = State::random(context.platform);
        rows.issue(key, &state, &request).await?;
        let mut record = Record::new(request, Outcome::Pending, context.now());
        rows.keep(key, &record).await?;

        let back = format!("{callback}?state={}", state.expose());
        let asked = record.request.new_to_altinn(key, by, back);
        let consent = match self.create(context, key, &asked).await {
            Ok(consent) => consent,
            Err(Uncreated::Unclear(problem)) => return Err(problem),
            Err(Uncreated::Refused(problem)) => {
                // There is nothing at Altinn to come back to: the next start begins anew.
                rows.forget(key).await?;
                rows.withdraw(key, &state).await?;
                return Err(problem);
            }
        };
        let now = context.now();
        if consent.handle != record.request.handle {
            record.request.handle.clone_from(&consent.handle);
            rows.issue(key, &state, &record.request).await?;
        }
        let outcome = match consent.outcome(&asked, now) {
            Ok(outcome) => outcome,
            Err(mismatch) => {
                rows.forget(key).await?;
                rows.withdraw(key, &state).await?;
                return Err(Problem::new(Kind::SourceUnreadable).cause(mismatch));
            }
        };
        let valid_to = record.request.valid_to();
        let started = match outcome {
            Outcome::Pending => {
                let page = self.altinn.page(&consent).ok_or_else(|| {
                    Problem::new(Kind::SourceUnreadable)
                        .cause("Altinn's viewUri is not at altinn_page_origin")
                })?;
                record.page = Some(page.clone());
                Some(Started::Open {
                    page,
                    valid_to,
                    new: true,
                })
            }
            Outcome::Granted => Some(Started::Granted { valid_to }),
            Outcome::Rejected | Outcome::Revoked | Outcome::Expired => None,
        };
        if outcome == Outcome::Pending {
            context.log(&Event::new(Level::Info, "consent", "asked"));
        }
        Self::take(context, &mut record, outcome);
        rows.keep(key, &record).await?;
        Ok(started)
    }
}
