//! The demo bank's page where an agreement is signed.

use sandbox::{Options, Sandbox};

use crate::posten::jobs::Sender;

#[tokio::test]
async fn it_is_for_who_is_logged_in_and_calls_the_app_alone() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(Options {
        clock: sandbox::kit::Clock::default(),
        directory: directory.path().to_owned(),
        app: Some("https://app.example".to_owned()),
    });
    let sandbox = sandbox.await.unwrap();
    let bank = &sandbox.addresses().bank_page;
    let browser = Sender::browser();
    let page = format!("{bank}/signering");
    assert_eq!(browser.get(&page).send().await.unwrap().status(), 303);
    let log_in = browser.post(format!("{bank}/login"));
    log_in.form(&[("customer", "ragna")]).send().await.unwrap();
    let shown = browser.get(&page).send().await.unwrap();
    let policy = shown.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("connect-src 'self' https://app.example;"),
        "{policy}"
    );
    let shown = shown.text().await.unwrap();
    assert!(shown.contains("Gå til signering"), "{shown}");
    for asset in ["/assets/bank_sign.js", "/assets/agreement.pdf"] {
        assert!(shown.contains(asset), "{asset}: {shown}");
        let asset = browser.get(format!("{bank}{asset}")).send().await.unwrap();
        assert_eq!(asset.status(), 200);
    }
}
