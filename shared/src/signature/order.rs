//! Ordering a job.

use std::time::Duration;

use time::OffsetDateTime;

use super::Signatures;
use super::job::{Job, JobView};
use super::record::{Record, random_id};
use super::refusal::{self, POSTEN};
use crate::caller::Customer;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::platform::{Platform, Request, Response, SendError};
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

/// Longest time that an order waits for the budget, sealed anew for each attempt.
const TURN: Duration = Duration::from_secs(10);

/// Pause before an order that was over the budget is sealed and sent again.
const PAUSE: Duration = Duration::from_millis(250);

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

/// What came of sending the order.
enum Sent {
    Made(Created),
    Refused(Problem),
    Unclear(Problem),
}

impl Signatures {
    /// Orders the job for `customer`, in the order of steps that the module's head explains.
    pub async fn order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        order: Order,
    ) -> Result<Ordered, Problem> {
        let (id, state) = (random_id(context.platform), State::random(context.platform));
        let return_address = match &order.way {
            Way::Direct(address) => Some(address.clone()),
            Way::Portal { .. } => None,
        };
        let job = self.job_of(order, customer, &id, &state);
        job.check(self.environment).map_err(|error| unfit(&error))?;
        let boundary = random_id(context.platform);
        let seal = || {
            let now = context.now();
            let request = self.posten.create(&job, &self.seal, now, &boundary);
            request.map_err(refusal::unsendable)
        };
        let request = seal()?;
        let subject = &customer.subject;
        let mut record = Record::new(&job, subject, return_address.as_ref(), context.now());

        let (rows, consumer) = (self.rows(context), &customer.consumer);
        if record.flow == Flow::Direct {
            rows.issue(consumer, &state, &id, record.until()).await?;
        }
        rows.keep(consumer, &id, &record).await?;
        let sent = self.send(context, record.flow, &id, request, seal).await;
        // The documents are not needed any more.
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

    fn job_of(&self, order: Order, customer: &Customer, id: &str, state: &State) -> posten::Job {
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
            reference: id.to_owned(),
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

    async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        flow: Flow,
        id: &str,
        request: Request,
        seal: impl Fn() -> Result<Request, Problem>,
    ) -> Sent {
        let answer = match send_in_turn(context, request, seal).await {
            Ok(answer) => answer,
            Err(error) if error.may_have_arrived() => return Sent::Unclear(lost(&error)),
            Err(error) => return Sent::Refused(lost(&error)),
        };
        if !answer.status().is_success() {
            let problem = refusal::problem(&answer);
            return if refusal::is_proof(&answer) {
                Sent::Refused(problem)
            } else {
                Sent::Unclear(problem)
            };
        }
        match answer::created(&self.posten, flow, answer.body()) {
            Ok(created) if created.reference.as_deref().is_none_or(|echo| echo == id) => {
                Sent::Made(created)
            }
            Ok(_) => Sent::Unclear(outbound::unreadable(POSTEN, "the reference is not ours")),
            Err(error) => Sent::Unclear(refusal::unreadable(error)),
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

/// Sends the order, once. While the budget does not let it go, it is sealed and tried again: it never left.
async fn send_in_turn<P: Platform>(
    context: &Context<'_, P>,
    mut request: Request,
    seal: impl Fn() -> Result<Request, Problem>,
) -> Result<Response, SendError> {
    let turn = context.within(TURN);
    loop {
        let end = outbound::send_once(context, &CREATE, request).await;
        if !matches!(end, Err(SendError::OverBudget(_))) || turn.left() < PAUSE {
            return end;
        }
        context.platform.sleep(PAUSE).await;
        match seal() {
            Ok(sealed) => request = sealed,
            Err(_) => return end,
        }
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
