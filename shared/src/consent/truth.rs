//! What Altinn says.

use std::time::Duration;

use super::Consents;
use super::record::{Key, Record};
use crate::altinn::{
    Asked, Asking, CREATE_SCOPE, Consent, Created, Fault, Lookup, Mismatch, Outcome, READ_SCOPE,
    Reason, Refusal, Status, Unproven,
};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Request, Response};
use crate::problem::{Kind, Problem};
use crate::token::Ask;

/// Asking is idempotent too: see [`crate::altinn::Altinn::create`].
pub(super) const ALTINN: Call = Call {
    counterparty: "altinn",
    timeout: Duration::from_secs(5),
    max_body: 256 * 1024,
    repeat: Repeat::Idempotent(3),
};

/// What Altinn says about a request.
pub(super) enum Truth {
    /// What it is worth.
    Known(Outcome),
    /// Altinn has no such request.
    Unknown,
}

/// What a look at Altinn gives.
enum Found {
    /// What Altinn keeps, with its proof where it has one.
    Consent(Box<Consent>),
    /// It does not say.
    Refused(Refusal),
    /// What it gives as the consent's proof is that of another.
    Mismatch(Mismatch),
    /// As far as we know there is nothing that it could be asked for.
    Nothing,
}

/// Why a request was not created.
pub(super) enum Uncreated {
    /// It was refused, and would be again: there is no such request at Altinn.
    Refused(Problem),
    /// Altinn may have it or not.
    Unclear(Problem),
}

impl From<Problem> for Uncreated {
    fn from(problem: Problem) -> Self {
        Self::Unclear(problem)
    }
}

impl Consents {
    /// What came of the record's request, by Altinn's own word.
    pub(super) async fn truth<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        record: &Record,
    ) -> Result<Truth, Problem> {
        let asked = record.request.known(key);
        let outcome = match self.look_up(context, key, &asked).await? {
            Found::Consent(consent) => consent.outcome(&asked, context.now()),
            Found::Mismatch(mismatch) => Err(mismatch),
            Found::Nothing
            | Found::Refused(Refusal {
                reason: Reason::Unknown,
                ..
            }) => return Ok(Truth::Unknown),
            Found::Refused(refusal) => return Err(refusal.into()),
        };
        let outcome = outcome.unwrap_or_else(|mismatch| {
            // Somebody consented to something, but not to this: that is no consent, and waiting will
            // not make it one.
            context.log(&Event::new(Level::Error, "consent", "mismatch").cause(mismatch));
            Outcome::Rejected
        });
        // A code that a browser has brought and that has never held says nothing of what the party still may do.
        let is_hearsay = self.altinn.learns_codes_from_browsers()
            && record.outcome(context.now()) == Outcome::Pending
            && matches!(outcome, Outcome::Rejected | Outcome::Revoked);
        Ok(Truth::Known(if is_hearsay {
            Outcome::Pending
        } else {
            outcome
        }))
    }

    /// Keeps what came of a request. One line where that is news, so that consents can be counted by their outcome.
    pub(super) fn take<P: Platform>(
        context: &Context<'_, P>,
        record: &mut Record,
        outcome: Outcome,
    ) {
        let now = context.now();
        if record.outcome(now) != outcome {
            context.log(&Event::new(Level::Info, "consent", outcome.as_str()));
        }
        record.settle(outcome, now);
    }

    /// Asks Altinn for the consent, and gives what Altinn keeps of it.
    pub(super) async fn create<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        asked: &Asked,
    ) -> Result<Consent, Uncreated> {
        // Nothing has been sent yet.
        let asking = self.altinn.create(asked);
        let request = match asking.map_err(|error| Uncreated::Refused(error.into()))? {
            Asking::Call(request) => *request,
            Asking::Page(consent) => return Ok(*consent),
        };
        let response = self.send(context, key, CREATE_SCOPE, request).await?;
        let refusal = match self.altinn.created(asked, &response) {
            Ok(Created::New(consent)) => return Ok(*consent),
            // The id was known: what Altinn keeps is what counts.
            Ok(Created::Known) => match self.look_up(context, key, asked).await? {
                Found::Consent(consent) => return Ok(*consent),
                Found::Refused(refusal) => return Err(Uncreated::Unclear(refusal.into())),
                Found::Mismatch(mismatch) => {
                    return Err(Uncreated::Unclear(Fault::from(mismatch).into()));
                }
                Found::Nothing => return Err(Uncreated::Unclear(Kind::Internal.into())),
            },
            Err(refusal) => refusal,
        };
        match refusal.reason {
            Reason::Final | Reason::Unknown | Reason::PartyUnknown => {
                Err(Uncreated::Refused(refusal.into()))
            }
            Reason::Token | Reason::TooManyCalls(_) | Reason::Down | Reason::Unreadable(_) => {
                Err(Uncreated::Unclear(refusal.into()))
            }
        }
    }

    async fn look_up<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        asked: &Asked,
    ) -> Result<Found, Problem> {
        let mut consent = match self.altinn.lookup(asked)? {
            Lookup::Unknown => return Ok(Found::Nothing),
            Lookup::Kept(consent) => *consent,
            Lookup::Call(request) => {
                let response = self.send(context, key, READ_SCOPE, *request).await?;
                match self.altinn.found(asked, &response) {
                    Ok(consent) => consent,
                    Err(refusal) => return Ok(Found::Refused(refusal)),
                }
            }
        };
        let confirmation = self.altinn.confirmation(asked, &consent, context.now())?;
        let Some(request) = confirmation else {
            return Ok(Found::Consent(Box::new(consent)));
        };
        let response = self.fetch_proof(context, key.consumer, request).await?;
        match self.altinn.proof(context, asked, &response).await {
            Ok(Some(_)) => {}
            // A consent that was accepted and has no proof has been withdrawn, or given up.
            Ok(None) => consent.status = Status::Revoked,
            Err(Unproven::Fault(Fault::Mismatch(mismatch))) => {
                return Ok(Found::Mismatch(mismatch));
            }
            Err(unproven) => return Err(unproven.into()),
        }
        Ok(Found::Consent(Box::new(consent)))
    }

    /// Altinn's answer to a call of the consumer's: with a token for `scope`, or with the certificate that the host shows.
    pub(super) async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        scope: &str,
        request: Request,
    ) -> Result<Response, Problem> {
        if !self.altinn.takes_token() {
            return outbound::send(context, &ALTINN, &request).await;
        }
        let ask = self.token_for(scope)?;
        self.tokens
            .send(context, key.consumer, &ask, &ALTINN, request)
            .await
    }

    /// Altinn's answer to the question for a proof.
    pub(super) async fn fetch_proof<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        request: Request,
    ) -> Result<Response, Problem> {
        let Some(scope) = self.altinn.proof_scope() else {
            return outbound::send(context, &ALTINN, &request).await;
        };
        let ask = self.token_for(scope)?;
        self.tokens
            .send(context, consumer, &ask, &ALTINN, request)
            .await
    }

    fn token_for(&self, scope: &str) -> Result<Ask, Problem> {
        let ask = Ask::new(scope).and_then(|ask| match self.altinn.token_resource() {
            Some(resource) => ask.resource(&resource),
            None => Ok(ask),
        });
        ask.map_err(|error| Problem::new(Kind::Internal).cause(error))
    }
}

/// What a caller who needs the consent is told.
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
