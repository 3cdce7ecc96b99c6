//! Independent programs, installed on the machine or by `tests/others/install`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Returns a command, or `None` with a message if `program` cannot be run; fails where skipping is
/// not allowed.
pub(super) fn program(program: &str) -> Option<Command> {
    programs::is_installed(program, "it judges no package").then(|| Command::new(program))
}

/// Runs the verifier in `tests/others` and parses its output.
pub(super) fn judge(package: &Path, certificate: &Path, messages: &[PathBuf]) -> Option<Value> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !project.join("target/others/installed").exists() {
        programs::skip("what tests/others/install installs", "it judges no package");
        return None;
    }
    if std::env::var_os("POSTEN_XSD").is_none() {
        // Posten's schemas are not kept here, so this step is skipped without POSTEN_XSD.
        programs::say(
            "SKIPPED: nothing is validated against Posten's schemas: POSTEN_XSD is not set",
        );
    }
    let output = Command::new(project.join("target/others/python/bin/python"))
        .arg(project.join("tests/others/package_with_signxml.py"))
        .args([package, certificate])
        .args(messages)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("a program that starts");
    if !output.status.success() {
        return Some(Value::from(String::from_utf8_lossy(&output.stderr)));
    }
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Returns the output of a program, which must have succeeded.
pub(super) fn written(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{output:?}");
    output.stdout
}
