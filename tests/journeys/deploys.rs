//! Files of `deploy/`: they agree with the app's needs, and the programs that read them accept
//! them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use journeys::ThirdPartyPrograms;
use sandbox::Sandbox;
use sandbox::kit::Clock;
use serde_json::Value;
use toml::Table;

/// Highest exposure level that systemd may give a service: 0 is closed, 10 is open
/// (`systemd-analyze security`).
const EXPOSURE: &str = "20";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
}

/// Variable without a default.
struct Required {
    name: String,
    is_secret: bool,
}

/// Lists the variables without a default.
fn required() -> Vec<Required> {
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
        .map(|(name, variable)| Required {
            name: name.clone(),
            is_secret: is(variable, "secret"),
        })
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
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let folder = project().join("deploy/spinkube");
    let definition = std::env::var("SPINAPP_CRD").unwrap_or_default();
    let environment = [
        ("DEPLOY", folder.to_str().expect("a path")),
        ("SPINAPP_CRD", &definition),
    ];
    let said = others.run("deploys.py", &folder, &environment).await;
    for kind in [
        "CronJob",
        "Deployment",
        "MutatingAdmissionPolicy",
        "Namespace",
        "NetworkPolicy",
        "StatefulSet",
    ] {
        assert!(
            names(&said["checked"]).contains(kind),
            "{kind} is not checked"
        );
    }
    for pod in [
        "innsyn-drain",
        "innsyn-egress",
        "valkey-kept",
        "valkey-tokens",
    ] {
        assert!(
            names(&said["restricted"]).contains(pod),
            "{pod} is not held to the standard"
        );
    }
    for (name, store) in said["stores"].as_object().expect("stores") {
        starts_as_it_is_shipped(name, store);
    }
    let (plain, secret) = (names(&said["plain"]), names(&said["secret"]));
    for Required { name, is_secret } in required() {
        let given = if is_secret { &secret } else { &plain };
        assert!(given.contains(&name), "app.yaml does not give {name}");
    }
    assert_eq!(
        names(&said["settings"]),
        plain,
        "settings.yaml and app.yaml"
    );
}

/// Starts a store with its container's arguments and the shipped users, and runs its own probe.
fn starts_as_it_is_shipped(name: &str, store: &Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let own = |file: &str| folder.path().join(file);
    let names = vec!["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    for file in ["tls.crt", "ca.crt"] {
        fs::write(own(file), made.cert.pem()).expect("a file");
    }
    fs::write(own("tls.key"), made.signing_key.serialize_pem()).expect("a file");
    let users = fs::read_to_string(project().join("deploy/spinkube/users.acl")).expect("a file");
    // The digest of the password "password".
    let digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    fs::write(own("users.acl"), users.replace(&"0".repeat(64), digest)).expect("a file");

    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|text| text.as_str().expect("text").to_owned())
            .collect()
    };
    let valkey = format!("{}/", folder.path().display());
    let probe = texts(&store["probe"]);
    // Another process may take the port in between: then the start is repeated.
    for _ in 0..5 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port().to_string();
        drop(listener);
        let arguments = texts(&store["arguments"]).into_iter().map(|text| {
            let text = text.replace("/valkey/", &valkey);
            if text == "6379" { port.clone() } else { text }
        });
        let log = fs::File::create(own("log")).expect("a file");
        let server = Command::new("redis-server")
            .args(arguments)
            .args(["--bind", "127.0.0.1", "--dir"])
            .arg(folder.path())
            .stdout(log)
            .spawn();
        let Ok(mut server) = server else {
            programs::skip("redis-server", &format!("{name} is not started"));
            return;
        };
        let cli = |arguments: &[&str]| {
            let mut command = Command::new("redis-cli");
            let output = command.args(["-p", &port]).args(arguments).output();
            let output = output.expect("redis-cli");
            (
                output.status.success(),
                String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            )
        };
        let arguments: Vec<_> = probe.iter().map(String::as_str).collect();
        let ready = loop {
            if cli(&arguments) == (true, "PONG".to_owned()) {
                break true;
            }
            if server.try_wait().expect("a process").is_some() {
                break false;
            }
            std::thread::yield_now();
        };
        if ready {
            let tls = ["--tls", "--insecure", "--no-auth-warning"];
            let app = |arguments: &[&str]| {
                let user = ["--user", "innsyn", "--pass", "password"];
                cli(&[&tls[..], &user, arguments].concat()).1
            };
            assert_eq!(app(&["set", "a", "1"]), "OK", "{name}");
            assert_eq!(app(&["get", "a"]), "1", "{name}");
            assert!(app(&["flushall"]).starts_with("NOPERM"), "{name}");
            let nobody = cli(&[&tls[..], &["get", "a"]].concat()).1;
            assert!(nobody.starts_with("NOAUTH"), "{name}: {nobody}");
            assert!(
                !cli(&["ping"]).1.contains("PONG"),
                "{name} speaks without TLS"
            );
        }
        server.kill().expect("killed");
        server.wait().expect("its end");
        if ready {
            return;
        }
    }
    panic!("{}", fs::read_to_string(own("log")).expect("a log"));
}

/// Uses the shipped file, except for the vault's address and token.
#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_in_a_vault_every_variable_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = sandbox::Options {
        clock: Clock::default(),
        directory: folder.path().join("sandbox"),
        app: None,
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let vault = &sandbox.services().vault;
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
    let now = sandbox.services().clock.now();
    for Required { name, is_secret } in required() {
        let value = &values[&name];
        if is_secret {
            vault.keep_variable(&name, value, now);
        } else {
            // In place of the environment, which all tests share.
            options.variables.insert(name, value.clone());
        }
    }
    let read = host::Configuration::read(&options).await.expect("read");
    assert_eq!(read.unset, Vec::<String>::new());
    for Required { name, .. } in required().iter().filter(|required| required.is_secret) {
        assert_eq!(read.variable(name), Some(values[name].trim()), "{name}");
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
    // The programs that the units start, and the targets that they name, must exist.
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

/// Checks the networks that the proxy may reach: the internet, where its services are, and the
/// loopback, where it is called.
#[test]
fn the_proxy_reaches_no_network_of_ones_own() {
    let path = project().join("deploy/systemd/innsyn-egress.service");
    let unit = fs::read_to_string(path).expect("a unit");
    let values = |key: &str| -> BTreeSet<String> {
        let lines = unit
            .lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        lines
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect()
    };
    let private = [
        "link-local",
        "multicast",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    ];
    assert_eq!(values("IPAddressDeny"), private.map(str::to_owned).into());
    assert_eq!(values("IPAddressAllow"), ["localhost".to_owned()].into());
    let listens: Vec<_> = unit.split("--listen 127.0.0.1:").skip(1).collect();
    let port = listens[0].lines().next().expect("a port");
    assert_eq!(
        values("SocketBindAllow"),
        [format!("ipv4:tcp:{port}")].into()
    );
    assert_eq!(values("SocketBindDeny"), ["any".to_owned()].into());
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
