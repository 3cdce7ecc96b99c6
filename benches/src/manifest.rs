//! The product's files, changed for measurements.

use std::path::Path;

use toml::{Table, Value};

/// The component of `benches/floor`, in the product's manifest.
const FLOOR: &str = r#"
[[trigger.http]]
route = "/floor/..."
component = "floor"

[component.floor]
source = "target/wasm32-wasip2/release/floor.wasm"
key_value_stores = ["consents"]
allowed_outbound_hosts = ["{{ skatteetaten_origin }}"]

[component.floor.build]
command = "cargo build --release --target wasm32-wasip2 --package innsyn-token --package innsyn-consent --package innsyn-reads --package innsyn-signature --package floor --package workload"
"#;

/// Returns the product's manifest for another folder, with the component `floor` and a public route
/// for `token`. Components are built in `project`, by one command.
pub(crate) fn manifest(project: &Path) -> String {
    let text = std::fs::read_to_string(project.join("spin.toml")).expect("a manifest");
    let text = text.replacen("route = { private = true }", "route = \"/token/...\"", 1);
    let mut manifest: Table = (text + FLOOR).parse().expect("TOML");
    let command = manifest["component"]["floor"]["build"]["command"].clone();
    let components = manifest["component"].as_table_mut().expect("components");
    for (_, component) in components {
        let source = component["source"].as_str().expect("a source");
        component["source"] = Value::from(project.join(source).display().to_string());
        let build = component["build"].as_table_mut().expect("a build command");
        build.insert("command".to_owned(), command.clone());
        build.insert(
            "workdir".to_owned(),
            Value::from(project.display().to_string()),
        );
    }
    manifest.to_string()
}

/// Returns `runtime_config` with its stores in the folder's SQLite files, or in Redis. Public keys
/// are never in Redis: they are read once in minutes, independently of the measured reads.
pub(crate) fn stores(runtime_config: &str, redis: Option<&str>, folder: &Path) -> String {
    let mut text = runtime_config.to_owned();
    for store in ["consents", "tokens", "jobs", "keys"] {
        let plain = format!("[key_value_store.{store}]\ntype = \"spin\"\n");
        assert!(text.contains(&plain), "{text}");
        let store = match redis.filter(|_| store != "keys") {
            Some(url) => {
                format!("[key_value_store.{store}]\ntype = \"redis\"\nurl = \"{url}\"\n")
            }
            None => format!(
                "{plain}path = \"{}\"\n",
                folder.join(format!("{store}.db")).display()
            ),
        };
        text = text.replace(&plain, &store);
    }
    text
}

/// Returns `runtime_config` with the authorities in one file in place of those in another, for the
/// component `floor` too.
pub(crate) fn trusting(runtime_config: &str, before: &Path, trusted: &Path) -> String {
    let [before, trusted] = [before, trusted].map(|path| format!("\"{}\"", path.display()));
    assert!(runtime_config.contains(&before), "{runtime_config}");
    runtime_config
        .replace(&before, &trusted)
        .replace("component_ids = [", "component_ids = [\"floor\", ")
}

/// Returns `pins` with the largest budgets that the host takes: kept as in production, and not used up by one client.
pub(crate) fn with_largest_budgets(pins: &str) -> String {
    const LARGEST: i64 = 1_000;
    let mut pins: Table = pins.parse().expect("TOML");
    for budget in pins["budget"].as_array_mut().expect("budgets") {
        for (name, value) in budget.as_table_mut().expect("a budget") {
            if name.starts_with("calls_") {
                *value = Value::from(LARGEST);
            }
        }
    }
    pins.to_string()
}
