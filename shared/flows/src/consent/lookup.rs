//! Lookups of consents at Altinn, the authority on their status.

use std::time::Duration;

use super::Consents;
use super::record::{Key, Record};
use crate::token::TokenRequest;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::{Platform, Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::altinn::{
    CREATE_SCOPE, Consent, ConsentRequest, Created, Creation, Fault, Lookup, Mismatch, Outcome,
    PreparedCall, ProofError, READ_SCOPE, Reason, Refusal, Status,
};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy for Altinn. Creation is idempotent too: see [`crate::altinn::Altinn::create`].
pub(super) const ALTINN: Endpoint = Endpoint {
    counterparty: "altinn",
    timeout: Duration::from_secs(5),
    max_body: 256 * 1024,
    retry: RetryPolicy::Idempotent(3),
};

/// Status of a request according to Altinn.
pub(super) enum LookupOutcome {
    /// Request with this outcome.
    Known(Outcome),
    /// Altinn has no such request.
    Unknown,
}

/// Result of one lookup at Altinn.
enum LookupResult {
    /// Consent as stored at Altinn, with its proof if it has one.
    Consent(Box<Consent>),
    /// Refusal that does not reveal the status.
    Refused(Refusal),
    /// Mismatch: the proof belongs to another consent.
    Mismatch(Mismatch),
    /// No handle is stored, so Altinn cannot be asked.
    Nothing,
}

/// Reason why a request was not created.
pub(super) enum CreateError {
    /// Refused, and would be again: Altinn has no such request.
    Refused(Problem),
    /// Unclear: Altinn may have the request or not.
    Unclear(Problem),
}

impl From<Problem> for CreateError {
    fn from(problem: Problem) -> Self {
        Self::Unclear(problem)
    }
}

impl Consents {
    /// Looks up the outcome of the record's request at Altinn.
    pub(super) async fn lookup_outcome<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        record: &Record,
    ) -> Result<LookupOutcome, Problem> {
        let requested = record.request.requested(key);
        let outcome = match self.look_up(context, &requested).await? {
            LookupResult::Consent(consent) => consent.outcome(&requested, context.now()),
            LookupResult::Mismatch(mismatch) => Err(mismatch),
            LookupResult::Nothing
            | LookupResult::Refused(Refusal {
                reason: Reason::Unknown,
                ..
            }) => return Ok(LookupOutcome::Unknown),
            LookupResult::Refused(refusal) => return Err(refusal.into()),
        };
        let outcome = outcome.unwrap_or_else(|mismatch| {
            // The party has consented to something else: that is not this consent, and waiting does
            // not change it.
            context.log(&Event::new(Level::Error, "consent", "mismatch").cause(mismatch));
            Outcome::Rejected
        });
        // A code from a browser that was never valid does not show what the party may still do.
        let is_hearsay = self.altinn.learns_codes_from_browsers()
            && record.outcome(context.now()) == Outcome::Pending
            && matches!(outcome, Outcome::Rejected | Outcome::Revoked);
        Ok(LookupOutcome::Known(if is_hearsay {
            Outcome::Pending
        } else {
            outcome
        }))
    }

    /// Puts the outcome of a request into its record, and returns whether it is new. Logs one line if
    /// it is, so that consents can be counted by outcome.
    pub(super) fn take<P: Platform>(
        context: &Context<'_, P>,
        record: &mut Record,
        outcome: Outcome,
    ) -> bool {
        let now = context.now();
        let is_new = record.outcome(now) != outcome;
        if is_new {
            context.log(&Event::new(Level::Info, "consent", outcome.as_str()));
        }
        record.settle(outcome, now);
        is_new
    }

    /// Requests the consent at Altinn, and returns the consent as stored there.
    pub(super) async fn create<P: Platform>(
        &self,
        context: &Context<'_, P>,
        requested: &ConsentRequest<'_>,
        creation: Creation<'_>,
    ) -> Result<Consent, CreateError> {
        // Nothing has been sent yet.
        let prepared = self.altinn.create(requested, creation);
        let request = match prepared.map_err(|error| CreateError::Refused(error.into()))? {
            PreparedCall::Request(request) => *request,
            PreparedCall::Page(consent) => return Ok(*consent),
        };
        let response = self
            .send(context, requested.subject.consumer, CREATE_SCOPE, request)
            .await?;
        let refusal = match self.altinn.created(requested, &response) {
            Ok(Created::New(consent)) => return Ok(*consent),
            // The id was known: the consent stored at Altinn takes precedence.
            Ok(Created::Known) => match self.look_up(context, requested).await? {
                LookupResult::Consent(consent) => return Ok(*consent),
                LookupResult::Refused(refusal) => return Err(CreateError::Unclear(refusal.into())),
                LookupResult::Mismatch(mismatch) => {
                    return Err(CreateError::Unclear(Fault::from(mismatch).into()));
                }
                LookupResult::Nothing => return Err(CreateError::Unclear(Kind::Internal.into())),
            },
            Err(refusal) => refusal,
        };
        match refusal.reason {
            Reason::Final | Reason::Unknown | Reason::PartyUnknown => {
                Err(CreateError::Refused(refusal.into()))
            }
            Reason::Token | Reason::TooManyCalls(_) | Reason::Down | Reason::Unreadable(_) => {
                Err(CreateError::Unclear(refusal.into()))
            }
        }
    }

    async fn look_up<P: Platform>(
        &self,
        context: &Context<'_, P>,
        requested: &ConsentRequest<'_>,
    ) -> Result<LookupResult, Problem> {
        let mut consent = match self.altinn.lookup(requested)? {
            Lookup::Unknown => return Ok(LookupResult::Nothing),
            Lookup::Stored(consent) => *consent,
            Lookup::Request(request) => {
                let response = self
                    .send(context, requested.subject.consumer, READ_SCOPE, *request)
                    .await?;
                match self.altinn.found(requested, &response) {
                    Ok(consent) => consent,
                    Err(refusal) => return Ok(LookupResult::Refused(refusal)),
                }
            }
        };
        let confirmation = self
            .altinn
            .confirmation(requested, &consent, context.now())?;
        let Some(request) = confirmation else {
            return Ok(LookupResult::Consent(Box::new(consent)));
        };
        let response = self
            .fetch_proof(context, requested.subject.consumer, request)
            .await?;
        match self.altinn.proof(context, requested, &response).await {
            Ok(Some(_)) => {}
            // An accepted consent without a proof has been withdrawn, or given up.
            Ok(None) => consent.status = Status::Revoked,
            Err(ProofError::Fault(Fault::Mismatch(mismatch))) => {
                return Ok(LookupResult::Mismatch(mismatch));
            }
            Err(proof_error) => return Err(proof_error.into()),
        }
        Ok(LookupResult::Consent(Box::new(consent)))
    }

    /// Sends a call of the consumer's to Altinn: with a token for `scope`, or with the client
    /// certificate that the host presents.
    pub(super) async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        scope: &str,
        request: Request,
    ) -> Result<Response, Problem> {
        if !self.altinn.takes_token() {
            return outbound::send(context, &ALTINN, &request).await;
        }
        let token_request = self.token_for(scope)?;
        self.tokens
            .send(context, consumer, &token_request, &ALTINN, request)
            .await
    }

    /// Sends the request for a proof to Altinn.
    pub(super) async fn fetch_proof<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        request: Request,
    ) -> Result<Response, Problem> {
        let Some(scope) = self.altinn.proof_scope() else {
            return outbound::send(context, &ALTINN, &request).await;
        };
        let token_request = self.token_for(scope)?;
        self.tokens
            .send(context, consumer, &token_request, &ALTINN, request)
            .await
    }

    fn token_for(&self, scope: &str) -> Result<TokenRequest, Problem> {
        let token_request =
            TokenRequest::new(scope).and_then(|token_request| match self.altinn.token_resource() {
                Some(resource) => token_request.resource(&resource),
                None => Ok(token_request),
            });
        token_request.map_err(|error| Problem::new(Kind::Internal).cause(error))
    }
}

/// Returns the problem for a caller who needs the consent; `None` if it is granted.
pub(super) fn problem(outcome: Outcome) -> Option<Problem> {
    let kind = match outcome {
        Outcome::Granted => return None,
        Outcome::Pending => Kind::ConsentPending,
        Outcome::Rejected => Kind::ConsentRejected,
        Outcome::Revoked => Kind::ConsentRevoked,
        Outcome::Expired => Kind::ConsentExpired,
    };
    Some(kind.into())
}
