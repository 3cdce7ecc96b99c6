//! Reach of the components: the interfaces that each wasm imports and the hosts that it may call,
//! compared with the lists in `docs/imports.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;

use wasmparser::{Parser, Payload};

use crate::house::project;

/// Lists by the name of their owner.
type Lists = BTreeMap<String, BTreeSet<String>>;

/// Parses the tables of `docs/imports.md` under the heading `heading`: maps the name in a row's
/// second cell to the first cells of its rows.
fn written(heading: &str) -> Lists {
    let text = fs::read_to_string(project().join("docs/imports.md")).expect("the lists");
    let section = text
        .split("\n## ")
        .find(|section| section.lines().next() == Some(heading))
        .expect("a section");
    let mut lists = Lists::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let names = cells[2].split(", ");
        for name in names {
            let list = lists.entry(name.trim_matches('`').to_owned()).or_default();
            let entry = cells[1].trim_matches('`').to_owned();
            assert!(list.insert(entry), "twice: {row}");
        }
    }
    lists
}

/// Returns the differences: undocumented entries, and documented entries that do not exist.
fn complaints(there: &Lists, written: &Lists) -> Vec<String> {
    let mut complaints = Vec::new();
    for name in there.keys().chain(written.keys()).collect::<BTreeSet<_>>() {
        let none = BTreeSet::new();
        let there = there.get(name).unwrap_or(&none);
        let written = written.get(name).unwrap_or(&none);
        for unexpected in there.difference(written) {
            complaints.push(format!("{name} has {unexpected}, which is not expected"));
        }
        for gone in written.difference(there) {
            complaints.push(format!("{name} has no {gone} any more: take it out"));
        }
    }
    complaints
}

/// Fails if there are differences.
fn compare(there: &Lists, written: &Lists, what_to_do: &str) {
    let complaints = complaints(there, written).join("\n");
    assert!(complaints.is_empty(), "{complaints}\n{what_to_do}");
}

/// Prints the lists, also when the test passes: what goes through a macro is shown only when it
/// fails.
fn tell(title: &str, lists: &Lists) {
    let mut text = format!("{title}\n");
    for (name, entries) in lists {
        for entry in entries {
            for part in ["  ", name, ": ", entry, "\n"] {
                text.push_str(part);
            }
        }
    }
    let _unheard = write!(std::io::stderr(), "{text}");
}

/// Returns the names of a component's imports from outside; its parts import from each other too.
fn imports_of(wasm: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.insert(import.expect("an import").name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_imports_what_is_written_and_no_more() {
    journeys::build_components();
    let mut there = Lists::new();
    for (component, wasm) in [
        ("claims", "reads"),
        ("consent", "consent"),
        ("signature", "signature"),
        ("token", "token"),
    ] {
        let file = project().join(format!("target/wasm32-wasip2/release/{wasm}.wasm"));
        let wasm = fs::read(file).expect("a built component");
        there.insert(component.to_owned(), imports_of(&wasm));
    }
    tell("imports:", &there);
    compare(
        &there,
        &written("Imports"),
        "Each import is something that a component can do, and that Spin must give it. If it is needed, write it into \
         docs/imports.md with the reason; otherwise find what brought it in, with `cargo tree --target wasm32-wasip2 -p` \
         and the component, and leave that out.",
    );
}

#[test]
fn a_component_may_call_the_hosts_that_are_written_and_no_more() {
    let text = fs::read_to_string(project().join("spin.toml")).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let components = manifest["component"].as_table().expect("components");
    let mut there = Lists::new();
    for (name, component) in components {
        let hosts = component["allowed_outbound_hosts"].as_array();
        let hosts = hosts.expect("a list").iter();
        let hosts = hosts.map(|host| host.as_str().expect("text").to_owned());
        there.insert(name.clone(), hosts.collect());
    }
    tell("allowed hosts:", &there);
    compare(
        &there,
        &written("Allowed hosts"),
        "A component calls its own counterparties only. If it has a new one, write it into docs/imports.md with the reason.",
    );
    assert!(
        there.values().flatten().all(|host| !host.contains('*')),
        "a wildcard"
    );
    let routes = manifest["trigger"]["http"].as_array().expect("triggers");
    assert_eq!(routes.len(), there.len(), "each component has one route");
}

#[test]
fn what_is_not_written_is_told() {
    let list = |entries: &[&str]| entries.iter().map(|&entry| entry.to_owned()).collect();
    let there = Lists::from([("token".to_owned(), list(&["wasi:sockets/tcp@0.2.0"]))]);
    let written = Lists::from([("token".to_owned(), list(&["wasi:io/poll@0.2.0"]))]);
    assert_eq!(
        complaints(&there, &written),
        [
            "token has wasi:sockets/tcp@0.2.0, which is not expected",
            "token has no wasi:io/poll@0.2.0 any more: take it out",
        ]
    );
}
