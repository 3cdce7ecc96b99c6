//! Component that reads one of Skatteetaten's APIs. Configuration selects the API, and so its name
//! and its routes. The manifest has it several times.
//!
//! The implementation is in [`innsyn_flows::reads::ReadsApi`]; this crate runs it.
#![cfg(target_family = "wasm")]
#![warn(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use innsyn_core::platform::spin::Spin;
use innsyn_flows::reads::ReadsApi;
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
    component: Reloading<ReadsApi>,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    inbound::serve(&instance.platform, &instance.component, request).await
}
