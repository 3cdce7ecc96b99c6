//! Creation of signature jobs.

use futures::future::join;
use time::OffsetDateTime;

use super::Signatures;
use super::job::{Job, JobView, Status};
use super::placement::{OrderedBy, Placement};
use super::record::{Record, Slots, id_of, random_id, sha256};
use super::send::{Sent, Transmission};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_protocols::posten::answer::Created;
use innsyn_protocols::posten::job::{
    AuthenticationLevel, Document, ExitAddresses, IdentifierInDocument, InvalidJob, Plan, Signer,
    Violation,
};
use innsyn_protocols::posten::{self, Flow};
use innsyn_runtime::idempotency::{Entry, Fingerprint, Key};
use innsyn_runtime::return_address::ReturnAddress;
use innsyn_runtime::state::State;

/// Path of the exit addresses for the return from Posten; a segment with the outcome follows.
pub const RETURN: &str = "/signatures/return";

/// Order of a signature job.
#[derive(Clone, Debug)]
pub struct Order {
    /// Signing flow with its parameters.
    pub flow: FlowOptions,
    /// Title shown to the signers.
    pub title: String,
    /// Title shown in notifications instead.
    pub nonsensitive_title: Option<String>,
    /// Description shown to the signers.
    pub description: Option<String>,
    /// Documents to be signed.
    pub documents: Vec<Document>,
    /// Signers of the job.
    pub signers: Vec<Signer>,
    /// Required authentication level of the signers.
    pub authentication: Option<AuthenticationLevel>,
    /// Identifier of the signers in the signed document.
    pub identifier: Option<IdentifierInDocument>,
}

/// Signing flow with its parameters.
#[derive(Clone, Debug)]
pub enum FlowOptions {
    /// Direct flow: the customer's app sends the signers to Posten, and their browsers return to
    /// this address.
    Direct(ReturnAddress),
    /// Portal flow: Posten notifies the signers.
    Portal {
        /// Time from which the first group may sign.
        activation: Option<OffsetDateTime>,
        /// Time that each group has.
        available: Option<time::Duration>,
    },
}

/// Result of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OrderOutcome {
    /// Posten has created the job. For a direct job the signers have their `redirect_url`.
    Created(JobView),
    /// Posten may have created the job: its response was lost. Nothing is sent again.
    Unknown(JobView),
}

/// Validated order without an id.
struct Draft {
    job: posten::Job,
    state: State,
    return_address: Option<ReturnAddress>,
}

impl Draft {
    /// Returns the fingerprint of the order: everything that Posten would receive except random
    /// values, and the address to which the browser returns.
    fn fingerprint(&self, placement: &Placement<'_>) -> Fingerprint {
        let address = self.return_address.as_ref().map(ReturnAddress::as_str);
        let content = self.job.content_hash();
        let mut parts = vec![&content[..], address.unwrap_or_default().as_bytes()];
        if let OrderedBy::BackEnd(_) = placement.ordered_by {
            let reference = placement.reference.as_ref().map(Reference::as_str);
            parts.push(placement.subject.expose().as_bytes());
            parts.push(reference.unwrap_or_default().as_bytes());
        }
        Fingerprint::from_parts(&parts)
    }
}

