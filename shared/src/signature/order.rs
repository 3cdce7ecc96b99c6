//! Ordering a job.

use time::OffsetDateTime;

use super::Signatures;
use super::job::{Job, JobView, Status};
use super::record::{Record, id_of, random_id};
use super::send::Sent;
use crate::caller::Customer;
use crate::context::Context;
use crate::idempotency::{Entry, Fingerprint, Key};
use crate::log::{Event, Level};
use crate::platform::Platform;
use crate::posten::answer::Created;
use crate::posten::job::{
    AuthenticationLevel, Document, ExitAddresses, IdentifierInDocument, Plan, Rule, Signer, Unfit,
};
use crate::posten::{self, Flow};
use crate::problem::{Kind, Problem};
use crate::return_address::ReturnAddress;
use crate::state::State;

/// What a customer wants signed.
#[derive(Clone, Debug)]
pub struct Order {
    /// How the signers come to it, and what belongs to that.
    pub way: Way,
    /// Shown to the signers.
    pub title: String,
    /// Shown in notifications in its place.
    pub nonsensitive_title: Option<String>,
    /// Shown to the signers.
    pub description: Option<String>,
    /// What is to be signed.
    pub documents: Vec<Document>,
    /// Who is to sign.
    pub signers: Vec<Signer>,
    /// How well they must prove who they are.
    pub authentication: Option<AuthenticationLevel>,
    /// How they are named in the signed document.
    pub identifier: Option<IdentifierInDocument>,
}

/// How the signers come to a job.
#[derive(Clone, Debug)]
pub enum Way {
    /// By the customer's app, which gets the browser back here.
    Direct(ReturnAddress),
    /// By Posten's notifications.
    Portal {
        /// When the first group may sign.
        activation: Option<OffsetDateTime>,
        /// How long each group has.
        available: Option<time::Duration>,
    },
}

/// What became of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ordered {
    /// Posten has made the job. For a direct job the signers have their `redirect_url`.
    Made(JobView),
    /// Posten may have made the job: its answer was lost. Nothing is sent again.
    Unknown(JobView),
}

/// The route, for keys.
const ROUTE: &str = "POST /signatures";

/// An order that was checked and has no id yet.
struct Draft {
    job: posten::Job,
    state: State,
    return_address: Option<ReturnAddress>,
}

impl Draft {
    /// Returns the fingerprint of the order: everything that Posten would receive except random values, and the address
    /// at which the browser ends.
    fn fingerprint(&self) -> Fingerprint {
        let address = self.return_address.as_ref().map(ReturnAddress::as_str);
        let content = self.job.content_hash();
        Fingerprint::of(&[&content, address.unwrap_or_default().as_bytes()])
    }
}

