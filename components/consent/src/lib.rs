//! Consent component: consent requests to Altinn, the browser's return and the consent's status.
//!
//! The implementation, with the routes, is in [`innsyn_flows::consent::ConsentApi`]; this crate runs it.
#![cfg(target_family = "wasm")]
#![warn(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use innsyn_core::platform::spin::Spin;
use innsyn_flows::consent::ConsentApi;
use innsyn_runtime::config::Reloading;
use innsyn_runtime::inbound;
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

thread_local! {
    /// State shared by the requests of one instance.
    static INSTANCE: Rc<Instance> = Rc::default();
}

#[derive(Default)]
struct Instance {
    platform: Spin,
    component: Reloading<ConsentApi>,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    inbound::serve(&instance.platform, &instance.component, request).await
}
