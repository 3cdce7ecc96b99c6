//! Using a token.

use http::StatusCode;

use super::{Ask, Client};
use crate::context::Context;
use crate::outbound::{self, Call};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Request, Response};
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

impl Client {
    /// Sends what `build` makes of a token of `consumer` for `ask`.
    ///
    /// A token that is answered with 401 is forgotten, another one is minted, and the call made once
    /// more. The answer to that one stands, whatever it is.
    pub async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
        call: &Call,
        build: impl Fn(&Secret<String>) -> Result<Request, http::Error>,
    ) -> Result<Response, Problem> {
        let build = |token| build(token).map_err(|error| Problem::new(Kind::Internal).cause(error));
        let token = self.obtain(context, consumer, ask).await?;
        let response = outbound::send(context, call, &build(token.value())?).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.forget(consumer, ask, &token);
        let token = self.obtain(context, consumer, ask).await?;
        outbound::send(context, call, &build(token.value())?).await
    }
}
