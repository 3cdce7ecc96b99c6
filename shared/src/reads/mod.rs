//! Reading one API: from a party's consent, from its system user, or without either, to the source's data.

mod desk;
mod settings;
mod system_user;

use std::time::Duration;

use bytes::Bytes;

pub use desk::Desk;
pub use settings::{Permission, ReadsConfig};
pub use system_user::Reference;

use crate::config::Origin;
use crate::consent::{self, Consents, Offer, Subject, Valid};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Semaphore};
use crate::party::{OrganisationNumber, Party};
use crate::platform::{Platform, Request, Response};
use crate::problem::{Kind, Problem};
use crate::skatteetaten::{self, Api, Dataset, Period, Query, Reason, Refusal, Values};
use crate::store::Store;
use crate::token::{Ask, Client};

/// Skatteetaten asks for at most five calls at once for each API and organisation; one is left for others. An instance
/// keeps this limit where nobody keeps a budget for all.
const OPEN_CALLS: usize = 4;

/// How often a read is made that ends in a failure that the source itself calls passing (KB-001, DAS-003).
const ATTEMPTS: u32 = 3;

/// The pause before the second of these attempts; it doubles for the third.
const PAUSE: Duration = Duration::from_millis(250);

/// One API for all parties. Lives as long as the instance.
#[derive(Debug)]
pub struct Reader {
    api: &'static Api,
    call: Call,
    origin: Origin,
    package: String,
    scope: String,
    ground: Ground,
    open: Option<Semaphore>,
}

/// On what ground data are given.
#[derive(Debug)]
enum Ground {
    /// Each party's consent.
    Consent(Box<Consents>, Offer),
    /// Each party's system user, made with this reference.
    SystemUser(Box<Client>, Reference),
    /// The consumer's own right to the API alone, with a token for all parties. Who may ask has been checked.
    Access(Box<Client>),
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// Who reads.
    pub consumer: &'a OrganisationNumber,
    /// Whose data. That the caller may ask about the party has been checked.
    pub party: &'a Party,
    /// Which read.
    pub dataset: &'a Dataset,
    /// Its parameters' values, checked.
    pub values: &'a Values,
}

/// What lets us read.
struct Permit<'a> {
    tokens: &'a Client,
    /// For a token that the source takes.
    ask: Ask,
    /// What is shown beside the token, where a consent is.
    consent: Option<(&'a Consents, Subject<'a>, &'a Valid)>,
}

impl<'a> Permit<'a> {
    /// The token alone.
    const fn by_token(tokens: &'a Client, ask: Ask) -> Self {
        Self {
            tokens,
            ask,
            consent: None,
        }
    }
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

impl Reader {
    /// With the settings of the component that `token` knows as `component`.
    pub fn new(config: ReadsConfig, component: &'static str, api: &'static Api) -> Self {
        let tokens = Client::new(component, config.signing_key);
        let environment = config.environment;
        let has_budget = config.marking.covers(&config.origin);
        Self {
            api,
            call: Call {
                counterparty: &api.counterparty,
                timeout: Duration::from_secs(10),
                max_body: 4 * 1024 * 1024,
                repeat: api.repeat(),
            },
            origin: config.origin,
            package: config.package,
            scope: config.scope,
            ground: match config.permission {
                Permission::Scopes(_) => Ground::Access(Box::new(tokens)),
                Permission::SystemUser(reference) => {
                    Ground::SystemUser(Box::new(tokens), reference)
                }
                Permission::Consent {
                    offer,
                    altinn,
                    store_keys,
                } => {
                    let store = Store::new(consent::STORE, environment, &store_keys);
                    let consents = Consents::new(environment, store, altinn, tokens);
                    Ground::Consent(Box::new(consents), offer)
                }
            },
            open: (!has_budget).then(|| Semaphore::new(OPEN_CALLS)),
        }
    }

