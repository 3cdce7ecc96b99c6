//! Absence of keys in core dumps after a crash.

#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use rcgen::generate_simple_self_signed;
use tempfile::TempDir;

/// Signal of `abort`. Rust's runtime has a handler of its own for SIGSEGV.
const SIGABRT: i32 = 6;

/// Returns the soft and the hard limit on core files of a process.
pub(crate) fn limit_of(id: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{id}/limits")).expect("its limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words = line.expect("a limit").split_whitespace().skip(4);
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the limit on core files in `/proc`, and the exit status after a crash. The program
/// starts with core files allowed.
fn crashed(program: &str, arguments: &[&str], folder: &Path) -> (String, ExitStatus) {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -S -c unlimited; exec \"$@\"", "sh", program])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    // The first line shows that it runs.
    let mut line = String::new();
    let mut printed = BufReader::new(child.stdout.take().expect("its output"));
    printed.read_line(&mut line).expect("a line");
    assert!(!line.is_empty(), "it did not start: {arguments:?}");
    let limit = limit_of(child.id());
    let killed = Command::new("kill")
        .args(["-ABRT", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill").success());
    (limit, child.wait().expect("its end"))
}

#[track_caller]
fn expect_no_core(arguments: &[&str], folder: &Path) {
    let (limit, status) = crashed(env!("CARGO_BIN_EXE_innsyn"), arguments, folder);
    assert_eq!(limit, "0 0 bytes", "{arguments:?}");
    assert_eq!(status.signal(), Some(SIGABRT), "{arguments:?}");
    assert!(!status.core_dumped(), "{arguments:?}");
    let left = fs::read_dir(folder).expect("a folder").filter_map(|entry| {
        let name = entry.expect("an entry").file_name();
        name.to_str()
            .filter(|name| name.starts_with("core"))
            .map(str::to_owned)
    });
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_proxy_and_the_sidecar_leave_no_core() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
        path.to_str().expect("UTF-8").to_owned()
    };
    let root = generate_simple_self_signed(["root".to_owned()]).expect("a certificate");
    file("roots.pem", &root.cert.pem());
    let pins = file(
        "pins.toml",
        "[[pin]]\nname = \"bud\"\norigin = \"https://localhost\"\nroots_file = \"roots.pem\"\n\
         subject = [{ attribute = \"serialNumber\", value = \"310000205\" }]\n",
    );
    let other = TempDir::new().expect("a folder");
    let (usual, _) = crashed("sh", &["-c", "echo; exec sleep 60"], other.path());
    if usual == "0 0 bytes" {
        programs::say("SKIPPED: cores are forbidden here already, so nothing forbids them anew");
    }
    let egress = ["egress", "--pins", &pins, "--listen", "127.0.0.1:0"];
    expect_no_core(&egress, folder.path());

    let key = file("key", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    let sidecar = [
        "token-sidecar",
        "--subject",
        "backend",
        "--key",
        &key,
        "--app",
        "http://localhost:1",
        "--consumer",
        "310000205",
        "--listen",
        "127.0.0.1:0",
    ];
    expect_no_core(&sidecar, folder.path());
}

/// Passes the doctor a pipe without a writer: with other files it ends too soon to be examined
/// while it runs.
#[test]
fn the_doctor_leaves_no_core() {
    let folder = TempDir::new().expect("a folder");
    let pipe = folder.path().join("certificate");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -S -c unlimited; exec \"$@\"", "sh"])
        .args([env!("CARGO_BIN_EXE_innsyn"), "doctor", "--certificate"])
        .arg(&pipe)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    // Opens when the doctor has opened the other end.
    let writer = fs::OpenOptions::new()
        .write(true)
        .open(&pipe)
        .expect("a pipe");
    assert_eq!(limit_of(child.id()), "0 0 bytes");
    drop(writer);
    child.wait().expect("its end");
}
