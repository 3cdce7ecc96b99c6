//! The signature component: documents that the bank's customers sign at Posten.
//!
//! What it does is in [`shared::signature::Desk`]; here is the wiring.
#![cfg(target_family = "wasm")]

use std::rc::Rc;
use std::time::Duration;

use shared::config::{Current, Origin};
use shared::context::Context;
use shared::inbound::{Arrived, Component, Parameters, Route};
use shared::platform::Answer;
use shared::platform::spin::{self, Spin};
use shared::problem::Problem;
use shared::signature::Desk;
use spin_sdk::http::{IntoResponse, Method, Request};
use spin_sdk::http_service;

thread_local! {
    /// What the requests of one instance share.
    static INSTANCE: Rc<Instance> = Rc::new(Instance::default());
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    signature: Signature,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    spin::serve(&instance.platform, &instance.signature, request).await
}

#[derive(Clone, Copy)]
enum Handler {
    Order,
    Drain,
    Sweep,
    ComeBack,
    Status,
    Pades,
    Xades,
    Redirect,
    Confirm,
    Cancel,
    DeleteDocuments,
}

#[derive(Default)]
struct Signature {
    desk: Current<Desk>,
}

impl Signature {
    /// Set up by the first request, for the settings cannot be read before, and anew when they have changed.
    async fn desk(&self, context: &Context<'_, Spin>) -> Result<Rc<Desk>, Problem> {
        let make = Desk::new;
        Ok(self.desk.get(context.platform, Self::NAME, make).await?)
    }
}

const fn route(method: Method, path: &'static str, handler: Handler) -> Route<Handler> {
    Route {
        method,
        path,
        handler,
        query: Parameters::Only(&[]),
        navigated: false,
    }
}

impl Component<Spin> for Signature {
    type Handler = Handler;

    const NAME: &'static str = "signature";

    const ROUTES: &'static [Route<Handler>] = &[
        Route {
            method: Method::POST,
            path: "/signatures",
            handler: Handler::Order,
            query: Parameters::Only(&[]),
            navigated: false,
        },
        // Before the routes of a job, which could be called so.
        route(Method::POST, "/signatures/drain", Handler::Drain),
        route(Method::POST, "/signatures/sweep", Handler::Sweep),
        Route {
            method: Method::GET,
            path: "/signatures/return/{outcome}",
            handler: Handler::ComeBack,
            // Posten adds its own.
            query: Parameters::AmongOthers(&["job", "status_query_token"]),
            navigated: true,
        },
        route(Method::GET, "/signatures/{id}", Handler::Status),
        route(Method::GET, "/signatures/{id}/pades", Handler::Pades),
        route(
            Method::GET,
            "/signatures/{id}/signers/{signer}/xades",
            Handler::Xades,
        ),
        route(
            Method::POST,
            "/signatures/{id}/signers/{signer}/redirect",
            Handler::Redirect,
        ),
        route(Method::POST, "/signatures/{id}/confirm", Handler::Confirm),
        route(Method::POST, "/signatures/{id}/cancel", Handler::Cancel),
        route(
            Method::DELETE,
            "/signatures/{id}/documents",
            Handler::DeleteDocuments,
        ),
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
        match arrived.handler {
            Handler::Order => desk.order(context, &arrived).await,
            Handler::Drain => desk.drain(context, &arrived).await,
            Handler::Sweep => desk.sweep(context, &arrived).await,
            Handler::ComeBack => Ok(desk.come_back(context, &arrived).await),
            Handler::Status => desk.status(context, &arrived).await,
            Handler::Pades => desk.pades(context, &arrived).await,
            Handler::Xades => desk.xades(context, &arrived).await,
            Handler::Redirect => desk.redirect(context, &arrived).await,
            Handler::Confirm => desk.confirm(context, &arrived).await,
            Handler::Cancel => desk.cancel(context, &arrived).await,
            Handler::DeleteDocuments => desk.delete_documents(context, &arrived).await,
        }
    }
}
