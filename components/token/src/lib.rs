//! The token component: Maskinporten tokens for the other components and for back ends of the organisation.
//!
//! It alone sees the keys of the clients at Maskinporten and the store of tokens. What it does is in
//! [`shared::token::Desk`]; here is the wiring.
#![cfg(target_family = "wasm")]

use std::rc::Rc;
use std::time::Duration;

use shared::config::{Current, Origin, TokenConfig};
use shared::context::Context;
use shared::inbound::{Arrived, Component, Parameters, Route};
use shared::platform::spin::{self, Spin};
use shared::platform::{Answer, Body};
use shared::problem::Problem;
use shared::token::{self, Desk};
use spin_sdk::http::{IntoResponse, Method, Request};
use spin_sdk::http_service;

thread_local! {
    /// What the requests of one instance share.
    static INSTANCE: Rc<Instance> = Rc::new(Instance::default());
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    token: Token,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    spin::serve(&instance.platform, &instance.token, request).await
}

#[derive(Clone, Copy)]
enum Handler {
    Token,
    Sweep,
}

#[derive(Default)]
struct Token {
    desk: Current<Desk>,
}

impl Token {
    /// Set up by the first request, for the settings cannot be read before, and anew when they have changed.
    async fn desk(&self, context: &Context<'_, Spin>) -> Result<Rc<Desk>, Problem> {
        let make = |config: TokenConfig| Desk::new(&config);
        Ok(self.desk.get(context.platform, Self::NAME, make).await?)
    }
}

impl Component<Spin> for Token {
    type Handler = Handler;

    const NAME: &'static str = token::COMPONENT;

    const ROUTES: &'static [Route<Handler>] = &[
        Route {
            method: Method::POST,
            path: "/token",
            handler: Handler::Token,
            query: Parameters::Only(&[]),
            navigated: false,
        },
        Route {
            method: Method::POST,
            path: "/token/sweep",
            handler: Handler::Sweep,
            query: Parameters::Only(&[]),
            navigated: false,
        },
    ];

    const TIME: Duration = Desk::TIME;

    /// No page may call.
    async fn web_origins(&self, _context: &Context<'_, Spin>) -> Result<Vec<Origin>, Problem> {
        Ok(Vec::new())
    }

    async fn answer(
        &self,
        context: &Context<'_, Spin>,
        arrived: Arrived<Handler>,
    ) -> Result<Answer, Problem> {
        let desk = match self.desk(context).await {
            Ok(desk) => desk,
            Err(problem) => return Ok(token::refuse(problem).map(Body::Whole)),
        };
        let answer = match arrived.handler {
            Handler::Token => desk.token(context, &arrived).await,
            Handler::Sweep => desk.sweep(context, &arrived).await,
        };
        Ok(answer.map(Body::Whole))
    }
}
