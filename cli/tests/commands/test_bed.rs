//! App with its sandbox, and a sidecar, started as `innsyn up --token-route` prints.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::process::Process;

/// The app with its sandbox, and the sidecar, both running.
pub(crate) struct TestBed {
    /// Origin of the app.
    pub(crate) app: String,
    /// Origin of the admin API, which orders faults.
    pub(crate) admin: String,
    /// Token endpoint of the sidecar.
    pub(crate) endpoint: String,
    /// Address of Maskinporten, and the authority to trust for it.
    pub(crate) maskinporten: String,
    pub(crate) ca: String,
    /// Folder of the run.
    pub(crate) folder: PathBuf,
    pub(crate) http: Client,
    /// Arguments of the sidecar.
    arguments: Vec<String>,
    up: Process,
    sidecar: Process,
}

/// Response of the sidecar.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl TestBed {
    pub(crate) async fn start() -> Self {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml");
        let mut up = Process::start(&["up", "--token-route", "--manifest", manifest]);
        let app = up.after("The app's API:").await;
        let admin = up.after("The sandbox's switches:").await;
        let line = up.after(" token-sidecar ").await;
        let mut arguments: Vec<_> = line.split_whitespace().collect();
        let option = |name: &str| {
            let index = arguments.iter().position(|argument| *argument == name);
            arguments[index.expect("an option") + 1].to_owned()
        };
        let key = PathBuf::from(option("--key"));
        let (maskinporten, ca) = (option("--maskinporten"), option("--maskinporten-ca"));
        arguments.splice(..0, ["token-sidecar", "--listen", "127.0.0.1:0"]);
        let mut sidecar = Process::start(&arguments);
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        #[cfg(target_os = "linux")]
        assert_eq!(up.core_limit(), "0 0 bytes");
        Self {
            app,
            admin,
            endpoint: sidecar.after("export NAIS_TOKEN_ENDPOINT=").await,
            maskinporten,
            ca,
            folder: key.parent().expect("its folder").to_path_buf(),
            http: Client::new(),
            arguments,
            up,
            sidecar,
        }
    }

    /// Starts a sidecar of the same service for another consumer, and requests a token. Returns the
    /// answer, and the sidecar's standard error.
    pub(crate) async fn asks_for(
        &self,
        consumer: &str,
        fields: &[(&str, &str)],
    ) -> (Answer, String) {
        let mut arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let place = arguments
            .iter()
            .position(|argument| *argument == "--consumer");
        arguments[place.expect("a consumer") + 1] = consumer;
        let mut sidecar = Process::start(&arguments);
        let endpoint = sidecar.after("export NAIS_TOKEN_ENDPOINT=").await;
        let answer = Answer::to(self.http.post(endpoint).form(fields)).await;
        (answer, sidecar.stop().await)
    }

    /// Sends a form.
    pub(crate) async fn form(&self, fields: &[(&str, &str)]) -> Answer {
        Answer::to(self.http.post(&self.endpoint).form(fields)).await
    }

    /// Sends JSON.
    pub(crate) async fn json(&self, body: &Value) -> Answer {
        Answer::to(self.http.post(&self.endpoint).json(body)).await
    }

    /// Orders a fault at Maskinporten; `None` clears all.
    pub(crate) async fn fault(&self, fault: Option<Value>) {
        let address = format!("{}/faults", self.admin);
        let request = match fault {
            Some(fault) => self
                .http
                .post(address)
                .json(&serde_json::json!({"counterparty": "maskinporten", "fault": fault})),
            None => self.http.delete(address),
        };
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Stops both, and returns their standard error.
    pub(crate) async fn stop(self) -> (String, String) {
        (self.sidecar.stop().await, self.up.stop().await)
    }
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.json().await.expect("JSON"),
        }
    }

    /// Returns the token, after the checks common to all answers with one.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.is_like_every_other();
        let members: Vec<_> = self.body.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["access_token", "expires_in", "token_type"]);
        assert_eq!(self.body["token_type"], "Bearer");
        assert!(self.body["expires_in"].as_u64().expect("seconds") > 0);
        self.body["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Returns the claims of the token.
    #[track_caller]
    pub(crate) fn claims(&self) -> Value {
        let token = self.token();
        let claims = token.split('.').nth(1).expect("claims");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        serde_json::from_slice(&claims).expect("JSON")
    }

    /// Returns the description, after the checks on the rest of the refusal.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16, error: &str) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.is_like_every_other();
        let members: Vec<_> = self.body.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["error", "error_description"]);
        assert_eq!(self.body["error"], error, "{self:?}");
        self.body["error_description"]
            .as_str()
            .expect("text")
            .to_owned()
    }

    #[track_caller]
    fn is_like_every_other(&self) {
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.headers["cache-control"], "no-store");
    }
}
