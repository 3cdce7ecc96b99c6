//! A party's claims and payments, with its consent: from the consent's record to the source's data.

mod desk;
mod settings;

use std::time::Duration;

use bytes::Bytes;

pub use desk::Desk;
pub use settings::ClaimsConfig;

use crate::config::Origin;
use crate::consent::{self, Consents, Service, Subject, Valid};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat, Semaphore};
use crate::party::{OrganisationNumber, Party};
use crate::platform::{Platform, Request, Response};
use crate::problem::{Kind, Problem};
use crate::skatteetaten::{self, Dataset, Period, Query, Reason, Refusal};
use crate::store::Store;
use crate::token::{Ask, Client};

/// Skatteetaten asks for at most five calls at once for each API and organisation; one is left for others.
const OPEN_CALLS: usize = 4;

const SKATTEETATEN: Call = Call {
    counterparty: "skatteetaten",
    timeout: Duration::from_secs(10),
    max_body: 4 * 1024 * 1024,
    repeat: Repeat::Idempotent(3),
};

/// How often a read is made that ends in a failure that the source itself calls passing (KB-001, DAS-003).
const ATTEMPTS: u32 = 3;

/// The pause before the second of these attempts; it doubles for the third.
const PAUSE: Duration = Duration::from_millis(250);

/// Krav og betalinger for all parties. Lives as long as the instance.
#[derive(Debug)]
pub struct Claims {
    consents: Consents,
    source: Origin,
    package: String,
    service: Service,
    scope: String,
    open: Semaphore,
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// Who reads.
    pub consumer: &'a OrganisationNumber,
    /// Whose data. That the customer may ask about the party has been checked.
    pub party: &'a Party,
    /// Which read.
    pub dataset: Dataset,
    /// For which days; `None` for `aapnekrav`.
    pub period: Option<Period>,
}

/// What lets us read.
struct Permission<'a> {
    subject: Subject<'a>,
    valid: Valid,
    /// For a token that the source takes.
    ask: Ask,
}

/// Why a read failed, by who refused.
enum Failure {
    /// Maskinporten, or Altinn, gives no token for the consent.
    Token(Problem),
    /// The source.
    Source(Refusal),
    /// Anybody, without any word about the consent.
    Other(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl Claims {
    /// With the settings of the component that `token` knows as `component`.
    pub fn new(config: ClaimsConfig, component: &'static str) -> Self {
        Self {
            consents: Consents {
                environment: config.environment,
                store: Store::new(consent::STORE, config.environment, &config.store_keys),
                altinn: config.altinn,
                tokens: Client::new(component, config.signing_key),
            },
            source: config.skatteetaten,
            package: config.package,
            service: config.service,
            scope: config.scope,
            open: Semaphore::new(OPEN_CALLS),
        }
    }

    /// The source's data as sent; a period over a year is read in windows and merged.
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
    ) -> Result<Bytes, Problem> {
        let subject = Subject {
            consumer: read.consumer,
            party: read.party,
            service: &self.service,
        };
        let valid = self.consents.require(context, subject).await?;
        let permission = Permission {
            subject,
            ask: self.ask(subject, &valid)?,
            valid,
        };
        match self.windows(context, read, &permission).await {
            Ok(data) => Ok(data),
            Err(failure) => Err(self
                .explain(context, subject, &permission.valid, failure)
                .await),
        }
    }

    fn ask(&self, subject: Subject<'_>, valid: &Valid) -> Result<Ask, Problem> {
        let details = self.consents.token_details(subject, valid)?;
        Ask::new(&self.scope)
            .and_then(|ask| match &details {
                Some(details) => ask.authorization_details(details),
                None => Ok(ask),
            })
            .map_err(|error| Problem::new(Kind::Internal).cause(error))
    }

    /// All windows, one after another. A part of the whole is never given for the whole.
    async fn windows<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
        permission: &Permission<'_>,
    ) -> Result<Bytes, Failure> {
        let Some(period) = read.period else {
            return self.window(context, read, None, permission).await;
        };
        let windows = period.windows();
        if let [only] = windows.as_slice() {
            return self.window(context, read, Some(*only), permission).await;
        }
        let mut answers = Vec::new();
        let mut nothing = None;
        for window in windows {
            match self.window(context, read, Some(window), permission).await {
                Ok(answer) => answers.push(answer),
                Err(Failure::Source(refusal)) if refusal.reason == Reason::NothingFound => {
                    nothing = Some(refusal);
                }
                Err(failure) => return Err(failure),
            }
        }
        if let (true, Some(refusal)) = (answers.is_empty(), nothing) {
            return Err(Failure::Source(refusal));
        }
        // What the parser says may quote the data.
        skatteetaten::merge(read.dataset, period, &answers).map_err(|_| {
            outbound::unreadable(SKATTEETATEN.counterparty, "the windows do not merge").into()
        })
    }

