//! What is in `deploy/` is what the app needs, and is taken by those who read it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use journeys::Others;
use sandbox::Sandbox;
use sandbox::clock::Clock;
use serde_json::Value;
use toml::Table;

/// The exposure level that systemd gives each service at most: 0 is shut, 10 is open (`systemd-analyze security`).
const EXPOSURE: &str = "20";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
}

/// The variables that somebody has to give, and whether they are secret.
fn required() -> Vec<(String, bool)> {
    let text = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
    let manifest: Table = text.parse().expect("TOML");
    let is = |variable: &toml::Value, key| {
        variable
            .get(key)
            .is_some_and(|value| value.as_bool() == Some(true))
    };
    manifest["variables"]
        .as_table()
        .expect("variables")
        .iter()
        .filter(|(_, variable)| is(variable, "required"))
        .map(|(name, variable)| (name.clone(), is(variable, "secret")))
        .collect()
}

fn names(of: &Value) -> BTreeSet<String> {
    let names = of.as_array().expect("a list").iter();
    names
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn kubernetes_takes_it_and_the_app_gets_every_variable() {
    let Some(others) = Others::installed() else {
        return;
    };
    let folder = project().join("deploy/spinkube");
    let definition = std::env::var("SPINAPP_CRD").unwrap_or_default();
    let environment = [
        ("DEPLOY", folder.to_str().expect("a path")),
        ("SPINAPP_CRD", &definition),
    ];
    let said = others.run("deploys.py", &folder, &environment).await;
    for kind in ["CronJob", "Deployment", "NetworkPolicy", "StatefulSet"] {
        assert!(
            names(&said["checked"]).contains(kind),
            "{kind} is not checked"
        );
    }
    let (plain, secret) = (names(&said["plain"]), names(&said["secret"]));
    for (name, is_secret) in required() {
        let given = if is_secret { &secret } else { &plain };
        assert!(given.contains(&name), "app.yaml does not give {name}");
    }
    assert_eq!(
        names(&said["settings"]),
        plain,
        "settings.yaml and app.yaml"
    );
}

/// The file as it is, but for the vault's address and token.
#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_in_a_vault_every_variable_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = sandbox::Options {
        clock: Clock::default(),
        directory: folder.path().join("sandbox"),
        app: None,
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let vault = &sandbox.world().vault;
    let path = project().join("deploy/vault/runtime-config.toml");
    let mut text = fs::read_to_string(path).expect("a file");
    for (example, own) in [
        ("https://vault.example.no:8200", &*sandbox.addresses().vault),
        ("hvs.example", vault.variables_token()),
    ] {
        assert!(text.contains(example), "{text}");
        text = text.replace(example, own);
    }
    let file = folder.path().join("runtime-config.toml");
    fs::write(&file, text).expect("written");
    let mut options = host::Options::new(project().join("spin.toml"));
    options.runtime_config = Some(file);
    options.vault_roots = Some(sandbox.ca_file().to_owned());
    let values = sandbox.variables("https://innsyn.example.no");
    let now = sandbox.world().clock.now();
    for (name, is_secret) in required() {
        let value = &values[&name];
        if is_secret {
            vault.keep_variable(&name, value, now);
        } else {
            // In the place of the environment, which belongs to all tests.
            options.variables.insert(name, value.clone());
        }
    }
    let read = host::Configuration::read(&options).await.expect("read");
    assert_eq!(read.unset, Vec::<String>::new());
    for (name, _) in required().into_iter().filter(|(_, is_secret)| *is_secret) {
        assert_eq!(read.variable(&name), Some(values[&name].trim()), "{name}");
    }
    vault.seal(true);
    let Err(error) = host::Configuration::read(&options).await else {
        panic!("it reads from a sealed vault");
    };
    assert!(
        error.to_string().contains("the vault does not give"),
        "{error}"
    );
    sandbox.shutdown().await;
}

#[test]
fn systemd_takes_the_units_and_finds_them_shut() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let units = root.join("etc/systemd/system");
    fs::create_dir_all(&units).expect("a folder");
    // What the units start, and the targets that they name, must be there.
    for program in ["usr/local/bin/spin", "usr/local/bin/innsyn", "usr/bin/curl"] {
        executable(&root.join(program));
    }
    for target in [
        "network-online.target",
        "multi-user.target",
        "timers.target",
        "basic.target",
        "sysinit.target",
        "shutdown.target",
    ] {
        fs::write(units.join(target), "[Unit]\nDescription=There\n").expect("a file");
    }
    let mut services = Vec::new();
    for entry in fs::read_dir(project().join("deploy/systemd")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        fs::copy(&path, units.join(&name)).expect("copied");
        services.push(name.replace("@.", "@consent-sweep."));
    }
    let mut verify = Command::new("systemd-analyze");
    verify.arg("verify").arg("--root").arg(root).args(&services);
    let Ok(verified) = verify.output() else {
        programs::skip("systemd-analyze", "it does not read deploy/systemd");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");

    for service in services.iter().filter(|name| name.ends_with(".service")) {
        let unit = service.replace("@consent-sweep.", "@.");
        let unit = fs::read_to_string(units.join(unit)).expect("a unit");
        assert!(unit.lines().any(|line| line == "LimitCORE=0"), "{service}");
        let output = Command::new("systemd-analyze")
            .args([
                "security",
                "--offline=yes",
                "--no-pager",
                "--threshold",
                EXPOSURE,
                "--root",
            ])
            .arg(root)
            .arg(service)
            .output()
            .expect("systemd-analyze");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

fn executable(path: &PathBuf) {
    use std::os::unix::fs::OpenOptionsExt;
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).mode(0o755);
    options
        .open(path)
        .and_then(|mut file| file.write_all(b"#!/bin/sh\n"))
        .expect("a file");
}
