//! `innsyn sandbox certificates` writes certificates, valid or defective, and reports them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::process::Process;

#[tokio::test]
async fn a_bad_one_with_what_is_wrong() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("new");
    let mut process = Process::start(&[
        "sandbox",
        "certificates",
        "--authority",
        "commfides",
        "--organisation",
        "310000604",
        "--name",
        "SKOGEN SPAREBANK",
        "--defect",
        "expired",
        "--defect",
        "no-key-usage",
        "--out",
        out.to_str().expect("text"),
    ]);
    assert_eq!(
        process.after("for tests, of").await,
        "SKOGEN SPAREBANK (310000604):"
    );
    for (what, name) in [
        ("Certificate", "authentication.pem"),
        ("Chain", "authentication-chain.pem"),
        ("Key", "authentication-key.pem"),
        ("PKCS#12", "authentication.p12"),
        ("Authority (issuing)", "issuing.pem"),
        ("Authority (root)", "root.pem"),
    ] {
        let path = out.join(name);
        assert_eq!(process.after(what).await, path.display().to_string());
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(process.after("PKCS#12 password").await, "sandbox");
    assert!(process.after("V01  expired").await.contains("yesterday"));
    assert!(process.after("P01  no-key-usage").await.contains("missing"));
    assert!(process.after("openssl verify").await.contains("root.pem"));
    assert_eq!(process.end().await, "");
}

#[tokio::test]
async fn the_defects_are_listed() {
    let mut process = Process::start(&["sandbox", "certificates", "--list-defects"]);
    assert!(process.line().await.contains("F01  not-a-certificate"));
    assert!(process.after("C04  sha1").await.contains("SHA-1"));
    assert_eq!(process.end().await, "");
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().to_str().expect("text");
    for (more, why) in [
        (&["--defect", "rusty"][..], "--list-defects"),
        (&["--defect", "lcp"], "Commfides"),
        (
            &["--defect", "expired", "--defect", "not-yet-valid"],
            "cannot stand",
        ),
        (&["--purpose", "encryption"], "Buypass delivers"),
        (
            &["--organisation", "987654321", "--name", "X"],
            "bad-check-digit",
        ),
    ] {
        let mut arguments = vec!["sandbox", "certificates", "--out", out];
        arguments.extend(more);
        let complaint = Process::start(&arguments).fail().await;
        assert!(complaint.contains(why), "{more:?}: {complaint}");
    }
    let left = fs::read_dir(folder.path()).expect("a folder");
    assert_eq!(left.count(), 0, "nothing is written");
}
