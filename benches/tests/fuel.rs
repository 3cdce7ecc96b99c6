//! Fuel of the hot paths, compared with `benches/fuel.toml`: detects a change that makes one of
//! them execute more, without a clock.
//!
//! Components are those of the other tests, which are built without link-time optimisation.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, what is not as expected ends it"
)]

use std::process::Command;
use std::time::Duration;

use benches::fuel::{Figures, Verdict};
use benches::load::{Target, repeat};
use benches::product::{Product, ProductOptions, project};
use benches::requests::{Requests, TokenRequests};
use benches::source::Source;
use benches::workload::{Identity, Workload};
use host::Limits;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use tokio::task::spawn_blocking;

/// Number of operations that a figure is the mean of.
const TIMES: u64 = 20;

type Measured = Vec<(&'static str, u64)>;

#[tokio::test]
async fn the_hot_paths_use_as_much_fuel_as_is_kept() {
    let mut measured = requests().await;
    // WASI's calls block, which a thread of the runtime may not.
    measured.extend(spawn_blocking(rsa).await.expect("figures"));
    let version = rustc();
    let figures = Figures::read(include_str!("../fuel.toml")).expect("figures");
    match figures.compare(&version, &measured) {
        Verdict::Kept => {}
        Verdict::Deviates { reasons, entry } => panic!(
            "{}\nIf that is meant, benches/fuel.toml is to have:\n{entry}",
            reasons.join("\n")
        ),
        Verdict::Unknown(entry) => programs::say(&format!(
            "NOT CHECKED: benches/fuel.toml keeps no fuel for rustc {version}. To keep what was measured, add:\n{entry}"
        )),
    }
}

/// Measures requests to components whose instances are not replaced.
async fn requests() -> Measured {
    let source = Source::start();
    let limits = Limits {
        requests_per_instance: usize::MAX,
        idle_instance_timeout: Duration::from_hours(1),
        instance_lifetime: Duration::from_hours(1),
        ..Limits::default()
    };
    let (product, login) = Product::with_consent(&ProductOptions {
        limits,
        is_metered: true,
        ..ProductOptions::beside(&source)
    })
    .await;
    let read = Requests::new(&product, &source, &login).warm;
    let token = TokenRequests::new(&product).repeated;
    vec![
        ("warm_read", fuel(&product, "claims", &read).await),
        ("cached_token", fuel(&product, "token", &token).await),
    ]
}

/// Returns the fuel of a component for a request. It is counted when the next request begins.
async fn fuel(product: &Product, component: &str, target: &Target) -> u64 {
    let counted = || product.server().fuel(component).expect("fuel is counted");
    // The first one is not from the cache.
    repeat(target, 2).await;
    let before = counted();
    repeat(target, TIMES).await;
    (counted() - before) / TIMES
}

/// Measures RS256 with 2048 bits and a reused key.
fn rsa() -> Measured {
    let workload = Workload::compile(true);
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
    let key = key.serialize_pem();
    let identity = Identity {
        chain: "",
        key: &key,
    };
    let fuel = |operation: &str| {
        let measured = |times: u64| {
            workload
                .run(identity, &[operation, &times.to_string()])
                .fuel
        };
        (measured(1 + TIMES) - measured(1)) / TIMES
    };
    vec![
        ("rs256_2048_sign", fuel("sign")),
        ("rs256_2048_verify", fuel("verify")),
    ]
}

/// Returns the version of the compiler that builds the components.
fn rustc() -> String {
    let output = Command::new("rustc")
        .arg("--version")
        .current_dir(project())
        .output();
    let output = String::from_utf8_lossy(&output.expect("a compiler").stdout).into_owned();
    let version = output.split_whitespace().nth(1);
    version.expect("a version").to_owned()
}
