//! Third-party programs of the tests: openssl, curl, a browser. Without one of them its checks are
//! skipped with a warning; with `INNSYN_NO_SKIP` set, as `.ci/run` sets it, that is a failure.

use std::io::Write;
use std::process::Command;

/// Returns whether `program` can be run. If not, prints a warning with `unchecked`, the checks that
/// are skipped.
///
/// # Panics
///
/// If nothing may be skipped.
pub fn is_installed(program: &str, unchecked: &str) -> bool {
    // Its answer does not matter: not every program knows this argument.
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(program, unchecked);
    }
    found
}

/// Prints that `program` is missing, and the checks `unchecked` that are skipped.
///
/// # Panics
///
/// If nothing may be skipped.
pub fn skip(program: &str, unchecked: &str) {
    let may_skip = std::env::var_os("INNSYN_NO_SKIP").is_none();
    assert!(may_skip, "{program} is needed here: {unchecked}");
    say(&format!("SKIPPED: {program} is not installed: {unchecked}"));
}

/// Prints a line even if the test passes: not by a macro, whose output the harness captures.
pub fn say(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}
