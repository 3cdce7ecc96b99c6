//! Conformance with Spin: cases that Spin accepts or refuses, run on our host and on Spin itself.
//!
//! A folder in `cases` is one case: a `spin.toml`, a `runtime-config.toml` or both, and an
//! `expected.toml` ([`case::Expected`]) with the outcome, its reason and its evidence.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test, what is not as expected ends it"
)]

mod case;
mod material;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use case::{Case, Outcome, Runner};
use host::{App, Log, Options};
use journeys::{Output, Spin, SpinStart};
use material::Material;
use tempfile::TempDir;
use tokio::net::TcpListener;

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::test(flavor = "multi_thread")]
async fn our_host_does_what_each_case_says() {
    let material = Material::new();
    let mut wrong = Vec::new();
    for case in Case::all() {
        let folder = material.folder_of(&case);
        if let Err(difference) = on_our_host(&case, folder.path()).await {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_does_what_each_case_says() {
    let Some(spin) = Spin::or_skipped("the conformance cases were not tried on it") else {
        return;
    };
    let material = Material::new();
    let mut wrong = Vec::new();
    for case in Case::all().iter().filter(|case| case.expected.tried) {
        let folder = material.folder_of(case);
        if let Err(difference) = on_spin(&spin, case, &folder).await {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn on_our_host(case: &Case, folder: &Path) -> Result<(), String> {
    let mut options = Options::new(folder.join("spin.toml"));
    let config = folder.join("runtime-config.toml");
    options.runtime_config = config.exists().then_some(config);
    options.variables.clone_from(&case.expected.variables);
    options.variables.extend(case.expected.given.clone());
    options.state_dir = folder.join("state");
    options.cache_dir = Some(material::project().join("target/compiled"));
    options.log = Log::memory();
    let loaded = App::load(options).await;
    let said = loaded.as_ref().err().map(ToString::to_string);
    case.compare(Runner::Host, said.as_deref())?;
    if let Ok(app) = loaded {
        let listener = TcpListener::bind(ANYWHERE).await.expect("a free port");
        let server = app.serve(listener);
        let answered = case.ask(Runner::Host, server.address()).await;
        server.shutdown().await;
        answered?;
    }
    Ok(())
}

async fn on_spin(spin: &Spin, case: &Case, folder: &TempDir) -> Result<(), String> {
    let folder = folder.path();
    let (manifest, state) = (folder.join("spin.toml"), folder.join("state"));
    let config = folder.join("runtime-config.toml");
    let given = case.expected.given.iter();
    let flags: Vec<_> = given
        .map(|(name, value)| format!("--variable={name}={value}"))
        .collect();
    let started = spin.up(SpinStart {
        manifest: &manifest,
        runtime_config: config.exists().then_some(config.as_path()),
        variables: &case.expected.variables,
        vault_roots: None,
        state: &state,
        listen: ANYWHERE,
        clock: 0,
        flags: &flags,
        output: Output::default(),
    });
    let started = started.await;
    case.compare(Runner::Spin, started.as_ref().err().map(String::as_str))?;
    if let Ok(app) = started {
        case.ask(Runner::Spin, app.address()).await?;
        app.shutdown().await;
    }
    Ok(())
}

/// Checks that a case with different outcomes has a reason, and that a refusal has its text.
#[test]
fn each_case_is_whole() {
    let cases = Case::all();
    let by_outcome = cases.iter().fold(BTreeMap::new(), |mut counts, case| {
        let expected = &case.expected;
        let name = &case.name;
        assert_eq!(
            expected.spin != expected.host,
            expected.why.is_some(),
            "{name}: `why` is for what our host does otherwise"
        );
        let says = [
            (expected.host, expected.host_says.as_deref()),
            (expected.spin, expected.spin_says.as_deref()),
        ];
        for (outcome, words) in says {
            let has_words = words.is_some_and(|words| !words.is_empty());
            assert_eq!(outcome == Outcome::Refused, has_words, "{name}: the words");
        }
        for text in [&expected.reason, &expected.source] {
            assert!(!text.is_empty(), "{name}");
        }
        *counts.entry((expected.spin, expected.host)).or_insert(0) += 1;
        counts
    });
    assert_eq!(
        by_outcome.get(&(Outcome::Refused, Outcome::Accepted)),
        None,
        "our host is never kinder than Spin"
    );
}
