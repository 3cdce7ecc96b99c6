//! Reads of one API, with access by a party's consent, by its system user, or by the consumer's
//! right alone.

mod api;
mod settings;
mod system_user;

use std::time::Duration;

use bytes::Bytes;

pub use api::ReadsApi;
#[cfg(test)]
pub(crate) use settings::{COMPONENT, NAMED, OWN, SERVICE, WITH_CONSENT, variable};
pub use settings::{Permission, ReadsConfig};
pub use system_user::Reference;

use crate::consent::{self, ActiveConsent, Consents, ServiceTemplate};
use crate::token::{Client, TokenRequest};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::origin::Origin;
use innsyn_core::party::{OrganisationNumber, Party};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::semaphore::Semaphore;
use innsyn_protocols::read_api::{self, Api, Dataset, Query, Reason, Refusal, RetryAfter, Values};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};
use innsyn_runtime::store::Store;

/// Maximum number of concurrent calls of an instance without a shared budget. Skatteetaten allows
/// five for each API and organisation; one is left for others.
const OPEN_CALLS: usize = 4;

/// Maximum number of attempts of a read whose failure the source itself documents as transient
/// (KB-001, DAS-003).
const ATTEMPTS: u32 = 3;

/// Back-off before the second of these attempts; it doubles for the third.
const PAUSE: Duration = Duration::from_millis(250);

/// Reader of one API for all parties. Lives as long as the instance.
#[derive(Debug)]
pub struct Reader {
    api: &'static Api,
    endpoint: Endpoint,
    origin: Origin,
    package: String,
    /// Request for a token of the source, without a consent or a system user.
    token_request: TokenRequest,
    access_basis: AccessBasis,
    open: Option<Semaphore>,
}

/// Access basis of the data.
#[derive(Debug)]
enum AccessBasis {
    /// Consent of each party.
    Consent(Box<Consents>, ServiceTemplate),
    /// System user of each party, created with this reference.
    SystemUser(Box<Client>, Reference),
    /// Consumer's own right to the API alone, with one token for all parties. The caller's right
    /// has been checked.
    ConsumerRight(Box<Client>),
}

/// Credentials of a read.
#[derive(Clone, Copy)]
struct Credentials<'a> {
    /// Organisation that reads.
    consumer: &'a OrganisationNumber,
    tokens: &'a Client,
    /// Token request for a token that the source accepts.
    token_request: &'a TokenRequest,
    /// Consent whose proof is presented beside the token, if any.
    proven: Option<&'a ActiveConsent<'a>>,
}

/// Returns the retry policy of an API: reads are idempotent, so each may be repeated.
const fn retry_policy(unit: RetryAfter) -> RetryPolicy {
    match unit {
        RetryAfter::Seconds => RetryPolicy::Idempotent(3),
        RetryAfter::Milliseconds => RetryPolicy::IdempotentUnlessThrottled(3),
    }
}

