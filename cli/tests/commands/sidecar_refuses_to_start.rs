//! Unsafe configurations: the sidecar does not start, and reports the reason.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::process::Process;

/// 32 bytes, base64url.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

async fn refused(key: &Path, change: &[&str]) -> String {
    let key = key.to_str().expect("UTF-8");
    let mut arguments = vec!["token-sidecar", "--subject", "backend", "--key", key];
    for (name, usual) in [
        ("--app", "http://localhost:1"),
        ("--consumer", "310000205"),
        ("--listen", "127.0.0.1:0"),
    ] {
        let changed = change.iter().position(|given| *given == name);
        arguments.extend([name, changed.map_or(usual, |index| change[index + 1])]);
    }
    Process::start(&arguments).fail().await
}

fn key(folder: &Path, text: &str, mode: u32) -> PathBuf {
    let path = folder.join("key");
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("its mode");
    path
}

#[tokio::test]
async fn where_others_would_reach_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path(), KEY, 0o600);
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "192.0.2.1:7164"] {
        let said = refused(&key, &["--listen", address]).await;
        assert!(said.contains("serves this machine alone"), "{said}");
    }
}

#[tokio::test]
async fn with_a_key_that_others_can_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for mode in [0o644, 0o604, 0o660] {
        let key = key(folder.path(), KEY, mode);
        let said = refused(&key, &[]).await;
        assert!(said.contains("chmod 600"), "{said}");
    }
}

#[tokio::test]
async fn with_what_is_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    for text in ["", "s3cr3t", &KEY[1..], &"A".repeat(2000)] {
        let key = key(folder.path(), text, 0o600);
        let said = refused(&key, &[]).await;
        assert!(said.contains("32 bytes in base64url"), "{said}");
        assert!(text.is_empty() || !said.contains(text), "{said}");
    }
    let said = refused(&folder.path().join("none"), &[]).await;
    assert!(said.contains("cannot be read"), "{said}");
}

#[tokio::test]
async fn for_an_app_over_plain_http_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path(), KEY, 0o600);
    let said = refused(&key, &["--app", "http://innsyn.example"]).await;
    assert!(said.contains("https"), "{said}");
    let said = refused(&key, &["--consumer", "310000206"]).await;
    assert!(said.contains("--consumer"), "{said}");
}
