//! `innsyn sandbox` and `innsyn up` print a doctor command: it is run here exactly as it is
//! printed.

use std::path::Path;
use std::process::{Command, Output};

use crate::process::Process;

/// Runs the command in a shell, in the project's folder.
async fn run(command: &str) -> Output {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(project)
        .env("LANG", "C")
        .env_remove("LC_ALL");
    let ran = tokio::task::spawn_blocking(move || shell.output());
    ran.await.expect("no panic").expect("a shell")
}

fn succeeded(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    for setting in [
        "client_tls 1",
        "pin posten",
        "maskinporten_clients",
        "seal_key",
    ] {
        assert!(text.contains(setting), "{setting}: {text}");
    }
    assert!(!text.contains("Not checked"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandboxs_command_succeeds() {
    let mut process = Process::start(&["sandbox", "--public-url", "http://localhost:3210"]);
    process.after("Its certificates and keys").await;
    let command = process.line().await;
    succeeded(&run(command.trim()).await);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_up_succeeds() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml");
    for generation in ["3", "2"] {
        let mut process = Process::start(&["up", "--manifest", manifest, "--altinn", generation]);
        process.after("To check the certificates and keys").await;
        let command = process.line().await;
        succeeded(&run(command.trim()).await);
        process.stop().await;
    }
}
