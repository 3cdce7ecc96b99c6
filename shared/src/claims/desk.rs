//! What the claims component is asked for.

use std::time::Duration;

use http::{HeaderValue, header};

use super::settings::ClaimsConfig;
use super::{Claims, Read};
use crate::caller::{LoginTokens, PARTY_HEADER, bearer};
use crate::config::Origin;
use crate::context::Context;
use crate::inbound::{Arrived, Query};
use crate::platform::{Platform, Response};
use crate::problem::{Kind, Problem};
use crate::skatteetaten::{Dataset, Period};

/// Answers the claims component's requests. Lives as long as the instance.
#[derive(Debug)]
pub struct Desk {
    customers: LoginTokens,
    claims: Claims,
    web_origins: Vec<Origin>,
}

impl Desk {
    /// How long a request may take: ten years are eleven reads, one after another.
    pub const TIME: Duration = Duration::from_secs(25);

    /// With the settings of the claims component, which `token` knows as `component`.
    pub fn new(config: ClaimsConfig, component: &'static str) -> Self {
        Self {
            customers: LoginTokens::new(
                config.login.clone(),
                config.consumers.clone(),
                config.environment,
            ),
            web_origins: config.web_origins.clone(),
            claims: Claims::new(config, component),
        }
    }

    /// The pages that may call.
    pub fn web_origins(&self) -> Vec<Origin> {
        self.web_origins.clone()
    }

    /// `GET /claims/…`: the source's data.
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<Dataset>,
    ) -> Result<Response, Problem> {
        let customer = self
            .customers
            .customer(context, bearer(&arrived.headers)?)
            .await?;
        let party = customer.party(arrived.header(PARTY_HEADER)?)?;
        let dataset = arrived.handler;
        let period = match dataset {
            Dataset::Aapnekrav => None,
            Dataset::Krav | Dataset::Innbetalinger | Dataset::Utbetalinger => {
                Some(period(&arrived.query)?)
            }
        };
        let read = Read {
            consumer: &customer.consumer,
            party: &party,
            dataset,
            period,
        };
        let mut response = Response::new(self.claims.read(context, read).await?);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(response)
    }
}

fn period(query: &Query) -> Result<Period, Problem> {
    let (Some(from), Some(to)) = (query.get("fraOgMed"), query.get("tilOgMed")) else {
        return Err(Problem::new(Kind::RequestInvalid).detail("Say fraOgMed and tilOgMed"));
    };
    Ok(Period::parse(from, to)?)
}
