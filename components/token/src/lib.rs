//! Token component: Maskinporten tokens for the other components and for back ends of the
//! organisation.
//!
//! No other component has access to the keys of the clients at Maskinporten or to the store of
//! tokens. The implementation, with the routes, is in [`innsyn_flows::token::TokenApi`]; this crate
//! runs it.
#![cfg(target_family = "wasm")]
#![warn(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use innsyn_core::platform::spin::Spin;
use innsyn_flows::token::TokenApi;
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
    component: Reloading<TokenApi>,
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let instance = INSTANCE.with(Rc::clone);
    inbound::serve(&instance.platform, &instance.component, request).await
}
