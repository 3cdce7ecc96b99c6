//! The consent component: asking a party for consent at Altinn, the way back, and how it stands.
//!
//! What it does is in [`shared::consent::Desk`]; here is the wiring.
#![cfg(target_family = "wasm")]

use std::rc::Rc;
use std::time::Duration;

use shared::config::{Current, Origin};
use shared::consent::{CALLBACK, CALLBACK_PARAMETERS, ConsentConfig, Desk};
use shared::context::Context;
use shared::inbound::{Arrived, Component, Parameters, Route};
use shared::platform::spin::{self, Spin};
use shared::platform::{Answer, Body};
use shared::problem::Problem;
use spin_sdk::http::{IntoResponse, Method, Request};
use spin_sdk::http_service;

thread_local! {
    /// What the requests of one instance share.
    static INSTANCE: Rc<Instance> = Rc::new(Instance::default());
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    consent: Consent,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    spin::serve(&instance.platform, &instance.consent, request).await
}

#[derive(Clone, Copy)]
enum Handler {
    Start,
    Status,
    Withdraw,
    Callback,
    Sweep,
}

#[derive(Default)]
struct Consent {
    desk: Current<Desk>,
}

impl Consent {
    /// Set up by the first request, for the settings cannot be read before, and anew when they have changed.
    async fn desk(&self, context: &Context<'_, Spin>) -> Result<Rc<Desk>, Problem> {
        let make = |config: ConsentConfig| Desk::new(config, Self::NAME);
        Ok(self.desk.get(context.platform, Self::NAME, make).await?)
    }
}

impl Component<Spin> for Consent {
    type Handler = Handler;

    const NAME: &'static str = "consent";

    const ROUTES: &'static [Route<Handler>] = &[
        Route {
            method: Method::POST,
            path: "/consent",
            handler: Handler::Start,
            query: Parameters::Only(&[]),
            navigated: false,
        },
        Route {
            method: Method::GET,
            path: "/consent",
            handler: Handler::Status,
            // The service, and what a consent to it says.
            query: Parameters::Any,
            navigated: false,
        },
        Route {
            method: Method::DELETE,
            path: "/consent",
            handler: Handler::Withdraw,
            query: Parameters::Any,
            navigated: false,
        },
        Route {
            method: Method::GET,
            path: CALLBACK,
            handler: Handler::Callback,
            // Altinn adds its own.
            query: Parameters::AmongOthers(CALLBACK_PARAMETERS),
            navigated: true,
        },
        Route {
            method: Method::POST,
            path: "/consent/sweep",
            handler: Handler::Sweep,
            query: Parameters::Only(&[]),
            navigated: false,
        },
    ];

    const TIME: Duration = Desk::TIME;

    async fn web_origins(&self, context: &Context<'_, Spin>) -> Result<Vec<Origin>, Problem> {
        Ok(self.desk(context).await?.web_origins())
    }

    async fn answer(
        &self,
        context: &Context<'_, Spin>,
        arrived: Arrived<Handler>,
    ) -> Result<Answer, Problem> {
        let desk = self.desk(context).await?;
        let answer = match arrived.handler {
            Handler::Start => desk.start(context, &arrived).await,
            Handler::Status => desk.status(context, &arrived).await,
            Handler::Withdraw => desk.withdraw(context, &arrived).await,
            Handler::Callback => Ok(desk.callback(context, &arrived).await),
            Handler::Sweep => desk.sweep(context, &arrived).await,
        };
        answer.map(|answer| answer.map(Body::Whole))
    }
}
