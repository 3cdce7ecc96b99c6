//! Redirect address in a real browser: the page's script sends the fragment after its `#`.

use tokio::process::Command;

use crate::posten::jobs::{RAGNA, Sender, direct};

#[tokio::test]
async fn a_redirect_address_opens_in_a_browser_once() {
    if !programs::is_installed("chromium", "no browser opens a redirect address") {
        return;
    }
    let sender = Sender::start().await;
    let job = sender.create(&direct(&[RAGNA])).await;
    let address = &job.texts("redirect-url")[0];
    // A profile of its own each time: another browser.
    let shown = seen(&sender, address).await;
    assert!(
        shown.contains("<title>Sign: Avtale om lån – Posten</title>"),
        "{shown}"
    );
    let shown = seen(&sender, address).await;
    assert!(shown.contains("The link does not work"), "{shown}");
}

/// The page that a new browser ends at.
async fn seen(sender: &Sender, address: &str) -> String {
    let profile = sender.bed.new_folder();
    let mut chromium = Command::new("chromium");
    chromium.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
    ]);
    chromium.args([
        "--accept-lang=en",
        "--virtual-time-budget=10000",
        "--dump-dom",
    ]);
    chromium.arg(format!("--user-data-dir={}", profile.display()));
    let output = chromium.arg(address).output().await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}
