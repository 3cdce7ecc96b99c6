//! The consumer ends a consent, or takes its question back.

use super::record::{Key, Record, Subject};
use super::truth::Truth;
use super::{Consents, Standing};
use crate::altinn::Outcome;
use crate::context::Context;
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

impl Consents {
    /// Ends the consent for the consumer, and says how it stands then; `None` where there is none. One that is over stays as it
    /// is, and so may be ended again.
    ///
    /// Where Altinn lets the party alone withdraw it, that is a [`Kind::RequestInvalid`].
    pub async fn withdraw<P: Platform>(
        &self,
        context: &Context<'_, P>,
        subject: Subject<'_>,
    ) -> Result<Option<Standing>, Problem> {
        let rows = self.rows(context);
        let key = Key::from(subject);
        let Some(record) = rows.usable(&key).await? else {
            return Ok(None);
        };
        let Some(mut record) = self.refresh(&rows, &key, record).await? else {
            return Ok(None);
        };
        let now = context.now();
        let outcome = record.outcome(now);
        if matches!(outcome, Outcome::Pending | Outcome::Granted) {
            let asked = record.request.known(&key);
            let given = outcome == Outcome::Granted;
            let mut end = Outcome::Revoked;
            if let Some(withdrawal) = self.altinn.withdrawal(&asked, given)? {
                let response = self
                    .send(context, &key, withdrawal.scope, withdrawal.request)
                    .await?;
                if !self.altinn.withdrawn(&response)? {
                    end = self.ended(context, &key, &record).await?;
                }
            }
            Self::take(context, &mut record, end);
            rows.keep(&key, &record).await?;
        }
        Ok(Some(Standing {
            outcome: record.outcome(now),
            valid_to: record.request.valid_to(),
        }))
    }

    /// How it ended, where Altinn says that there is nothing to end.
    async fn ended<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        record: &Record,
    ) -> Result<Outcome, Problem> {
        match self.truth(context, key, record).await? {
            Truth::Known(outcome @ (Outcome::Rejected | Outcome::Revoked | Outcome::Expired)) => {
                Ok(outcome)
            }
            Truth::Known(Outcome::Pending | Outcome::Granted) | Truth::Unknown => {
                Err(Problem::new(Kind::SourceRefused)
                    .advice("Altinn does not let the organisation withdraw the consent")
                    .cause("Altinn answered 403 to a withdrawal"))
            }
        }
    }
}
