//! `innsyn sandbox` supplies all that the app needs when a Spin binary of one's own runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use host::{Configuration, Options};

use crate::process::Process;

#[tokio::test]
async fn what_the_sandbox_writes_is_all_that_the_app_needs() {
    let mut process = Process::start(&["sandbox", "--public-url", "http://localhost:3210"]);
    let files = process.after("egress --pins ").await;
    let (pins, callers) = files.split_once(" --callers ").expect("two files");
    let command = process.after("source ").await;
    let (variables, command) = command.split_once(" && spin up ").expect("two commands");
    let arguments = command.split_once(" --runtime-config-file ");
    let (listen, runtime_config) = arguments.expect("a file");
    assert_eq!(listen, "--listen 127.0.0.1:3210");

    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let mut options = Options::new(project.expect("the project").join("spin.toml"));
    options.runtime_config = Some(runtime_config.into());
    options.variables = exported(variables);
    let read = Configuration::read(&options)
        .await
        .expect("a configuration");
    assert_eq!(read.unset, [""; 0]);
    assert_eq!(read.variable("public_url"), Some("http://localhost:3210"));
    let egress = read.variable("posten_origin").expect("a proxy");
    assert_eq!(egress, "http://127.0.0.1:7165");
    assert_eq!(read.variable("egress_origins"), Some(egress));

    let mut proxy = Process::start(&[
        "egress",
        "--pins",
        pins,
        "--callers",
        callers,
        "--listen",
        "127.0.0.1:0",
    ]);
    let path = proxy.after("http:").await;
    let own = read.variable("posten_proxy_path").expect("a path");
    assert!(path.ends_with(&format!("{own}/")), "{path}");
    proxy.stop().await;
    process.stop().await;
}

/// Returns the variables that a shell would have after reading the file.
fn exported(path: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).expect("a file");
    let assignments = text.split("export SPIN_VARIABLE_").skip(1);
    assignments
        .map(|assignment| {
            let (name, value) = assignment.trim_end().split_once('=').expect("a value");
            let value = value.trim_matches('\'').replace(r"'\''", "'");
            (name.to_lowercase(), value)
        })
        .collect()
}