    async fn window<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
        window: Option<Period>,
        permission: &Permission<'_>,
    ) -> Result<Bytes, Failure> {
        let query = Query {
            origin: &self.source,
            package: &self.package,
            party: read.party,
            dataset: read.dataset,
            window,
            correlation_id: context.correlation_id.as_str(),
        };
        let request = skatteetaten::request(query)
            .map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let mut attempt = 1;
        loop {
            let response = self
                .permitted(context, permission, request.clone())
                .await
                .map_err(refused_token)?;
            match skatteetaten::read(&response) {
                Ok(data) => return Ok(data),
                Err(refusal)
                    if refusal.may_pass() && attempt < ATTEMPTS && context.left() > PAUSE * 4 =>
                {
                    context.platform.sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                Err(refusal) => return Err(Failure::Source(refusal)),
            }
        }
    }

    /// The source's answer to `request`, sent with all that permits it. That is had before the line for the source is
    /// joined, so that nobody stands in it for Maskinporten or Altinn.
    async fn permitted<P: Platform>(
        &self,
        context: &Context<'_, P>,
        permission: &Permission<'_>,
        request: Request,
    ) -> Result<Response, Problem> {
        let Permission {
            subject,
            valid,
            ask,
        } = permission;
        let tokens = &self.consents.tokens;
        tokens.obtain(context, subject.consumer, ask).await?;
        let request = self
            .consents
            .show(context, *subject, valid, request)
            .await?;
        let _open = self.open.acquire().await;
        tokens
            .send(context, subject.consumer, ask, &SKATTEETATEN, request)
            .await
    }

    /// What the caller is told. Where the refusal may be about the consent, Altinn says what it is
    /// worth: neither Maskinporten's nor the source's error does.
    async fn explain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        valid: &Valid,
        failure: Failure,
    ) -> Problem {
        let refusal = match failure {
            Failure::Other(problem) => return problem,
            Failure::Token(problem) => Problem {
                kind: Kind::SourceRefused,
                ..problem
            },
            Failure::Source(refusal)
                if matches!(refusal.reason, Reason::Token | Reason::Consent) =>
            {
                refusal.into()
            }
            Failure::Source(refusal) => return refusal.into(),
        };
        context.log(&Event {
            level: Level::Warn,
            ..Event::of("consent-doubted", &refusal)
        });
        let truth = match self.consents.doubt(context, subject, valid).await {
            // The source does not take a consent that is in force: the party can only give another.
            Ok(()) if refusal.kind == Kind::ConsentRequired => self
                .consents
                .give_up(context, subject)
                .await
                .err()
                .unwrap_or_else(|| refusal.clone()),
            Ok(()) => return refusal,
            Err(problem) => problem,
        };
        Problem {
            source_code: truth.source_code.or(refusal.source_code),
            source_correlation_id: truth
                .source_correlation_id
                .or(refusal.source_correlation_id),
            ..truth
        }
    }
}

/// "Consent required" is said where Maskinporten, or Altinn, gives no token for the consent.
fn refused_token(problem: Problem) -> Failure {
    match problem.kind {
        Kind::ConsentRequired => Failure::Token(problem),
        _ => Failure::Other(problem),
    }
}

#[cfg(test)]
mod tests;
