//! Structure of the sandbox's source: no service imports another one, and no modules import each
//! other in a circle.

mod graph;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use graph::{Graph, Module};

/// Modules that are built before the services, each with those that it may import.
const FOUNDATIONS: [(&str, &[&str]); 4] = [
    ("interfaces", &[]),
    ("kit", &[]),
    ("pki", &["kit"]),
    ("population", &["kit", "pki"]),
];

const SERVICES: [&str; 9] = [
    "altinn",
    "altinn2",
    "bank",
    "folkeregisteret",
    "issuers",
    "maskinporten",
    "posten",
    "skatteetaten",
    "vault",
];

/// Modules that start a sandbox, and may import whatever they start.
const WIRING: [&str; 9] = [
    "addresses",
    "admin",
    "authorities",
    "client",
    "crate",
    "listeners",
    "services",
    "standalone",
    "variables",
];

fn sandbox() -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    read(&root, &root, &mut sources);
    assert!(sources.len() > 200, "{}", sources.len());
    Graph::new(&sources)
}

fn read(root: &Path, folder: &Path, sources: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, sources);
            continue;
        }
        let below = path.strip_prefix(root).unwrap().with_extension("");
        let mut module: Module = below
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        module.pop_if(|last| last == "mod" || last == "lib");
        sources.insert(module, fs::read_to_string(path).unwrap());
    }
}

fn top(module: &Module) -> &str {
    module.first().map_or("crate", String::as_str)
}

#[test]
fn a_service_imports_no_other_service() {
    for (from, to) in sandbox().imports() {
        let (from_top, to_top) = (top(from), top(to));
        let foundation = FOUNDATIONS.iter().find(|(name, _)| *name == from_top);
        let is_allowed = match foundation {
            Some((_, allowed)) => allowed.contains(&to_top),
            None if SERVICES.contains(&from_top) => {
                FOUNDATIONS.iter().any(|(name, _)| *name == to_top)
            }
            None => WIRING.contains(&from_top),
        };
        assert!(
            is_allowed || from_top == to_top,
            "{} imports {}",
            from.join("::"),
            to.join("::")
        );
    }
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let circle: Vec<_> = sandbox()
        .circle()
        .iter()
        .map(|module| module.join("::"))
        .collect();
    assert!(circle.is_empty(), "{circle:#?}");
}

fn graph(files: &[(&str, &str)]) -> Graph {
    let sources = files.iter().map(|(module, text)| {
        let module: Module = module.split("::").map(str::to_owned).collect();
        (module, (*text).to_owned())
    });
    Graph::new(&sources.collect())
}

#[test]
fn imports_are_found_in_every_form() {
    let graph = graph(&[
        ("a", "mod b;\npub use b::Thing;\n// use crate::d::No;\n"),
        (
            "a::b",
            "pub(in crate::a) struct Thing; const TEXT: &str = \"crate::d::No\";",
        ),
        ("c", "use crate::{a::Thing as Other, d::{self, e::Deep}};"),
        (
            "d",
            "fn thing() -> super::a::b::Thing { super::a::b::Thing }",
        ),
        (
            "d::e",
            "#[cfg(test)]\nmod tests {\n    use crate::c::X;\n}\n",
        ),
    ]);
    let found: Vec<_> = graph
        .imports()
        .map(|(from, to)| format!("{} {}", from.join("::"), to.join("::")))
        .collect();
    // Through a re-export, the module that defines the name is imported.
    assert_eq!(found, ["c a::b", "c d", "c d::e", "d a::b"]);
    assert!(graph.circle().is_empty());
}

#[test]
fn a_circle_is_found_across_a_re_export() {
    let graph = graph(&[
        (
            "a",
            "mod b;\nmod c;\npub use b::Thing;\nfn routes() { c::routes() }",
        ),
        ("a::b", "use super::c::Other;\npub struct Thing;"),
        ("a::c", "use crate::a::Thing;\npub struct Other;"),
        ("d", "use crate::a::Thing;"),
    ]);
    let circle: Vec<_> = graph.circle().iter().map(|it| it.join("::")).collect();
    assert_eq!(circle, ["a::b", "a::c"]);
}
