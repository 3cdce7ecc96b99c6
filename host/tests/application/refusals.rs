//! Applications that do not start, and their errors.

use std::fs;

use tempfile::TempDir;

use crate::support::Application;

async fn refusal(application: Application) -> String {
    let folder = TempDir::new().unwrap();
    application
        .start_in(folder.path(), |_| ())
        .await
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_wrong_is_named() {
    for (application, message) in [
        (
            Application { variables: "[variables]\nsigning_key = { required = true, secret = true }\n", ..Application::default() },
            "variable `signing_key` is required and without a value: set SPIN_VARIABLE_SIGNING_KEY",
        ),
        (
            Application { front: "[component.front.variables]\na = \"{{ b }}\"\n", ..Application::default() },
            "component.front.variables.a: `b` is not a variable of the application",
        ),
        (Application::calling(&["https://*.example.com"]), "component.back.allowed_outbound_hosts: `https://*.example.com`: wildcards, networks and ranges"),
        (Application::calling(&["http://nobody.spin.internal"]), "there is no component `nobody` with a trigger"),
        (
            Application { config: "[[client_tls]]\ncomponent_ids = [\"front\"]\nhosts = [\"x\"]\nca_roots_file = \"none.pem\"\n".to_owned(), ..Application::default() },
            "none.pem",
        ),
        (Application { config: "[key_value_store.more]\ntype = \"aws_dynamo\"\n".to_owned(), ..Application::default() }, "this host does not support it"),
        (Application { front: "sqlite_databases = [\"default\"]\n", ..Application::default() }, "`component.front.sqlite_databases` is part of Spin's format"),
    ] {
        let error = refusal(application).await;
        assert!(error.contains(message), "{error}\n{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_nobody_defines_stops_the_start() {
    let folder = TempDir::new().unwrap();
    let outcome = Application::default()
        .start_in(folder.path(), |options| options.runtime_config = None)
        .await;
    let error = outcome.err().unwrap().to_string();
    assert_eq!(
        error,
        "component.front.key_value_stores: `memory` is not defined: the runtime configuration needs [key_value_store.memory]"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_not_there_or_not_one_stops_the_start() {
    let folder = TempDir::new().unwrap();
    let mut options = Application::default().options(folder.path());
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"x\"\n[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n[component.a]\nsource = \"a.wasm\"\n";
    fs::write(&options.manifest, manifest).unwrap();
    options.runtime_config = None;
    let file = folder.path().join("a.wasm");
    let missing = host::App::load(options).await.err().unwrap().to_string();
    assert_eq!(
        missing,
        format!(
            "component `a` is not built: {} is not there",
            file.display()
        )
    );
    fs::write(&file, "not a component").unwrap();
    let wrong = host::App::load(host::Options::new(folder.path().join("spin.toml")))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(wrong.starts_with("component `a` cannot run: "), "{wrong}");
}