    /// The source's data as sent; where the read has windows, a period over a year is read in parts and merged.
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
    ) -> Result<Bytes, Problem> {
        let ask =
            Ask::new(&self.scope).map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let (consents, offer) = match &self.ground {
            Ground::Consent(consents, offer) => (consents, offer),
            Ground::SystemUser(tokens, reference) => {
                let permit = Permit::by_token(tokens, reference.on(ask, read.party)?);
                let data = self.windows(context, read, &permit).await;
                return data.map_err(system_user::explain);
            }
            Ground::Access(tokens) => {
                let permit = Permit::by_token(tokens, ask);
                let data = self.windows(context, read, &permit).await;
                return data.map_err(Failure::without_consent);
            }
        };
        let service = &offer.with(read.values)?;
        let subject = Subject {
            consumer: read.consumer,
            party: read.party,
            service,
        };
        let valid = consents.require(context, subject).await?;
        let ask = match &consents.token_details(subject, &valid)? {
            Some(details) => ask
                .authorization_details(details)
                .map_err(|error| Problem::new(Kind::Internal).cause(error))?,
            None => ask,
        };
        let permit = Permit {
            tokens: &consents.tokens,
            ask,
            consent: Some((consents, subject, &valid)),
        };
        match self.windows(context, read, &permit).await {
            Ok(data) => Ok(data),
            Err(failure) => Err(explain(context, consents, subject, &valid, failure).await),
        }
    }

    /// All windows, one after another. A part of the whole is never given for the whole.
    async fn windows<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
        permit: &Permit<'_>,
    ) -> Result<Bytes, Failure> {
        let Some(merging) = &read.dataset.windows else {
            return self.window(context, read, None, permit).await;
        };
        let period = skatteetaten::period(read.values).map_err(Problem::from)?;
        let windows = period.windows();
        if let [only] = windows.as_slice() {
            return self.window(context, read, Some(*only), permit).await;
        }
        let mut answers = Vec::new();
        let mut nothing = None;
        for window in windows {
            match self.window(context, read, Some(window), permit).await {
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
        skatteetaten::merge(merging, period, &answers).map_err(|_| {
            outbound::unreadable(self.call.counterparty, "the windows do not merge").into()
        })
    }

    async fn window<P: Platform>(
        &self,
        context: &Context<'_, P>,
        read: Read<'_>,
        window: Option<Period>,
        permit: &Permit<'_>,
    ) -> Result<Bytes, Failure> {
        let query = Query {
            origin: &self.origin,
            package: &self.package,
            party: read.party,
            dataset: read.dataset,
            values: read.values,
            window,
            correlation_id: context.correlation_id.as_str(),
        };
        let request = skatteetaten::request(query)
            .map_err(|error| Problem::new(Kind::Internal).cause(error))?;
        let mut attempt = 1;
        loop {
            let response = self
                .permitted(context, read.consumer, permit, request.clone())
                .await
                .map_err(refused_token)?;
            match skatteetaten::read(self.api, &response) {
                Ok(data) => return Ok(data),
                Err(refusal)
                    if refusal.may_pass()
                        && attempt < ATTEMPTS
                        && context.left() > PAUSE.saturating_mul(4) =>
                {
                    context.platform.sleep(PAUSE.saturating_mul(attempt)).await;
                    attempt = attempt.saturating_add(1);
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
        consumer: &OrganisationNumber,
        permit: &Permit<'_>,
        request: Request,
    ) -> Result<Response, Problem> {
        let Permit { tokens, ask, .. } = permit;
        tokens.obtain(context, consumer, ask).await?;
        let request = match permit.consent {
            Some((consents, subject, valid)) => {
                consents.show(context, subject, valid, request).await?
            }
            None => request,
        };
        let _open = match &self.open {
            Some(open) => Some(open.acquire().await),
            None => None,
        };
        tokens
            .send_obtained(context, consumer, ask, &self.call, request)
            .await
    }
}

/// What the caller is told. Where the refusal may be about the consent, Altinn says what it is
/// worth: neither Maskinporten's nor the source's error does.
async fn explain<P: Platform>(
    context: &Context<'_, P>,
    consents: &Consents,
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
        Failure::Source(refusal) if matches!(refusal.reason, Reason::Token | Reason::Consent) => {
            refusal.into()
        }
        Failure::Source(refusal) => return refusal.into(),
    };
    context.log(&Event {
        level: Level::Warn,
        ..Event::of("consent-doubted", &refusal)
    });
    let truth = match consents.doubt(context, subject, valid).await {
        // The source does not take a consent that is in force: the party can only give another.
        Ok(()) if refusal.kind == Kind::ConsentRequired => consents
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

impl Failure {
    /// What the caller is told where no consent is asked for: nobody can give what is refused for want of one.
    fn without_consent(self) -> Problem {
        let problem = match self {
            Self::Token(problem) | Self::Other(problem) => problem,
            Self::Source(refusal) => refusal.into(),
        };
        match problem.kind {
            Kind::ConsentRequired => Problem {
                kind: Kind::SourceRefused,
                ..problem
            },
            _ => problem,
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
