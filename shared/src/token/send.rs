//! Using a token.

use http::{HeaderValue, StatusCode, header};

use super::{Ask, Client};
use crate::context::Context;
use crate::outbound::{self, Call};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Request, Response};
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

impl Client {
    /// Sends `request` with a token of `consumer` for `ask`, in the one `Authorization` header.
    ///
    /// A token that is answered with 401 is forgotten, another one is minted, and the call made once
    /// more. The answer to that one stands, whatever it is.
    pub async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
        call: &Call,
        request: Request,
    ) -> Result<Response, Problem> {
        self.obtain(context, consumer, ask).await?;
        self.send_obtained(context, consumer, ask, call, request)
            .await
    }

    /// The same for a token that was obtained for this call already; if it has run out since, with the next one.
    pub async fn send_obtained<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
        call: &Call,
        mut request: Request,
    ) -> Result<Response, Problem> {
        let (token, _) = self.have(context, consumer, ask).await?;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer(token.value())?);
        let response = outbound::send(context, call, &request).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.forget(consumer, ask, &token);
        let (token, _) = self.have(context, consumer, ask).await?;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer(token.value())?);
        outbound::send(context, call, &request).await
    }
}

/// The value of `Authorization` (RFC 6750 §2.1).
pub(super) fn bearer(token: &Secret<String>) -> Result<HeaderValue, Problem> {
    let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    // The error's own words may hold the token.
    let mut value = value.map_err(|_| {
        Problem::new(Kind::Internal).cause("a token has characters that no header has")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
