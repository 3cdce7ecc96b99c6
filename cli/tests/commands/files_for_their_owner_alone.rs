//! Permissions of written files: the owner alone has access, even under a permissive umask.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::process::Process;

/// Returns the files and folders below `folder`, and itself, that others may read or write.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut open = Vec::new();
    let mut paths = vec![folder.to_path_buf()];
    while let Some(path) = paths.pop() {
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            open.push(format!("{} {mode:o}", path.display()));
        }
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            paths.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
    }
    open
}

#[tokio::test]
async fn the_folder_of_a_sandbox() {
    let mut process = Process::start_without_umask(&["sandbox"]);
    let line = process.after("source ").await;
    let (variables, _) = line.split_once(" && ").expect("two commands");
    let folder = Path::new(variables).parent().expect("its folder");
    for file in ["variables.sh", "runtime-config.toml", "pins.toml"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert_eq!(open_to_others(folder), [""; 0]);
    process.stop().await;
}

#[tokio::test]
async fn the_folder_of_a_run() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml");
    let arguments = ["up", "--token-route", "--manifest", manifest];
    // The components are built beforehand, so that none is built without an umask.
    host::build::components(
        Path::new(manifest),
        host::build::Purpose::Local,
        &mut |_| (),
    )
    .expect("built");
    let mut process = Process::start_without_umask(&arguments);
    let key = process.after(" --key ").await;
    let key = key.split_whitespace().next().expect("a path");
    let folder = Path::new(key).parent().expect("its folder");
    for file in [
        "back-end.key",
        "runtime-config.toml",
        "pins.toml",
        "spin.toml",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert_eq!(open_to_others(folder), [""; 0]);
    process.stop().await;
}

#[tokio::test]
async fn the_folder_of_a_maskinporten_and_of_certificates() {
    let folder = tempfile::tempdir().expect("a folder");
    let (trust, out) = (folder.path().join("trust"), folder.path().join("out"));
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let arguments = [
        "sandbox",
        "certificates",
        "--trust-folder",
        &text(&trust),
        "--out",
        &text(&out),
        "--organisation",
        "310000205",
        "--name",
        "FJORDBANKEN ASA",
    ];
    Process::start_without_umask(&arguments).end().await;
    assert_eq!(open_to_others(&trust), [""; 0]);
    assert_eq!(open_to_others(&out), [""; 0]);
}
