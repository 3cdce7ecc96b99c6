//! The component that reads one of Skatteetaten's APIs: which one, and so its name and its routes, is configuration.
//! The manifest has it several times.
//!
//! What it does is in [`shared::reads::Desk`]; here is the wiring.
#![cfg(target_family = "wasm")]
#![warn(clippy::arithmetic_side_effects)]

use std::rc::Rc;
use std::time::Duration;

use shared::config::{ConfigError, Current, Origin};
use shared::context::Context;
use shared::inbound::{Arrived, Component, Route};
use shared::platform::spin::{self, Spin};
use shared::platform::{Answer, Body};
use shared::problem::Problem;
use shared::reads::Desk;
use shared::skatteetaten::Dataset;
use shared::trace::CallerTraces;
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

thread_local! {
    /// What the requests of one instance share.
    static INSTANCE: Rc<Instance> = Rc::new(Instance::default());
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    reads: Reads,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    // The log shall say from the first line on which component this is. What is wrong with the settings, the
    // request is told.
    let _told_later = instance.reads.desk(&instance.platform).await;
    spin::serve(&instance.platform, &instance.reads, request).await
}

#[derive(Default)]
struct Reads {
    desk: Current<Desk>,
}

impl Reads {
    /// Set up by the first request, for the settings cannot be read before, and anew when they have changed.
    async fn desk(&self, platform: &Spin) -> Result<Rc<Desk>, ConfigError> {
        self.desk.get(platform, self.name(), Desk::new).await
    }
}

impl Component<Spin> for Reads {
    type Handler = &'static Dataset;

    /// Until the settings have told its name.
    const NAME: &'static str = "reads";

    const TIME: Duration = Desk::TIME;

    fn name(&self) -> &'static str {
        self.desk.kept().map_or(Self::NAME, |desk| desk.component())
    }

    async fn routes(
        &self,
        context: &Context<'_, Spin>,
    ) -> Result<&'static [Route<Self::Handler>], Problem> {
        Ok(self.desk(context.platform).await?.routes())
    }

    async fn web_origins(&self, context: &Context<'_, Spin>) -> Result<Vec<Origin>, Problem> {
        Ok(self.desk(context.platform).await?.web_origins())
    }

    async fn caller_traces(&self, context: &Context<'_, Spin>) -> Option<CallerTraces> {
        let desk = self.desk(context.platform).await.ok()?;
        Some(desk.caller_traces())
    }

    async fn answer(
        &self,
        context: &Context<'_, Spin>,
        arrived: Arrived<Self::Handler>,
    ) -> Result<Answer, Problem> {
        let desk = self.desk(context.platform).await?;
        let answer = desk.read(context, &arrived).await?;
        Ok(answer.map(Body::Whole))
    }
}
