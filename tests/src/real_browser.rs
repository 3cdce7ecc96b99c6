//! Chromium, driven over WebDriver (W3C): the few commands that a journey needs.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest time until an element appears on a page, in milliseconds. The driver does the waiting.
const PATIENCE: u64 = 20_000;

/// Member of WebDriver's element references (W3C WebDriver §12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Headless browser window.
pub struct RealBrowser {
    session: String,
    http: reqwest::Client,
    // Both end when this is dropped.
    _driver: Child,
    _profile: TempDir,
}

impl RealBrowser {
    /// Opens a window of a phone's size. Without Chromium's driver, returns `None` with a warning,
    /// or fails if skipping is not allowed.
    pub async fn on_a_phone() -> Option<Self> {
        let (driver, address) = match start_driver().await {
            Ok(started) => started,
            Err(error) => {
                programs::skip("chromedriver", &format!("no browser is used ({error})"));
                return None;
            }
        };
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
            "--window-size=390,844",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": "nb" } });
        let wanted = json!({ "goog:chromeOptions": options, "timeouts": { "implicit": PATIENCE } });
        let mut browser = Self {
            session: format!("{address}/session"),
            http: reqwest::Client::builder()
                .timeout(Duration::from_mins(1))
                .build()
                .expect("a client"),
            _driver: driver,
            _profile: profile,
        };
        let started = browser
            .tells("", json!({ "capabilities": { "alwaysMatch": wanted } }))
            .await;
        let id = started["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    /// Opens an address.
    pub async fn opens(&self, address: &str) {
        self.tells("/url", json!({ "url": address })).await;
    }

    /// Waits for an element and clicks it.
    pub async fn clicks(&self, css: &str) {
        let element = self.finds(css).await;
        self.tells(&format!("/element/{element}/click"), json!({}))
            .await;
    }

    /// Waits for an element and reads what it shows.
    pub async fn reads(&self, css: &str) -> String {
        self.finds(css).await;
        let shown = self
            .runs(&format!("return document.querySelector('{css}').innerText"))
            .await;
        shown.as_str().expect("text").to_owned()
    }

    /// Runs a script on the page and returns its result.
    pub async fn runs(&self, script: &str) -> Value {
        self.tells("/execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    async fn finds(&self, css: &str) -> String {
        let found = self
            .tells("/element", json!({ "using": "css selector", "value": css }))
            .await;
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    async fn tells(&self, command: &str, parameters: Value) -> Value {
        let request = self
            .http
            .post(format!("{}{command}", self.session))
            .json(&parameters);
        let answer: Value = request
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{command}: {value}");
        value
    }
}

/// Starts the driver on a port of its own choice, and returns its address.
async fn start_driver() -> std::io::Result<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
    let port = loop {
        let line = lines
            .next_line()
            .await?
            .expect("chromedriver says its port");
        if let Some((_, port)) = line.split_once("successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    // The task ends when the receiver is dropped.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((driver, format!("http://localhost:{port}")))
}
