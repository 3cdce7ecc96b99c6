//! The claims component: a party's claims and payments at Skatteetaten, with the party's consent.
//!
//! What it does is in [`shared::claims::Desk`]; here is the wiring.
#![cfg(target_family = "wasm")]

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use shared::claims::{ClaimsConfig, Desk};
use shared::config::{self, Origin};
use shared::context::Context;
use shared::inbound::{Arrived, Component, Parameters, Route};
use shared::platform::spin::{self, Spin};
use shared::platform::{Answer, Body};
use shared::problem::Problem;
use shared::skatteetaten::Dataset;
use spin_sdk::http::{IntoResponse, Method, Request};
use spin_sdk::http_service;

thread_local! {
    /// What the requests of one instance share.
    static INSTANCE: Rc<Instance> = Rc::new(Instance::default());
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    claims: Claims,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    spin::serve(&instance.platform, &instance.claims, request).await
}

#[derive(Default)]
struct Claims {
    desk: OnceCell<Desk>,
}

impl Claims {
    /// Set up by the first request, for the settings cannot be read before.
    async fn desk(&self, context: &Context<'_, Spin>) -> Result<&Desk, Problem> {
        if let Some(desk) = self.desk.get() {
            return Ok(desk);
        }
        let config: ClaimsConfig = config::load(context.platform).await?;
        Ok(self.desk.get_or_init(|| Desk::new(config, Self::NAME)))
    }
}

const PERIOD: Parameters = Parameters::Only(&["fraOgMed", "tilOgMed"]);

const fn read(path: &'static str, dataset: Dataset, query: Parameters) -> Route<Dataset> {
    Route {
        method: Method::GET,
        path,
        handler: dataset,
        query,
        navigated: false,
        uploads: false,
    }
}

impl Component<Spin> for Claims {
    type Handler = Dataset;

    const NAME: &'static str = "claims";

    const ROUTES: &'static [Route<Dataset>] = &[
        read(
            "/claims/aapnekrav",
            Dataset::Aapnekrav,
            Parameters::Only(&[]),
        ),
        read("/claims/krav", Dataset::Krav, PERIOD),
        read("/claims/innbetalinger", Dataset::Innbetalinger, PERIOD),
        read("/claims/utbetalinger", Dataset::Utbetalinger, PERIOD),
    ];

    const TIME: Duration = Desk::TIME;

    async fn web_origins(&self, context: &Context<'_, Spin>) -> Result<Vec<Origin>, Problem> {
        Ok(self.desk(context).await?.web_origins())
    }

    async fn answer(
        &self,
        context: &Context<'_, Spin>,
        arrived: Arrived<Dataset>,
    ) -> Result<Answer, Problem> {
        let answer = self.desk(context).await?.read(context, &arrived).await?;
        Ok(answer.map(Body::Whole))
    }
}
