//! Comparison of the token sidecar with texas: some eighty requests get texas's answers, or the
//! deviations in README.md.
//!
//! The script `tests/others/beside_texas.py` compares the sidecar's answers with its table, and
//! with texas if `TEXAS` has the path of that program.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::test_bed::TestBed;

#[tokio::test]
async fn the_sidecar_answers_as_the_table_says() {
    if !programs::is_installed("python3", "the sidecar's answers are not those of a table") {
        return;
    }
    let bed = TestBed::start().await;
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/others/beside_texas.py"
    );
    let output = Command::new("python3")
        .arg("-B")
        .arg(script)
        .env("SIDECAR", bed.endpoint.trim_end_matches("/api/v1/token"))
        .env("MASKINPORTEN", &bed.maskinporten)
        .env("VARIABLES", bed.folder.join("variables.toml"))
        .env("CA", &bed.ca)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("a program that starts");
    let said = String::from_utf8_lossy(&output.stderr);
    programs::say(said.trim_end());
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["wrong"], serde_json::json!([]), "{report:#}");
    assert!(report["requests"].as_u64() >= Some(80), "{report:#}");
    let is_compared = std::env::var_os("TEXAS").is_some();
    assert_eq!(report["compared"], is_compared);
    assert_eq!(said.contains("SKIPPED"), !is_compared);
    bed.stop().await;
}
