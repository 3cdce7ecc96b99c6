//! Runs the platform contract's cases on Spin's platform, and answers with the outcome of each.
#![cfg(target_family = "wasm")]

use innsyn_core::platform::Platform;
use innsyn_core::platform::contract::{TestEnvironment, report};
use innsyn_core::platform::spin::Spin;
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

#[http_service]
async fn handle(_request: Request) -> impl IntoResponse {
    let platform = Spin::default();
    let upstream = text(&platform, "upstream").await;
    let deaf = text(&platform, "deaf").await;
    let stranger = text(&platform, "stranger").await;
    let choosy = text(&platform, "choosy").await;
    let env = TestEnvironment {
        store: "default",
        forbidden_store: "other",
        variable: ("greeting", "hello"),
        undefined_variable: "farewell",
        echo: &format!("{upstream}/echo"),
        slow: &format!("{upstream}/slow"),
        slow_body: &format!("{upstream}/slow-body"),
        handed_over: &format!("{upstream}/slow-body"),
        deaf: &format!("{deaf}/"),
        forbidden: "http://forbidden.invalid/",
        stranger: &format!("{stranger}/"),
        choosy: &format!("{choosy}/"),
    };
    serde_json::to_string(&report(&platform, &env).await).unwrap_or_default()
}

async fn text(platform: &Spin, name: &str) -> String {
    let value = platform.variable(name).await;
    value.ok().flatten().unwrap_or_default()
}
