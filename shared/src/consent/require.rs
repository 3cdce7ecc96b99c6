//! Using a consent.

use serde_json::Value;
use time::OffsetDateTime;

use super::Consents;
use super::record::{Key, Subject};
use super::truth::{Truth, problem};
use crate::altinn::{Asked, Outcome, Shown};
use crate::context::Context;
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

/// A consent that was in force when it was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Valid {
    id: String,
    handle: Option<String>,
    until: OffsetDateTime,
}

impl Valid {
    fn asked(&self, subject: Subject<'_>) -> Asked {
        Asked {
            id: self.id.clone(),
            handle: self.handle.clone(),
            from: subject.party.clone(),
            party_name: None,
            to: subject.consumer.clone(),
            rights: vec![subject.service.right.clone()],
            valid_to: self.until,
            redirect_address: Secret::new(String::new()),
        }
    }
}

impl Consents {
    /// The `authorization_details` of a token that holds the consent; `None` where it is shown beside the token.
    pub fn token_details(
        &self,
        subject: Subject<'_>,
        valid: &Valid,
    ) -> Result<Option<Value>, Problem> {
        Ok(match self.altinn.shown(&valid.asked(subject))? {
            Shown::InToken(details) => Some(details),
            Shown::Beside(_) => None,
        })
    }

    /// `request` with the consent beside its token, where it is shown there. To be sent at once: what is shown lives for
    /// half a minute.
    ///
    /// [`Kind::ConsentRequired`] means that Altinn says that the consent does not hold, [`Kind::ProofRefused`] that what it
    /// gave is not shown to anybody.
    pub async fn show<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
        valid: &Valid,
        mut request: Request,
    ) -> Result<Request, Problem> {
        let asked = valid.asked(subject);
        let Shown::Beside(fetch) = self.altinn.shown(&asked)? else {
            return Ok(request);
        };
        let response = self.fetch_proof(context, subject.consumer, *fetch).await?;
        let proof = self.altinn.proof(context, &asked, &response).await?;
        let proof = proof.ok_or(Kind::ConsentRequired)?;
        request.headers_mut().insert(proof.name, proof.value);
        Ok(request)
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
        let mut record = rows.usable(&key).await?;
        if let Some(open) =
            record.take_if(|record| record.outcome(context.now()) == Outcome::Pending)
        {
            record = self.refresh(&rows, &key, open).await?;
        }
        let record = record.ok_or(Kind::ConsentRequired)?;
        match problem(record.outcome(context.now())) {
            Some(problem) => Err(problem),
            None => Ok(Valid {
                until: record.request.valid_to(),
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
        let Truth::Known(outcome) = self.truth(context, &key, &record).await? else {
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
