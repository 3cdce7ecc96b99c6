//! A person who is logged in at the bank, as their app sees us.

use reqwest::Method;
use sandbox::bank::Overrides;
use serde_json::{Value, json};

use crate::{Answer, Bench};

/// Somebody with a login token.
pub struct Customer<'a> {
    bench: &'a Bench,
    person: &'static sandbox::bank::Customer,
    token: String,
    /// The customer's own number.
    pub pid: String,
    http: reqwest::Client,
}

impl<'a> Customer<'a> {
    /// Sends a request with the customer's token, for `party` or for the customer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        party: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if let Some(party) = party {
            request = request.header("Innsyn-Party", party);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// A request with the customer's token.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = format!("{}{path}", self.bench.public_url);
        self.http.request(method, address).bearer_auth(&self.token)
    }

    /// The head of a request with the customer's token that announces a body of `length` bytes, to be sent byte by byte.
    pub fn head(&self, path: &str, content_type: &str, length: usize) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n",
            self.token
        )
    }

    /// The demo bank, where the customer's browser is.
    pub(crate) fn bank_page(&self) -> &str {
        &self.bench.sandbox.addresses().bank_page
    }

    /// `GET path` for `party`.
    pub async fn get(&self, path: &str, party: &str) -> Answer {
        self.send(Method::GET, path, Some(party), None).await
    }

    /// The open claims of `party`.
    pub async fn open_claims(&self, party: &str) -> Answer {
        self.get("/claims/aapnekrav", party).await
    }

    /// Requests the open claims of `party` within the customer's own trace.
    pub async fn open_claims_within(&self, traceparent: &str, party: &str) -> Answer {
        let request = self.request(Method::GET, "/claims/aapnekrav");
        let request = request
            .header("Innsyn-Party", party)
            .header("traceparent", traceparent);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// `POST /consent` for `party`, to return to the demo bank.
    pub async fn ask_consent(&self, party: &str) -> Answer {
        let back = format!("{}/", self.bench.sandbox.addresses().bank_page);
        let body = self.bench.altinn().question(party, &back);
        self.send(Method::POST, "/consent", None, Some(body)).await
    }

    /// Returns the request `POST /consent` for `party`, for a test that sends it in another way.
    pub fn consent_to_send(&self, party: &str) -> reqwest::RequestBuilder {
        let back = format!("{}/", self.bench.sandbox.addresses().bank_page);
        let body = self.bench.altinn().question(party, &back);
        self.request(Method::POST, "/consent").json(&body)
    }

    /// Asks for consent where there is none: the address at Altinn.
    pub async fn consent_address(&self, party: &str) -> String {
        let answer = self.ask_consent(party).await.json(201);
        answer["redirect_url"]
            .as_str()
            .expect("an address")
            .to_owned()
    }

    /// `POST /consent` for the customer's own consent to `service`, which says `metadata`.
    pub async fn ask_consent_to(&self, service: &str, metadata: Value) -> Answer {
        let back = format!("{}/", self.bench.sandbox.addresses().bank_page);
        let mut body = self.bench.altinn().question(&self.pid, &back);
        body["service"] = json!(service);
        body["metadata"] = metadata;
        self.send(Method::POST, "/consent", None, Some(body)).await
    }

    /// Gives that consent in the browser, from start to the way back.
    pub async fn gives_consent_to(&self, service: &str, metadata: Value) {
        let asked = self.ask_consent_to(service, metadata).await.json(201);
        let address = asked["redirect_url"].as_str().expect("an address");
        let back = self.bench.browser().approves(address, &self.pid).await;
        assert!(back.contains("consent=granted"), "{back}");
    }

    /// How it stands with the consent of `party`.
    pub async fn consent_status(&self, party: &str) -> String {
        let answer = self.get("/consent", party).await.json(200);
        answer["status"].as_str().expect("a status").to_owned()
    }

    /// Has the bank end the consent of `party`: how it stands then.
    pub async fn withdraws_consent(&self, party: &str) -> String {
        let answer = self
            .send(Method::DELETE, "/consent", Some(party), None)
            .await;
        let standing = answer.json(200);
        standing["status"].as_str().expect("a status").to_owned()
    }

    /// Gives consent for `party` in the browser, from start to the way back.
    pub async fn gives_consent(&self, party: &str) {
        let address = self.consent_address(party).await;
        let back = self.bench.browser().approves(&address, &self.pid).await;
        assert!(back.contains("consent=granted"), "{back}");
    }

    /// The customer with this handle, freshly logged in at their bank.
    pub(crate) fn named(bench: &'a Bench, handle: &str) -> Self {
        let person = sandbox::bank::Customer::named(handle).expect("a customer of the bank");
        let customer = Self {
            bench,
            person,
            token: String::new(),
            pid: person.pid.to_owned(),
            http: reqwest::Client::new(),
        };
        customer.with_login(&Overrides::default())
    }

    /// The same person with a login token that differs from the ordinary.
    #[must_use]
    pub fn with_login(mut self, overrides: &Overrides) -> Self {
        let world = self.bench.world();
        let token = world
            .bank
            .login_token(world.clock.now(), self.person, overrides);
        self.token = token.expect("a token");
        self
    }

    /// The same person, logged in at the bank with this organisation number.
    #[must_use]
    pub fn logged_in_at(self, bank: &str) -> Self {
        self.with_login(&Overrides::default().claim("consumer", bank))
    }
}
