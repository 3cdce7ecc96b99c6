//! Start of a consent request.

use std::cell::Cell;

use time::OffsetDateTime;

use super::Consents;
use super::lookup::CreateError;
use super::record::{Key, Record, Request, Requester};
use super::rows::Rows;
use innsyn_core::context::Context;
use innsyn_core::identifier::{uuid, uuid_from_random};
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_protocols::altinn::{ConsentRequest, Creation, Outcome};
use innsyn_runtime::idempotency::RequestLease;
use innsyn_runtime::state::State;

/// Result of a start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Started {
    /// The consent already exists.
    Granted {
        /// Time until which the consent is valid.
        valid_to: OffsetDateTime,
    },
    /// The party has to answer.
    Open {
        /// Address of Altinn's page, to which the app sends the browser.
        page: String,
        /// Time until which the consent will be valid.
        valid_to: OffsetDateTime,
        /// True if the request is new.
        new: bool,
    },
}

impl Consents {
    /// Starts a consent: returns the existing one, or the request that is still open, or creates a
    /// request.
    ///
    /// `callback` is the redirect URI, without a query.
    ///
    /// # Errors
    ///
    /// `Kind::TooManyCalls` over the customer's quota, `Kind::StoreDown` if the store fails, and
    /// the problems of refusals by Altinn.
    pub async fn start<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
        requester: Requester<'_>,
        callback: &str,
    ) -> Result<Started, Problem> {
        let id = || uuid(context.platform);
        self.start_with(context, key, requester, callback, id).await
    }

    /// Starts a consent as [`start`](Self::start) does, for a request with an idempotency key,
    /// whose repeats give a new consent request the same id.
    pub(super) async fn start_once<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
        requester: Requester<'_>,
        callback: &str,
        running: &RequestLease<'_>,
    ) -> Result<Started, Problem> {
        let number = Cell::new(0_u8);
        let id = || {
            let id = uuid_from_random(running.id(number.get()));
            number.set(number.get().saturating_add(1));
            id
        };
        self.start_with(context, key, requester, callback, id).await
    }

    /// Starts a consent; `id` generates the ids of new requests.
    async fn start_with<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
        requester: Requester<'_>,
        callback: &str,
        id: impl Fn() -> String,
    ) -> Result<Started, Problem> {
        let rows = self.rows(context);
        let fresh = async || {
            let request = Request::new(id(), key.subject.right, &requester, context.now());
            self.take_slot(&rows, &key, &request, &requester).await?;
            Ok::<_, Problem>(request)
        };
        let kept = rows.usable(&key).await?;
        let request = match kept {
            Some(record)
                if record.page.is_none() && record.outcome(context.now()) == Outcome::Pending =>
            {
                // An earlier start was stopped before it received Altinn's page: the same id is
                // sent again.
                if record.request.leads_home(&requester) {
                    self.take_slot(&rows, &key, &record.request, &requester)
                        .await?;
                    record.request
                } else {
                    fresh().await?
                }
            }
            Some(record) => match self.reuse(&rows, &key, record, &requester).await? {
                Some(started) => return Ok(started),
                None => fresh().await?,
            },
            None => fresh().await?,
        };
        if let Some(started) = self.ask(&rows, &key, request, &requester, callback).await? {
            return Ok(started);
        }
        // The id that was sent again already had an answer, which was not an approval.
        let request = fresh().await?;
        let started = self.ask(&rows, &key, request, &requester, callback).await?;
        started.ok_or_else(|| {
            Problem::new(Kind::SourceUnreadable).cause("Altinn has an answer to a new request")
        })
    }

    /// Returns the existing consent or request, if it is still of use.
    async fn reuse<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: Record,
        requester: &Requester<'_>,
    ) -> Result<Option<Started>, Problem> {
        let Some(record) = self.refresh(rows, key, record).await? else {
            return Ok(None);
        };
        let valid_to = record.request.valid_to();
        match (record.outcome(rows.context.now()), record.page) {
            (Outcome::Granted, _) => Ok(Some(Started::Granted { valid_to })),
            (Outcome::Pending, Some(page)) if record.request.leads_home(requester) => {
                Ok(Some(Started::Open {
                    page,
                    valid_to,
                    new: false,
                }))
            }
            _ => Ok(None),
        }
    }

    /// Stores the request, calls Altinn and stores the result, in the order described in the parent
    /// module. `None` if Altinn has an answer to it that is not an approval.
    async fn ask<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: Request,
        by: &Requester<'_>,
        callback: &str,
    ) -> Result<Option<Started>, Problem> {
        let context = rows.context;
        let state = State::random(context.platform);
        rows.issue(key, &state, &request).await?;
        rows.index(key, &request).await?;
        let mut record = Record::new(request, Outcome::Pending, context.now());
        rows.keep(key, &record).await?;

        let requested = ConsentRequest {
            handle: None,
            ..record.request.requested(key)
        };
        let creation = Creation {
            party_name: by.party_name,
            redirect_address: &Secret::new(format!("{callback}?state={}", state.expose())),
        };
        let consent = match self.create(context, &requested, creation).await {
            Ok(consent) => consent,
            Err(CreateError::Unclear(problem)) => return Err(problem),
            Err(CreateError::Refused(problem)) => {
                // Altinn has no request to resume: the next start creates a new one.
                rows.forget(key).await?;
                rows.withdraw(key, &state, &record.request.id).await?;
                return Err(problem);
            }
        };
        let outcome = consent.outcome(&requested, context.now());
        if consent.handle != record.request.handle {
            record.request.handle.clone_from(&consent.handle);
            rows.issue(key, &state, &record.request).await?;
        }
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(mismatch) => {
                rows.forget(key).await?;
                rows.withdraw(key, &state, &record.request.id).await?;
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
        self.store_outcome(rows, key, &mut record, outcome).await?;
        Ok(started)
    }
}
