//! Using a consent.

use serde_json::Value;

use super::Consents;
use super::record::{Key, Subject};
use super::truth::{ALTINN, Truth, problem};
use crate::altinn::{NotAsked, Outcome, Shown};
use crate::context::Context;
use crate::outbound;
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};

/// A consent that was in force when it was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Valid {
    id: String,
    handle: Option<String>,
}

impl Consents {
    /// The `authorization_details` of a token that holds the consent; `None` where it is shown beside the token.
    pub fn token_details(
        &self,
        subject: Subject<'_>,
        valid: &Valid,
    ) -> Result<Option<Value>, Problem> {
        Ok(match self.shown(subject, valid)? {
            Shown::InToken(details) => Some(details),
            Shown::Beside(_) => None,
        })
    }

    /// `request` with the consent beside its token, where it is shown there. To be sent at once: what is shown lives for
    /// half a minute.
    ///
    /// [`Kind::ConsentRequired`] means that Altinn says that the consent does not hold.
    pub async fn show<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        valid: &Valid,
        mut request: Request,
    ) -> Result<Request, Problem> {
        let Shown::Beside(fetch) = self.shown(subject, valid)? else {
            return Ok(request);
        };
        let response = outbound::send(context, &ALTINN, &fetch).await?;
        let proof = self.altinn.proof(&response)?;
        let (name, value) = proof.ok_or(Kind::ConsentRequired)?;
        request.headers_mut().insert(name, value);
        Ok(request)
    }

    fn shown(&self, subject: Subject<'_>, valid: &Valid) -> Result<Shown, NotAsked> {
        let (id, handle) = (&valid.id, valid.handle.as_deref());
        self.altinn
            .shown(id, handle, subject.consumer, subject.party)
    }

    /// The consent, if it is in force as far as we know: a request that is still open is looked up at
    /// Altinn; whether a granted one was withdrawn shows when its token is asked for.
    pub async fn require<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
    ) -> Result<Valid, Problem> {
        let rows = self.rows(context);
        let key = Key::from(subject);
        let mut record = rows
            .record(&key)
            .await?
            .filter(|record| record.request.right == subject.service.right);
        if let Some(open) =
            record.take_if(|record| record.outcome(context.now()) == Outcome::Pending)
        {
            record = self.refresh(&rows, &key, open).await?;
        }
        let record = record.ok_or(Kind::ConsentRequired)?;
        match problem(record.outcome(context.now())) {
            Some(problem) => Err(problem),
            None => Ok(Valid {
                id: record.request.id,
                handle: record.request.handle,
            }),
        }
    }

    /// Asks Altinn about a consent that somebody has refused, and keeps what it says, so that the next
    /// answer is quick. No problem means that it is in force for all that Altinn knows.
    pub async fn doubt<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        valid: &Valid,
    ) -> Result<(), Problem> {
        let rows = self.rows(context);
        let key = Key::from(subject);
        let Some(mut record) = rows
            .record(&key)
            .await?
            .filter(|record| record.request.id == valid.id)
        else {
            // Another request has taken its place meanwhile; the caller's next try uses that one.
            return Err(Kind::ConsentRequired.into());
        };
        let Truth::Known(outcome) = self.truth(context, &key, &record.request).await? else {
            rows.forget(&key).await?;
            return Err(Kind::ConsentRequired.into());
        };
        Self::take(context, &mut record, outcome);
        rows.keep(&key, &record).await?;
        problem(outcome).map_or(Ok(()), Err)
    }

    /// Gives up a consent that the source does not take though Altinn says that it is in force, so that
    /// the party can be asked anew: otherwise the app would be told "needed" and "granted" in turns.
    pub async fn give_up<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
    ) -> Result<(), Problem> {
        self.rows(context).forget(&Key::from(subject)).await
    }
}
