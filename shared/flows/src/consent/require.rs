//! Use of a consent in a read.

use std::fmt;

use super::Consents;
use super::lookup::{LookupOutcome, problem};
use super::record::{self, Key};
use crate::token::TokenRequest;
use innsyn_core::context::Context;
use innsyn_core::platform::{Platform, Request};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::altinn::Outcome;

/// Consent that was active at the last check, with what a read presents to the source.
pub struct ActiveConsent<'a> {
    /// Token request, which names the consent if the token includes it.
    pub token_request: TokenRequest,
    /// Request for the proof to present beside the token, if the token does not include the consent.
    pub proof: Option<Request>,
    consents: &'a Consents,
    key: Key<'a>,
    request: record::Request,
}

impl fmt::Debug for ActiveConsent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Valid");
        shown
            .field("ask", &self.token_request)
            .finish_non_exhaustive()
    }
}

impl Consents {
    /// Returns the consent and what to present to the source, if it is active as far as is known. A
    /// request that is still open is looked up at Altinn; the withdrawal of a granted one shows
    /// when its token is requested. `ask` requests the source's token without a consent.
    ///
    /// # Errors
    ///
    /// [`Kind::ConsentRequired`] without a consent, and if Altinn has given it no code;
    /// `Kind::ConsentPending`, `Kind::ConsentRejected`, `Kind::ConsentRevoked` or
    /// `Kind::ConsentExpired` by its outcome; [`Kind::Internal`] for wrong settings; and the
    /// problems of the store and of Altinn.
    pub async fn require<'a, P: Platform>(
        &'a self,
        context: &Context<'_, P>,
        key: Key<'a>,
        token_request: TokenRequest,
    ) -> Result<ActiveConsent<'a>, Problem> {
        let rows = self.rows(context);
        let mut record = rows.usable(&key).await?;
        if let Some(open) =
            record.take_if(|record| record.outcome(context.now()) == Outcome::Pending)
        {
            record = self.refresh(&rows, &key, open).await?;
        }
        let record = record.ok_or(Kind::ConsentRequired)?;
        if let Some(problem) = problem(record.outcome(context.now())) {
            return Err(problem);
        }
        let request = record.request;
        let proof = self.altinn.presented_proof(&request.requested(&key))?;
        let token_request = match proof {
            Some(_) => Ok(token_request),
            None => token_request.consent(&request.id, key.subject.party),
        };
        Ok(ActiveConsent {
            token_request: token_request
                .map_err(|error| Problem::new(Kind::Internal).cause(error))?,
            proof,
            consents: self,
            key,
            request,
        })
    }
}

impl ActiveConsent<'_> {
    /// Adds the consent's proof to `request`, if it is presented beside the token. The request must
    /// be sent at once: a proof lives for half a minute.
    ///
    /// # Errors
    ///
    /// [`Kind::ConsentRequired`] if Altinn reports the consent as not valid, [`Kind::ProofRefused`]
    /// if the proof must not be presented, and the problems of fetching it.
    pub async fn prove<P: Platform>(
        &self,
        context: &Context<'_, P>,
        mut request: Request,
    ) -> Result<Request, Problem> {
        let Some(fetch) = &self.proof else {
            return Ok(request);
        };
        let requested = self.request.requested(&self.key);
        let fetched = self
            .consents
            .fetch_proof(context, requested.subject.consumer, fetch.clone());
        let response = fetched.await?;
        let proof = self.consents.altinn.proof(context, &requested, &response);
        let proof = proof.await?.ok_or(Kind::ConsentRequired)?;
        request.headers_mut().insert(proof.name, proof.value);
        Ok(request)
    }

    /// Looks up a consent that was refused, and stores the result, so that the next response is
    /// fast. Returns `Ok(())` if Altinn still reports the consent as active.
    ///
    /// # Errors
    ///
    /// [`Kind::ConsentRequired`] if Altinn does not know it or another request has replaced it; the
    /// kind of its outcome as in [`Consents::require`]; and the problems of the store and of
    /// Altinn.
    pub async fn doubt<P: Platform>(&self, context: &Context<'_, P>) -> Result<(), Problem> {
        let (consents, key) = (self.consents, &self.key);
        let rows = consents.rows(context);
        let Some(mut record) = rows
            .record(key)
            .await?
            .filter(|record| record.request.id == self.request.id)
        else {
            // Another request has replaced it meanwhile; the caller's next attempt uses that one.
            return Err(Kind::ConsentRequired.into());
        };
        let LookupOutcome::Known(outcome) = consents.lookup_outcome(context, key, &record).await?
        else {
            rows.forget(key).await?;
            return Err(Kind::ConsentRequired.into());
        };
        consents
            .store_outcome(&rows, key, &mut record, outcome)
            .await?;
        problem(outcome).map_or(Ok(()), Err)
    }

    /// Deletes the record of a consent that the source refuses although Altinn reports it as
    /// active, so that the party can be asked again. Otherwise the app would alternate between
    /// "needed" and "granted".
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn give_up<P: Platform>(&self, context: &Context<'_, P>) -> Result<(), Problem> {
        self.consents.rows(context).forget(&self.key).await
    }
}
