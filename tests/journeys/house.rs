//! The rules of the house that a machine can check (ARCHITECTURE.md).

use std::fs;
use std::path::Path;

pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
}

fn dependencies(package: &str) -> Vec<String> {
    let table = manifest(package);
    let table = table.get("dependencies").and_then(toml::Value::as_table);
    table
        .into_iter()
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let ours = [
        "shared",
        "host",
        "keyfile",
        "sandbox",
        "innsyn",
        "journeys",
        "token",
        "consent",
        "claims",
        "signature",
        "programs",
        "leaks",
        "redaction",
    ];
    for (package, allowed) in [
        ("keyfile", &[][..]),
        ("redaction", &[]),
        ("shared", &["keyfile", "redaction"]),
        ("host", &["keyfile", "redaction"]),
        ("sandbox", &[]),
        ("components/token", &["shared"]),
        ("components/consent", &["shared"]),
        ("components/claims", &["shared"]),
        ("components/signature", &["shared"]),
        (
            "cli",
            &["host", "keyfile", "redaction", "sandbox", "shared"],
        ),
        ("tests", &["host", "sandbox", "programs"]),
    ] {
        for dependency in dependencies(package) {
            let is_ours = ours.contains(&dependency.as_str());
            assert!(
                !is_ours || allowed.contains(&dependency.as_str()),
                "{package} uses {dependency}"
            );
        }
    }
}

#[test]
fn the_sandbox_checks_with_other_libraries_than_the_core_signs_with() {
    assert!(!dependencies("sandbox").contains(&"jwt-simple".to_owned()));
    assert!(!dependencies("shared").contains(&"jsonwebtoken".to_owned()));
}

fn manifest(package: &str) -> toml::Table {
    let text = fs::read_to_string(project().join(package).join("Cargo.toml")).expect("a manifest");
    text.parse().expect("TOML")
}

/// `.ci/run` looks that a build with `host` alone has no sandbox in it, and that each combination compiles.
#[test]
fn the_command_can_be_built_without_the_sandbox_and_the_host() {
    let cli = manifest("cli");
    for part in ["host", "sandbox"] {
        let dependency = &cli["dependencies"][part];
        assert_eq!(dependency["optional"].as_bool(), Some(true), "{part}");
        let features = cli["features"][part].as_array().expect("a list");
        assert_eq!(features, &[format!("dep:{part}").into()], "{part}");
    }
}

/// A panic ends an instance of a component, and one task of a native program.
#[test]
fn components_are_small_and_native_programs_survive_a_panic() {
    let profiles = &manifest(".")["profile"];
    let text = |profile: &str, key: &str| profiles[profile][key].as_str().map(str::to_owned);
    assert_eq!(text("release", "panic").as_deref(), Some("abort"));
    assert_eq!(text("release", "opt-level").as_deref(), Some("s"));
    assert_eq!(text("native", "panic").as_deref(), Some("unwind"));
    assert_eq!(profiles["native"]["opt-level"].as_integer(), Some(3));
    let main = fs::read_to_string(project().join("cli/src/main.rs")).expect("a file");
    assert!(main.contains("#[cfg(panic = \"abort\")]\ncompile_error!("));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_components_are_small() {
    journeys::build_components();
    for component in ["token", "consent", "claims", "signature"] {
        let wasm = project().join(format!("target/wasm32-wasip2/release/{component}.wasm"));
        let size = fs::metadata(&wasm).expect("a built component").len();
        println!("{component}: {} kB", size / 1000);
        // A seventh of it are checks for overflow: decision 36.
        assert!(size < 2_400_000, "{component} is {size} bytes");
    }
}

#[test]
fn the_demo_page_has_a_sentence_for_every_problem() {
    let read = |path: &str| fs::read_to_string(project().join(path)).expect("a file");
    let (api, texts) = (
        read("docs/api/openapi.yaml"),
        read("sandbox/pages/texts.js"),
    );
    let types = api
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- urn:innsyn:problem:"));
    let missing: Vec<_> = types
        .filter(|slug| {
            let lines = [format!("  '{slug}': "), format!("  {slug}: ")];
            !lines.iter().any(|line| texts.contains(line))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_file_of_ours_can_be_held_in_the_head() {
    let mut long = Vec::new();
    let mut folders = vec![project().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = fs::read_to_string(&path).expect("a file").lines().count();
                if lines > 400 {
                    long.push(format!("{} ({lines})", path.display()));
                }
            }
        }
    }
    assert!(long.is_empty(), "over 400 lines: {long:?}");
}
