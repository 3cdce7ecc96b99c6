//! Ordering a job.

use std::cell::Cell;
use std::time::Duration;

use time::OffsetDateTime;

use super::Signatures;
use super::job::{Job, JobView, Status};
use super::record::{Record, id_of, random_id};
use super::refusal::{self, POSTEN};
use crate::caller::Customer;
use crate::context::Context;
use crate::idempotency::{Entry, Fingerprint, Key};
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::platform::{Platform, Request, SendError};
use crate::posten::answer::{self, Created};
use crate::posten::job::{
    AuthenticationLevel, Document, ExitAddresses, IdentifierInDocument, Plan, Rule, Signer, Unfit,
};
use crate::posten::{self, Flow};
use crate::problem::{Kind, Problem};
use crate::return_address::ReturnAddress;
use crate::state::State;

/// A package of ten megabytes takes its time.
const CREATE: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(30),
    max_body: 256 * 1024,
    repeat: Repeat::Never,
};

/// Longest time that an order waits for the budget.
const TURN: Duration = Duration::from_secs(10);

/// Pause before an order that was over the budget is sealed and sent again.
const PAUSE: Duration = Duration::from_millis(250);

/// How old a seal may be when its package is sent. Posten takes one that is five seconds old (signering-docs,
/// "Dokumentpakke"), and the time in it has no parts of a second.
const FRESH: time::Duration = time::Duration::seconds(3);

/// How often a package is sealed before it is sent however old the seal is: where one signature takes longer than a seal
/// is good for, no other will be quicker.
const SEALINGS: u32 = 3;

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
    /// What is asked for: everything that Posten would be told but for what is random, and where the browser ends.
    fn fingerprint(&self) -> Fingerprint {
        let address = self.return_address.as_ref().map(ReturnAddress::as_str);
        let content = self.job.content_hash();
        Fingerprint::of(&[&content, address.unwrap_or_default().as_bytes()])
    }
}

/// What came of sending the order.
enum Sent {
    Made(Created),
    Refused(Problem),
    Unclear(Problem),
}

/// An order that the budget of calls to Posten did not let go.
struct OverBudget(Problem);

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

    /// Sends the order. A package that is refused, and was old by then, is sealed and sent once more: the refusal proves that
    /// nothing was made.
    async fn send<P: Platform>(&self, context: &Context<'_, P>, job: &posten::Job) -> Sent {
        let turn = context.within(TURN);
        let mut is_last = false;
        loop {
            let (request, sealed) = match self.sealed(context, job) {
                Ok(sealed) => sealed,
                Err(problem) => return Sent::Refused(problem),
            };
            let sent = match self.send_sealed(context, job, request).await {
                Ok(sent) => sent,
                // It never left, so it is sealed anew and tried again while there is time.
                Err(OverBudget(_)) if turn.left() >= PAUSE => {
                    context.platform.sleep(PAUSE).await;
                    continue;
                }
                Err(OverBudget(problem)) => return Sent::Refused(problem),
            };
            match sent {
                Sent::Refused(problem)
                    if problem.kind == Kind::PackageRefused
                        && !is_last
                        && !is_fresh(context, sealed) =>
                {
                    context.log(&Event::of("order", &problem));
                    is_last = true;
                }
                sent => return sent,
            }
        }
    }

    /// The order and when it was sealed. Nothing is waited for between this and the sending.
    fn sealed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
    ) -> Result<(Request, OffsetDateTime), Problem> {
        let boundary = random_id(context.platform);
        let mut sealings = 1;
        loop {
            let sealed = Cell::new(context.now());
            let now = || {
                sealed.set(context.now());
                sealed.get()
            };
            let request = self.posten.create(job, &self.seal, now, &boundary);
            let request = request.map_err(refusal::unsendable)?;
            if sealings == SEALINGS || is_fresh(context, sealed.get()) {
                return Ok((request, sealed.get()));
            }
            sealings = sealings.saturating_add(1);
        }
    }

    async fn send_sealed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
        request: Request,
    ) -> Result<Sent, OverBudget> {
        let answer = match outbound::send_once(context, &CREATE, request).await {
            Ok(answer) => answer,
            Err(error @ SendError::OverBudget(_)) => return Err(OverBudget(lost(&error))),
            Err(error) if error.may_have_arrived() => return Ok(Sent::Unclear(lost(&error))),
            Err(error) => return Ok(Sent::Refused(lost(&error))),
        };
        if !answer.status().is_success() {
            let problem = refusal::problem(&answer);
            return Ok(if refusal::is_proof(&answer) {
                Sent::Refused(problem)
            } else {
                Sent::Unclear(problem)
            });
        }
        let is_ours = |echo: &str| echo == job.reference;
        let sent = match answer::created(&self.posten, job.flow(), answer.body()) {
            Ok(created) if created.reference.as_deref().is_none_or(is_ours) => Sent::Made(created),
            Ok(_) => Sent::Unclear(outbound::unreadable(POSTEN, "the reference is not ours")),
            Err(error) => Sent::Unclear(refusal::unreadable(error)),
        };
        Ok(sent)
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

/// Whether a package that was sealed then may be sent now.
fn is_fresh<P: Platform>(context: &Context<'_, P>, sealed: OffsetDateTime) -> bool {
    context.now() <= sealed.saturating_add(FRESH)
}

fn lost(error: &SendError) -> Problem {
    outbound::problem(POSTEN, error)
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