/// Reason why a read failed, by the party that refused.
enum Failure {
    /// Refusal by Maskinporten or Altinn of a token for the consent.
    Token(Problem),
    /// Refusal by the source.
    Source(Refusal),
    /// Other failure, which does not concern the consent.
    Other(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl Reader {
    /// Creates a reader from the settings of the component, whose name at `token` is `component`.
    pub fn new(config: ReadsConfig, component: &'static str, api: &'static Api) -> Self {
        let tokens = Client::new(component, config.signing_key);
        let environment = config.environment;
        let has_budget = config.marking.covers(&config.origin);
        Self {
            api,
            endpoint: Endpoint {
                counterparty: &api.counterparty,
                timeout: Duration::from_secs(10),
                max_body: 4 * 1024 * 1024,
                retry: retry_policy(api.retry_after),
            },
            origin: config.origin,
            package: config.package,
            token_request: config.token_request,
            access_basis: match config.permission {
                Permission::Scopes(_) => AccessBasis::ConsumerRight(Box::new(tokens)),
                Permission::SystemUser(reference) => {
                    AccessBasis::SystemUser(Box::new(tokens), reference)
                }
                Permission::Consent {
                    template,
                    altinn,
                    store_keys,
                } => {
                    let store = Store::new(consent::STORE, environment, &store_keys);
                    let consents = Consents::new(environment, store, altinn, tokens);
                    AccessBasis::Consent(Box::new(consents), template)
                }
            },
            open: (!has_budget).then(|| Semaphore::new(OPEN_CALLS)),
        }
    }

    /// Returns the source's data as sent, for `consumer`, whose caller's right to ask about `party`
    /// has been checked. If the dataset has windows, a period over a year is read in parts and
    /// merged.
    ///
    /// # Errors
    ///
    /// The problems of the consent ([`Consents::require`]) or of the system user, of Maskinporten,
    /// and of the source.
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        party: &Party,
        dataset: &Dataset,
        values: &Values,
    ) -> Result<Bytes, Problem> {
        let query = Query {
            origin: &self.origin,
            package: &self.package,
            party,
            dataset,
            values,
            window: None,
            correlation_id: context.correlation_id.as_str(),
        };
        let by_token = |tokens, token_request| Credentials {
            consumer,
            tokens,
            token_request,
            proven: None,
        };
        match &self.access_basis {
            AccessBasis::SystemUser(tokens, reference) => {
                let token_request = reference.on(self.token_request.clone(), party)?;
                let data = self
                    .windows(context, query, by_token(tokens, &token_request))
                    .await;
                data.map_err(system_user::explain)
            }
            AccessBasis::ConsumerRight(tokens) => {
                let credentials = by_token(tokens, &self.token_request);
                let data = self.windows(context, query, credentials).await;
                data.map_err(Failure::without_consent)
            }
            AccessBasis::Consent(consents, template) => {
                let right = template.with(values)?;
                let key = template.key(consumer, party, &right);
                let active = consents
                    .require(context, key, self.token_request.clone())
                    .await?;
                let credentials = Credentials {
                    proven: active.proof.as_ref().map(|_| &active),
                    ..by_token(&consents.tokens, &active.token_request)
                };
                match self.windows(context, query, credentials).await {
                    Ok(data) => Ok(data),
                    Err(failure) => Err(explain(context, &active, failure).await),
                }
            }
        }
    }

    /// Reads all windows in sequence. A part of the period is never returned as the whole.
    async fn windows<P: Platform>(
        &self,
        context: &Context<'_, P>,
        query: Query<'_>,
        credentials: Credentials<'_>,
    ) -> Result<Bytes, Failure> {
        let Some(merging) = &query.dataset.windows else {
            return self.window(context, query, credentials).await;
        };
        let period = read_api::period(query.values).map_err(Problem::from)?;
        let windows = period.windows();
        if windows.len() == 1 {
            return self.window(context, query, credentials).await;
        }
        let mut answers = Vec::new();
        let mut nothing = None;
        for window in windows.into_iter().map(Some) {
            let query = Query { window, ..query };
            match self.window(context, query, credentials).await {
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
        // The parser's message may quote the data.
        read_api::merge(merging, period, &answers).map_err(|_| {
            outbound::unreadable(self.endpoint.counterparty, "the windows do not merge").into()
        })
    }

    /// Sends the query with its permit, and again after a failure that may pass. Tokens are obtained
    /// before the concurrency limit is entered, so no place is held while waiting for Maskinporten
    /// or Altinn.
    async fn window<P: Platform>(
        &self,
        context: &Context<'_, P>,
        query: Query<'_>,
        credentials: Credentials<'_>,
    ) -> Result<Bytes, Failure> {
        let Credentials {
            consumer,
            tokens,
            token_request,
            proven,
        } = credentials;
        let mut attempt = 1;
        loop {
            let request = read_api::request(query)
                .map_err(|error| Problem::new(Kind::Internal).cause(error))?;
            let prepare = async || {
                let request = match proven {
                    Some(consent) => consent.prove(context, request).await?,
                    None => request,
                };
                let open = match &self.open {
                    Some(open) => Some(open.acquire().await),
                    None => None,
                };
                Ok((request, open))
            };
            let response =
                tokens.send_prepared(context, consumer, token_request, &self.endpoint, prepare);
            match read_api::read(self.api, &response.await.map_err(refused_token)?) {
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
}

/// Returns the problem for the caller. If the refusal may concern the consent, Altinn's status
/// decides: the errors of Maskinporten and of the source do not show it.
async fn explain<P: Platform>(
    context: &Context<'_, P>,
    active: &ActiveConsent<'_>,
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
        ..Event::from_problem("consent-doubted", &refusal)
    });
    let truth = match active.doubt(context).await {
        // The source refuses an active consent: the party can only give another.
        Ok(()) if refusal.kind == Kind::ConsentRequired => active
            .give_up(context)
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
    /// Returns the problem for a read without a consent: "consent required" becomes a refusal by
    /// the source, since no party can give one.
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

/// Maps "consent required" to a refused token: Maskinporten, or Altinn, gives none for the consent.
fn refused_token(problem: Problem) -> Failure {
    match problem.kind {
        Kind::ConsentRequired => Failure::Token(problem),
        _ => Failure::Other(problem),
    }
}

#[cfg(test)]
mod tests;
