//! A running sandbox, and a client of its vault.

use reqwest::Method;
use sandbox::vault::Vault;
use serde_json::{Value, json};

use crate::kit::RunningSandbox;

/// Running sandbox, with calls to the vault.
pub(crate) struct TestBed {
    running: RunningSandbox,
}

impl std::ops::Deref for TestBed {
    type Target = RunningSandbox;

    fn deref(&self) -> &RunningSandbox {
        &self.running
    }
}

impl TestBed {
    pub(crate) async fn start() -> Self {
        Self {
            running: RunningSandbox::start().await,
        }
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.sandbox.services().vault
    }

    /// Calls `GET sys/health` and the like, with a token or without: the status and the body.
    pub(crate) async fn call(&self, call: &str, token: &str, body: &Value) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        let address = format!("{}/v1/{path}", self.sandbox.addresses().vault);
        let method: Method = method.parse().unwrap();
        let mut request = self.http.request(method, address);
        if !token.is_empty() {
            request = request.header("x-vault-token", token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Calls the vault, checks that it succeeds, and returns `data` of the answer.
    pub(crate) async fn data(&self, call: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.call(call, token, body).await;
        assert_eq!(status, 200, "{call}: {answer}");
        answer["data"].clone()
    }

    /// Calls the vault, and checks that it refuses with this status and these errors.
    pub(crate) async fn refused(
        &self,
        call: &str,
        token: &str,
        body: &Value,
        status: u16,
        errors: &[&str],
    ) {
        let answer = self.call(call, token, body).await;
        assert_eq!(answer, (status, json!({ "errors": errors })), "{call}");
    }

    /// A token of the app's role.
    pub(crate) async fn log_in(&self) -> String {
        let (role_id, secret_id) = (self.vault().role_id(), self.vault().secret_id());
        let login = json!({ "role_id": role_id, "secret_id": secret_id });
        let (status, answer) = self.call("POST auth/approle/login", "", &login).await;
        assert_eq!(status, 200, "{answer}");
        answer["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    /// The public half of a version of the key: PEM.
    pub(crate) async fn public_key(&self, token: &str, version: u32) -> String {
        let key = self
            .data("GET transit/keys/vestbanken", token, &Value::Null)
            .await;
        let pem = &key["keys"][version.to_string()]["public_key"];
        pem.as_str().unwrap().to_owned()
    }

    pub(crate) async fn admin(&self, path: &str) {
        let address = format!("{}{path}", self.sandbox.addresses().admin);
        let answer = self.http.post(address).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{path}");
    }
}
