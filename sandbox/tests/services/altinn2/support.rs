//! A running sandbox, clients with and without a certificate, tokens and requests for consent.

use http::{Method, StatusCode};
use reqwest::{Identity, RequestBuilder};
use sandbox::altinn2::Switches;
use serde_json::{Value, json};
use time::Duration;

use crate::kit::{RunningSandbox, client};

pub(crate) use crate::kit::{Answer, organisation};

pub(crate) const BANK: &str = "310000205";
pub(crate) const OTHER_BANK: &str = "310000302";
pub(crate) const SUPPLIER: &str = "310000108";
pub(crate) const COMPANY: &str = "313367002";
pub(crate) const PERSON: &str = "14858512450";
pub(crate) const READ: &str = "altinn:consentrequests.read";
pub(crate) const WRITE: &str = "altinn:consentrequests.write";
pub(crate) const CLAIMS: &str = "skatteetaten:kravogbetalinger";
pub(crate) const BACK: &str = "https://bank.example/cb?s=1";
pub(crate) const HAL: &str = "application/hal+json";
pub(crate) const CODE_REFUSED: &str = "The API key is not authorized for this operation, or the \
    supplied authorization code is either expired or invalid.";

/// Running sandbox, and a client that presents Fjordbanken's certificate.
pub(crate) struct TestBed {
    running: RunningSandbox,
    pub(crate) certified: reqwest::Client,
}

impl std::ops::Deref for TestBed {
    type Target = RunningSandbox;

    fn deref(&self) -> &RunningSandbox {
        &self.running
    }
}

impl TestBed {
    pub(crate) async fn start() -> Self {
        let running = RunningSandbox::start().await;
        let given = running.given();
        let mut pem = std::fs::read(&given.chain).unwrap();
        pem.extend(std::fs::read(&given.key).unwrap());
        let identity = Identity::from_pem(&pem).unwrap();
        let certified = client(&running.sandbox).identity(identity);
        Self {
            certified: certified.build().unwrap(),
            running,
        }
    }

    pub(crate) fn switch(&self, switches: Switches) {
        self.services().altinn2.set_switches(switches);
    }

    pub(crate) fn key(&self, organisation: &str) -> String {
        self.services()
            .altinn2
            .api_key(organisation)
            .unwrap()
            .to_string()
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.addresses().altinn2)
    }

    /// Returns a Maskinporten token with these claims beside the ordinary ones, meant for Altinn.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let mut all = json!({ "aud": format!("{}/", self.sandbox.addresses().altinn2) });
        for (name, value) in claims.as_object().unwrap() {
            all[name.as_str()] = value.clone();
        }
        self.access_token(&all)
    }

    pub(crate) fn scoped(&self, consumer: &str, scope: &str) -> String {
        self.token(&json!({ "consumer": organisation(consumer), "scope": scope }))
    }

    /// Builds a call by the bank, with its key and a token with the scope.
    pub(crate) fn call(&self, method: Method, path: &str, scope: &str) -> RequestBuilder {
        self.call_as(BANK, method, path, scope)
    }

    pub(crate) fn call_as(
        &self,
        consumer: &str,
        method: Method,
        path: &str,
        scope: &str,
    ) -> RequestBuilder {
        self.http
            .request(method, self.address(path))
            .header("ApiKey", self.key(consumer))
            .bearer_auth(self.scoped(consumer, scope))
    }

    /// Builds a valid request.
    pub(crate) fn request(&self) -> Value {
        let valid_to = self.now() + Duration::days(90);
        json!({
            "CoveredBy": BANK,
            "OfferedBy": COMPANY,
            "OfferedByName": "Fjordvik Snekkerverksted",
            "ValidTo": format!("{}T12:00:00.000", valid_to.date()),
            "RedirectUrl": BACK,
            "RequestResources": [{ "ServiceCode": "5928", "ServiceEditionCode": 202_301 }],
        })
    }

    pub(crate) async fn create(&self, body: &Value) -> Answer {
        let call = self.call(Method::POST, "/api/consentRequests", WRITE);
        Answer::receive(call.header("Accept", HAL).json(body)).await
    }

    /// Creates a request, and returns its code.
    pub(crate) async fn created(&self, body: &Value) -> String {
        let answer = self.create(body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()["AuthorizationCode"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Gives a consent, and returns its code.
    pub(crate) async fn given(&self, body: &Value) -> String {
        let code = self.created(body).await;
        self.act(&code, "approve").await;
        code
    }

    /// Performs a person's action through the admin API.
    pub(crate) async fn act(&self, code: &str, action: &str) {
        let admin = &self.sandbox.addresses().admin;
        let url = format!("{admin}/altinn2/consents/{code}/{action}");
        let answer = Answer::receive(self.http.post(url)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    }

    /// Reads the request as its consumer.
    pub(crate) async fn read(&self, code: &str) -> Answer {
        let path = format!("/api/consentRequests/{code}");
        Answer::receive(self.call(Method::GET, &path, READ)).await
    }

    pub(crate) async fn status(&self, code: &str) -> String {
        let answer = self.read(code).await;
        answer.json()["RequestStatus"].as_str().unwrap().to_owned()
    }

    /// Calls the token endpoint as the bank, with its key alone.
    pub(crate) async fn fetch(&self, code: &str) -> Answer {
        self.fetch_as(BANK, code).await
    }

    pub(crate) async fn fetch_as(&self, organisation: &str, code: &str) -> Answer {
        let url = self.address(&format!("/api/authorization/token/{code}"));
        let call = self.http.get(url).header("ApiKey", self.key(organisation));
        Answer::receive(call.header("Accept", "application/json")).await
    }

    /// Fetches a consent token.
    pub(crate) async fn proof(&self, code: &str) -> String {
        let answer = self.fetch(code).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json().as_str().unwrap().to_owned()
    }
}

impl Answer {
    /// Checks for a refusal in the status line, without a body.
    pub(crate) fn says(&self, status: u16, reason: &str) {
        let said = (
            self.status.as_u16(),
            self.reason.as_str(),
            self.body.as_str(),
        );
        assert_eq!(said, (status, reason, ""));
    }

    /// Returns the codes of a list of errors.
    pub(crate) fn codes(&self) -> Vec<String> {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{self:?}");
        let errors = self.json();
        let codes = errors.as_array().unwrap().iter().map(|error| {
            assert!(error["ErrorMessage"].is_string(), "{error}");
            error["ErrorCode"].as_str().unwrap().to_owned()
        });
        codes.collect()
    }
}

/// Returns the token's claims, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Returns a part of the token, unverified.
pub(crate) fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let text = token.split('.').nth(index).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