impl Signatures {
    /// Orders the job for `customer`, in the order of steps that the module's head explains. The same order with the same
    /// key gives the same job, with new pages for those who have still to sign.
    pub(crate) async fn order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        order: Order,
        key: Option<&Key>,
    ) -> Result<Ordered, Problem> {
        let state = State::random(context.platform);
        let return_address = match &order.way {
            Way::Direct(address) => Some(address.clone()),
            Way::Portal { .. } => None,
        };
        let job = self.job_of(order, customer, &state);
        job.check(self.environment, context.now())
            .map_err(|error| unfit(&error))?;
        let draft = Draft {
            job,
            state,
            return_address,
        };
        match key {
            None => {
                let id = random_id(context.platform);
                self.order_new(context, customer, draft, id).await
            }
            Some(key) => self.order_once(context, customer, draft, key).await,
        }
    }

    /// Orders a job that may have been ordered before, with this key.
    async fn order_once<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        draft: Draft,
        key: &Key,
    ) -> Result<Ordered, Problem> {
        let (consumer, subject) = (&customer.consumer, &customer.subject);
        let entry = Entry::new(&self.store, consumer, subject, ROUTE, key);
        let running = entry.begin(context, &draft.fingerprint()).await?;
        let id = id_of(running.id(0));
        let known = match self.job(context, customer, &id).await {
            // Stopped before the order was stored, and so before it was sent.
            Err(problem) if problem.kind == Kind::SignatureUnknown => Ok(None),
            Err(problem) => Err(problem),
            Ok(job) => Ok(Some(job)),
        };
        let (ordered, is_kept) = match known {
            Err(problem) => (Err(problem), true),
            Ok(Some(job)) if job.status() == Status::Unknown => {
                (Ok(Ordered::Unknown(job.view())), true)
            }
            Ok(Some(job)) => {
                let view = self.with_new_pages(context, &job).await;
                (Ok(Ordered::Made(view)), true)
            }
            Ok(None) => {
                let ordered = self.order_new(context, customer, draft, id).await;
                let is_kept = ordered.is_ok();
                (ordered, is_kept)
            }
        };
        running.end(context, is_kept).await;
        ordered
    }

    /// Orders a job, with an id under which there is none.
    async fn order_new<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        draft: Draft,
        id: String,
    ) -> Result<Ordered, Problem> {
        let Draft {
            mut job,
            state,
            return_address,
        } = draft;
        job.reference.clone_from(&id);
        let subject = &customer.subject;
        let mut record = Record::new(&job, subject, return_address.as_ref(), context.now());

        let (rows, consumer) = (self.rows(context), &customer.consumer);
        if record.flow == Flow::Direct {
            rows.issue(consumer, &state, &id, record.until()).await?;
        }
        rows.keep(consumer, &id, &record).await?;
        let sent = self.send(context, &job).await;
        drop(job);
        let created = match sent {
            Sent::Made(created) => created,
            Sent::Refused(problem) => {
                if let Err(kept) = rows.forget(consumer, &id, &state).await {
                    // Nobody knows its id; it runs out.
                    context.log(&Event::of("order", &kept));
                }
                return Err(problem);
            }
            Sent::Unclear(problem) => {
                let mut event = Event::of("order", &problem);
                (event.level, event.outcome) = (Level::Error, "unknown");
                context.log(&event);
                return Ok(Ordered::Unknown(seen(id, record).view()));
            }
        };
        record.take(&created);
        if let Err(problem) = rows.keep(consumer, &id, &record).await {
            // The job is there all the same, and the queue will tell how it stands.
            context.log(&Event::of("order", &problem));
        }
        Ok(Ordered::Made(self.with_pages(
            context,
            &seen(id, record),
            &created,
        )))
    }

    /// The job, without its reference.
    fn job_of(&self, order: Order, customer: &Customer, state: &State) -> posten::Job {
        let exit = |outcome: &str| {
            let path = format!("{}/{outcome}?job={}", super::RETURN, state.expose());
            self.public_url.join(&path)
        };
        let plan = match order.way {
            Way::Direct(_) => Plan::Direct {
                exit: ExitAddresses {
                    completion: exit("completed"),
                    rejection: exit("rejected"),
                    error: exit("failed"),
                },
            },
            Way::Portal {
                activation,
                available,
            } => Plan::Portal {
                activation,
                available,
            },
        };
        posten::Job {
            plan,
            sender: customer.consumer.clone(),
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

    /// The job with the pages on which its signers sign.
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

/// A job of which nothing is known but what we have just done.
const fn seen(id: String, record: Record) -> Job {
    Job {
        id,
        record,
        standing: None,
    }
}

fn unfit(unfit: &Unfit) -> Problem {
    let kind = match unfit.rule {
        Rule::PersonalData => Kind::PersonalDataMisplaced,
        Rule::TooLarge
        | Rule::Empty
        | Rule::NotPdf
        | Rule::PdfVersion
        | Rule::PdfEncrypted
        | Rule::NotText
        | Rule::OneDocument => Kind::DocumentRefused,
        _ => Kind::RequestInvalid,
    };
    Problem::new(kind).detail(unfit.to_string())
}
