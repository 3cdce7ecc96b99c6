//! Chromium, driven over WebDriver.

use std::process::Stdio;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long something may take to appear on a page.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Chromium window without a screen.
pub struct RealBrowser {
    /// Drives the page.
    pub page: Client,
    // Both end when this is dropped.
    _driver: Child,
    _profile: TempDir,
}

impl RealBrowser {
    /// A window of a phone's size. `None`, loudly, where Chromium or its driver is not installed; an error where
    /// skipping is not allowed.
    pub async fn on_a_phone() -> Option<Self> {
        let mut driver = match Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
        {
            Ok(driver) => driver,
            Err(error) => {
                assert!(
                    std::env::var_os("INNSYN_NO_SKIP").is_none(),
                    "chromedriver is needed here: {error}"
                );
                eprintln!("SKIPPED: no browser was used, as chromedriver is not installed ({error})");
                return None;
            }
        };
        let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port = loop {
            let line = lines.next_line().await.expect("readable").expect("chromedriver says its port");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().expect("a profile");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=nb",
            "--window-size=390,844",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": "nb" } });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://localhost:{port}"))
            .await
            .expect("a session");
        Some(Self {
            page,
            _driver: driver,
            _profile: profile,
        })
    }

    /// Waits for an element and clicks it.
    pub async fn clicks(&self, css: &str) {
        let element = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        element.expect(css).click().await.expect(css);
    }

    /// Waits for an element and reads it.
    pub async fn reads(&self, css: &str) -> String {
        let element = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        element.expect(css).text().await.expect(css)
    }
}
