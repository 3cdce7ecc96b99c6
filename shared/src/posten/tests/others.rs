//! Programs of others, as they are found on the machine or as `tests/others/install` has installed them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// `None`, loudly, where `program` cannot be run; a failure where skipping is not allowed.
pub(super) fn program(program: &str) -> Option<Command> {
    let found = Command::new(program).arg("--version").output().is_ok();
    found_or_skipped(found, program)?;
    Some(Command::new(program))
}

/// Runs the judge in `tests/others` and reads what it tells.
pub(super) fn judge(package: &Path, certificate: &Path, messages: &[PathBuf]) -> Option<Value> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let installed = project.join("target/others/installed").exists();
    found_or_skipped(installed, "tests/others/install")?;
    if std::env::var_os("POSTEN_XSD").is_none() {
        // The schemas are Posten's and not kept here, so that this is skipped everywhere else.
        say("SKIPPED: nothing was validated against Posten's schemas, as POSTEN_XSD is not set");
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

/// What a program wrote, which must have ended well.
pub(super) fn written(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn found_or_skipped(found: bool, what: &str) -> Option<()> {
    if found {
        return Some(());
    }
    let may_skip = std::env::var_os("INNSYN_NO_SKIP").is_none();
    assert!(may_skip, "{what} is needed here");
    say(&format!(
        "SKIPPED: no package was judged by {what}, as it is not there"
    ));
    None
}

/// Not by a macro: what a test prints is not shown when it passes.
fn say(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}
