//! What Altinn says.

use std::time::Duration;

use super::Consents;
use super::record::{Key, Record, Request};
use crate::altinn::{Asked, CREATE_SCOPE, Consent, Created, Outcome, READ_SCOPE, Reason, Refusal};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::platform::Platform;
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
    /// What came of `request`, by Altinn's own word.
    pub(super) async fn truth<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        request: &Request,
    ) -> Result<Truth, Problem> {
        let asked = request.known(key);
        let consent = match self.look_up(context, key, &asked).await? {
            Some(Ok(consent)) => consent,
            None
            | Some(Err(Refusal {
                reason: Reason::Unknown,
                ..
            })) => return Ok(Truth::Unknown),
            Some(Err(refusal)) => return Err(refusal.into()),
        };
        Ok(Truth::Known(
            consent
                .outcome(&asked, context.now())
                .unwrap_or_else(|mismatch| {
                    // Somebody consented to something, but not to this: that is no consent, and waiting will
                    // not make it one.
                    context.log(&Event::new(Level::Error, "consent", "mismatch").cause(mismatch));
                    Outcome::Rejected
                }),
        ))
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
        let ask = self.token_for(CREATE_SCOPE)?;
        // Nothing has been sent yet.
        let request = self.altinn.create(asked);
        let request = request.map_err(|error| Uncreated::Refused(error.into()))?;
        let response = self
            .tokens
            .send(context, key.consumer, &ask, &ALTINN, request)
            .await?;
        let refusal = match self.altinn.created(asked, &response) {
            Ok(Created::New(consent)) => return Ok(*consent),
            // The id was known: what Altinn keeps is what counts.
            Ok(Created::Known) => match self.look_up(context, key, asked).await? {
                Some(Ok(consent)) => return Ok(consent),
                Some(Err(refusal)) => return Err(Uncreated::Unclear(refusal.into())),
                None => return Err(Uncreated::Unclear(Kind::Internal.into())),
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

    /// `None` where there is nothing that Altinn could be asked.
    async fn look_up<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        asked: &Asked,
    ) -> Result<Option<Result<Consent, Refusal>>, Problem> {
        let Some(request) = self.altinn.lookup(asked)? else {
            return Ok(None);
        };
        let ask = self.token_for(READ_SCOPE)?;
        let response = self
            .tokens
            .send(context, key.consumer, &ask, &ALTINN, request)
            .await?;
        let consent = match self.altinn.found(asked, &response) {
            Ok(consent) => consent,
            Err(refusal) => return Ok(Some(Err(refusal))),
        };
        let confirmation = self.altinn.confirmation(asked, &consent, context.now())?;
        let Some(request) = confirmation else {
            return Ok(Some(Ok(consent)));
        };
        let response = outbound::send(context, &ALTINN, &request).await?;
        Ok(Some(self.altinn.confirmed(consent, &response)))
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
