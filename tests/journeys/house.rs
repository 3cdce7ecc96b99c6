//! Project rules that a test can check (ARCHITECTURE.md).

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
        "innsyn-core",
        "innsyn-protocols",
        "innsyn-runtime",
        "innsyn-flows",
        "credential",
        "host",
        "innsyn-doctor",
        "keyfile",
        "loopback",
        "sandbox",
        "innsyn",
        "journeys",
        "innsyn-token",
        "innsyn-consent",
        "innsyn-reads",
        "innsyn-signature",
        "programs",
        "leaks",
        "redaction",
        "wasm-rsa",
    ];
    for (package, allowed) in [
        ("keyfile", &[][..]),
        ("credential", &[]),
        ("loopback", &[]),
        ("redaction", &[]),
        ("wasm-rsa", &[]),
        ("shared/core", &["credential", "redaction"]),
        ("shared/protocols", &["innsyn-core", "keyfile", "wasm-rsa"]),
        ("shared/runtime", &["innsyn-core", "innsyn-protocols"]),
        (
            "shared/flows",
            &["innsyn-core", "innsyn-protocols", "innsyn-runtime"],
        ),
        ("host", &["credential", "keyfile", "loopback", "redaction"]),
        (
            "doctor",
            &[
                "host",
                "innsyn-core",
                "innsyn-flows",
                "innsyn-protocols",
                "innsyn-runtime",
                "keyfile",
                "redaction",
            ],
        ),
        ("sandbox", &["loopback"]),
        (
            "components/token",
            &["innsyn-core", "innsyn-flows", "innsyn-runtime"],
        ),
        (
            "components/consent",
            &["innsyn-core", "innsyn-flows", "innsyn-runtime"],
        ),
        (
            "components/reads",
            &[
                "innsyn-core",
                "innsyn-flows",
                "innsyn-protocols",
                "innsyn-runtime",
            ],
        ),
        (
            "components/signature",
            &["innsyn-core", "innsyn-flows", "innsyn-runtime"],
        ),
        (
            "cli",
            &[
                "host",
                "innsyn-core",
                "innsyn-doctor",
                "innsyn-protocols",
                "loopback",
                "redaction",
                "sandbox",
            ],
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
    for signs in ["jwt-simple", "credential"] {
        assert!(!dependencies("sandbox").contains(&signs.to_owned()));
    }
    assert!(!dependencies("credential").contains(&"jsonwebtoken".to_owned()));
    let core = manifest("shared/core");
    let native = &core["target"]["cfg(not(target_family = \"wasm\"))"]["dependencies"];
    let optional = native["jsonwebtoken"]["optional"].as_bool();
    assert_eq!(optional, Some(true), "for fixtures alone");
    for floor in ["core", "protocols", "runtime", "flows"] {
        let floor = dependencies(&format!("shared/{floor}"));
        assert!(!floor.contains(&"jsonwebtoken".to_owned()));
    }
}

fn manifest(package: &str) -> toml::Table {
    let text = fs::read_to_string(project().join(package).join("Cargo.toml")).expect("a manifest");
    text.parse().expect("TOML")
}

/// Checks `.ci/run` for the builds: `host` alone has no sandbox in it, and each combination
/// compiles.
#[test]
fn the_command_can_be_built_without_the_sandbox_and_the_host() {
    let cli = manifest("cli");
    for part in ["host", "sandbox"] {
        let dependency = &cli["dependencies"][part];
        assert_eq!(dependency["optional"].as_bool(), Some(true), "{part}");
        let features = cli["features"][part].as_array().expect("a list");
        assert!(features.contains(&format!("dep:{part}").into()), "{part}");
    }
}

/// Checks the panic strategy: a panic ends an instance of a component, and one task of a native
/// program.
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

/// Checks README's first command, which names no program although the workspace has several.
#[test]
fn the_command_is_what_runs_without_a_name() {
    let command = manifest("cli");
    let package = command["package"].as_table().expect("a package");
    assert_eq!(package["default-run"].as_str(), Some("innsyn"));
}

#[test]
fn the_components_are_small() {
    if !journeys::as_deployed() {
        programs::say("NOT MEASURED: the components' size, without INNSYN_AS_DEPLOYED");
        return;
    }
    journeys::build_components();
    for (component, limit) in [
        ("token", 2_200_000),
        ("consent", 2_400_000),
        ("reads", 2_200_000),
        // Orders, templates, the delivery of evidence and events of jobs.
        ("signature", 3_000_000),
    ] {
        let wasm = project().join(format!("target/wasm32-wasip2/release/{component}.wasm"));
        let size = fs::metadata(&wasm).expect("a built component").len();
        println!("{component}: {} kB", size / 1000);
        // A seventh of it are checks for overflow: decision 36.
        assert!(size < limit, "{component} is {size} bytes");
    }
}

/// Checks that the flags of `.cargo/config.toml` reach the components: without them, RSA takes
/// three times as long.
#[test]
fn components_that_use_rsa_are_compiled_with_relaxed_simd() {
    /// `f64x2.relaxed_madd`, 0x107 in LEB128 after the prefix of vectors.
    const FUSED: [u8; 3] = [0xfd, 0x87, 0x02];
    journeys::build_components();
    for component in ["token", "reads", "signature"] {
        let wasm = project().join(format!("target/wasm32-wasip2/release/{component}.wasm"));
        let wasm = fs::read(&wasm).expect("a built component");
        let found = wasm.array_windows().filter(|bytes| **bytes == FUSED);
        // In other code and in data, the byte sequence occurs by chance.
        assert!(found.count() > 100, "{component}");
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
