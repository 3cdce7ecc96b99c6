//! Programs of others that tests use: openssl, curl, a browser. Where one is not installed, what it would have checked is skipped,
//! loudly; with `INNSYN_NO_SKIP` set, as `.ci/run` sets it, that is a failure.

use std::io::Write;
use std::process::Command;

/// Whether `program` can be run. Where it cannot, `unchecked` is said: what nobody looks at then.
///
/// # Panics
///
/// Where nothing may be skipped.
pub fn is_installed(program: &str, unchecked: &str) -> bool {
    // What it answers does not matter: not every program knows this argument.
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(program, unchecked);
    }
    found
}

/// Says that `program` is not there, and what is `unchecked` for that.
///
/// # Panics
///
/// Where nothing may be skipped.
pub fn skip(program: &str, unchecked: &str) {
    let may_skip = std::env::var_os("INNSYN_NO_SKIP").is_none();
    assert!(may_skip, "{program} is needed here: {unchecked}");
    say(&format!("SKIPPED: {program} is not installed: {unchecked}"));
}

/// Says it also where the test passes: not by a macro, which the harness would keep to itself.
pub fn say(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}
