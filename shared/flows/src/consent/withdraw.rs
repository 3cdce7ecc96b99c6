//! Withdrawal of a consent, or of an open request, by the consumer.

use super::lookup::LookupOutcome;
use super::record::{Key, Record};
use super::{ConsentStatus, Consents};
use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::altinn::Outcome;

impl Consents {
    /// Withdraws the consent for the consumer and returns its status; `None` if there is none. The
    /// operation is idempotent: a consent that is over stays as it is.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] if Altinn lets only the party withdraw it, `Kind::SourceRefused` if
    /// Altinn refuses, `Kind::StoreDown` if the store fails, and other problems of Altinn's.
    pub async fn withdraw<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: Key<'_>,
    ) -> Result<Option<ConsentStatus>, Problem> {
        let rows = self.rows(context);
        let Some(record) = rows.usable(&key).await? else {
            return Ok(None);
        };
        let Some(mut record) = self.refresh(&rows, &key, record).await? else {
            return Ok(None);
        };
        let now = context.now();
        let outcome = record.outcome(now);
        if matches!(outcome, Outcome::Pending | Outcome::Granted) {
            let requested = record.request.requested(&key);
            let given = outcome == Outcome::Granted;
            let mut end = Outcome::Revoked;
            if let Some(withdrawal) = self.altinn.withdrawal(&requested, given)? {
                let response = self
                    .send(
                        context,
                        key.subject.consumer,
                        withdrawal.scope,
                        withdrawal.request,
                    )
                    .await?;
                if !self.altinn.withdrawn(&response)? {
                    end = self.ended(context, &key, &record).await?;
                }
            }
            self.store_outcome(&rows, &key, &mut record, end).await?;
        }
        Ok(Some(ConsentStatus {
            outcome: record.outcome(now),
            valid_to: record.request.valid_to(),
        }))
    }

    /// Returns the outcome of a consent that Altinn reports as not withdrawable.
    async fn ended<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        record: &Record,
    ) -> Result<Outcome, Problem> {
        match self.lookup_outcome(context, key, record).await? {
            LookupOutcome::Known(
                outcome @ (Outcome::Rejected | Outcome::Revoked | Outcome::Expired),
            ) => Ok(outcome),
            LookupOutcome::Known(Outcome::Pending | Outcome::Granted) | LookupOutcome::Unknown => {
                Err(Problem::new(Kind::SourceRefused)
                    .advice("Altinn does not let the organisation withdraw the consent")
                    .cause("Altinn answered 403 to a withdrawal"))
            }
        }
    }
}
