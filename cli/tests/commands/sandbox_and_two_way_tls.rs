//! `innsyn sandbox` prints a `curl` command for two-way TLS that works without changes.

use tokio::process::Command;

use crate::process::Process;

#[tokio::test]
async fn the_line_that_the_sandbox_prints_works() {
    if !programs::is_installed("curl", "the sandbox's line for it is not tried") {
        return;
    }
    let mut process = Process::start(&["sandbox"]);
    let address = process.after("Folkeregister  ").await;
    let arguments = process.after("curl --cacert").await;
    assert!(arguments.contains(&address), "{arguments}");

    let line = format!("curl --disable -sS --noproxy '*' --cacert {arguments}");
    let output = Command::new("sh").args(["-c", &line]).output().await;
    let output = output.expect("a shell");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {complaint}");
    assert_eq!(output.stdout, br#"{"melding":"Transporten virker"}"#);

    process.stop().await;
}