impl Signatures {
    /// Orders the job, in the order of steps described in the parent module. A repeat with the same
    /// key returns the same job, with new redirect URLs for those who have not signed yet.
    pub(super) async fn order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        placement: &Placement<'_>,
        mut order: Order,
        key: Option<&Key>,
    ) -> Result<OrderOutcome, Problem> {
        self.policy
            .apply(&mut order.authentication, &mut order.signers)?;
        let state = State::random(context.platform);
        let return_address = match &order.flow {
            FlowOptions::Direct(address) => Some(address.clone()),
            FlowOptions::Portal { .. } => None,
        };
        let job = self.job_of(order, placement.consumer, &state);
        job.check(self.environment, context.now())
            .map_err(|error| invalid_job(&error))?;
        let draft = Draft {
            job,
            state,
            return_address,
        };
        match key {
            None => {
                let id = random_id(context.platform);
                self.order_new(context, placement, draft, id).await
            }
            Some(key) => self.order_once(context, placement, draft, key).await,
        }
    }

    /// Orders a job that may have been ordered before, with this key.
    async fn order_once<P: Platform>(
        &self,
        context: &Context<'_, P>,
        placement: &Placement<'_>,
        draft: Draft,
        key: &Key,
    ) -> Result<OrderOutcome, Problem> {
        let (consumer, owner) = (placement.consumer, placement.key_owner);
        let entry = Entry::new(&self.store, consumer, owner, placement.route, key);
        let running = entry.begin(context, &draft.fingerprint(placement)).await?;
        let id = id_of(running.id(0));
        let known = match self.job(context, placement, &id).await {
            // Stopped before the order was stored, and so before it was sent.
            Err(problem) if problem.kind == Kind::SignatureUnknown => Ok(None),
            Err(problem) => Err(problem),
            Ok(job) => Ok(Some(job)),
        };
        let (ordered, is_kept) = match known {
            Err(problem) => (Err(problem), true),
            Ok(Some(job)) if job.status() == Status::Unknown => {
                (Ok(OrderOutcome::Unknown(job.view())), true)
            }
            Ok(Some(job)) => {
                let view = self.with_new_pages(context, &job).await;
                (Ok(OrderOutcome::Created(view)), true)
            }
            Ok(None) => {
                let ordered = self.order_new(context, placement, draft, id).await;
                let is_kept = ordered.is_ok();
                (ordered, is_kept)
            }
        };
        running.end(context, is_kept).await;
        ordered
    }

    /// Orders a job, with an id that is not in use.
    async fn order_new<P: Platform>(
        &self,
        context: &Context<'_, P>,
        placement: &Placement<'_>,
        draft: Draft,
        id: String,
    ) -> Result<OrderOutcome, Problem> {
        let Draft {
            mut job,
            state,
            return_address,
        } = draft;
        job.reference.clone_from(&id);
        let mut record = Record::new(&job, placement, return_address.as_ref(), context.now());
        context.audit.resource(&id);

        let (rows, consumer) = (self.rows(context), placement.consumer);
        record.slots = self.acquire_slots(context, consumer, &id, &record).await?;
        if record.flow == Flow::Direct {
            rows.issue(consumer, &state, &id, record.until()).await?;
        }
        rows.keep(consumer, &id, &record).await?;
        let Transmission { sent, package } =
            self.send(context, &job, placement.return_package).await;
        drop(job);
        record.package_sha256 = package.as_deref().map(sha256);
        let created = match sent {
            Sent::Created(created) => created,
            Sent::Refused(problem) => {
                if let Err(kept) = self.forget(context, consumer, &id, &record, &state).await {
                    // The id was not returned to anybody; the row expires.
                    context.log(&Event::from_problem("order", &kept));
                }
                return Err(problem);
            }
            Sent::Unclear(problem) => {
                let mut event = Event::from_problem("order", &problem);
                (event.level, event.outcome) = (Level::Error, "unknown");
                context.log(&event);
                if package.is_some()
                    && let Err(problem) = rows.keep(consumer, &id, &record).await
                {
                    context.log(&Event::from_problem("order", &problem));
                }
                let view = seen(id, record).view();
                return Ok(OrderOutcome::Unknown(view.with_package(package)));
            }
        };
        record.take(&created);
        if let Err(problem) = rows.keep(consumer, &id, &record).await {
            // The job exists nevertheless, and the queue will deliver its status.
            context.log(&Event::from_problem("order", &problem));
        }
        let view = self.with_pages(context, &seen(id, record), &created);
        Ok(OrderOutcome::Created(view.with_package(package)))
    }

    /// Acquires the slots of a new job in the lists of orders.
    async fn acquire_slots<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        record: &Record,
    ) -> Result<Slots, Problem> {
        let rows = self.rows(context);
        let ordered_at = record.ordered_at().unwrap_or_else(|| context.now());
        let hour = rows.acquire_in_hour(consumer, id, ordered_at);
        let reference = async {
            let Some(reference) = record.reference() else {
                return Ok(None);
            };
            let until = record.until();
            let slot = rows.acquire_in_reference(consumer, reference, id, until);
            slot.await.map(Some)
        };
        let (hour, slot) = join(hour, reference).await;
        let slot = slot?;
        if let (Err(_), Some(reference), Some(slot)) = (&hour, record.reference(), slot) {
            rows.release_reference(consumer, reference, slot).await?;
        }
        Ok(Slots {
            hour: Some(hour?),
            reference: slot,
        })
    }

    /// Deletes the rows of an order that Posten has refused, except the slot of its hour.
    async fn forget<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        record: &Record,
        state: &State,
    ) -> Result<(), Problem> {
        let rows = self.rows(context);
        rows.forget(consumer, id, state).await?;
        if let (Some(reference), Some(slot)) = (record.reference(), record.slots.reference) {
            rows.release_reference(consumer, reference, slot).await?;
        }
        Ok(())
    }

    /// Returns Posten's job, without its reference.
    fn job_of(&self, order: Order, consumer: &OrganisationNumber, state: &State) -> posten::Job {
        let plan = match order.flow {
            FlowOptions::Direct(_) => Plan::Direct {
                exit: self.exit_addresses(state),
            },
            FlowOptions::Portal {
                activation,
                available,
            } => Plan::Portal {
                activation,
                available,
            },
        };
        posten::Job {
            plan,
            sender: consumer.clone(),
            reference: String::new(),
            queue: self.queue.clone(),
            title: order.title,
            nonsensitive_title: order.nonsensitive_title,
            description: order.description,
            documents: order.documents,
            signers: order.signers,
            authentication: order.authentication,
            identifier: order.identifier,
        }
    }

    /// Returns the exit addresses of a direct job, which lead back to its ticket.
    pub(super) fn exit_addresses(&self, state: &State) -> ExitAddresses {
        let exit = |outcome: &str| {
            let path = format!("{}/{outcome}?job={}", RETURN, state.expose());
            self.public_url.join(&path)
        };
        ExitAddresses {
            completion: exit("completed"),
            rejection: exit("rejected"),
            error: exit("failed"),
        }
    }

    /// Returns the job with the redirect URLs of its signers.
    fn with_pages<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &Job,
        created: &Created,
    ) -> JobView {
        let mut view = job.view();
        for (signer, who) in view.signers.iter_mut().zip(&job.record.signers) {
            let known = created.signers.iter().find(|known| known.who == *who);
            signer.redirect_url = known.and_then(|known| self.posten.page(known.redirect.expose()));
            if signer.redirect_url.is_none() && view.flow == Flow::Direct {
                let event = Event::new(Level::Error, "order", "no-page");
                context.log(&event.cause("no page at posten_page_origin for a signer"));
            }
        }
        view
    }
}

/// Returns a job for which only the order itself is known.
const fn seen(id: String, record: Record) -> Job {
    Job {
        id,
        record,
        snapshot: None,
    }
}

pub(super) fn invalid_job(error: &InvalidJob) -> Problem {
    let kind = match error.violation {
        Violation::PersonalData => Kind::PersonalDataMisplaced,
        Violation::TooLarge
        | Violation::Empty
        | Violation::NotPdf
        | Violation::PdfVersion
        | Violation::PdfEncrypted
        | Violation::NotText
        | Violation::OneDocument => Kind::DocumentRefused,
        _ => Kind::RequestInvalid,
    };
    Problem::new(kind).detail(error.to_string())
}
