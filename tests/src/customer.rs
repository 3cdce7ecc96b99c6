//! Customer of the bank with a login, as the client of our API.

use reqwest::Method;
use sandbox::bank::Overrides;
use serde_json::{Value, json};

use crate::{Answer, TestBed};

/// Person with a login token.
pub struct Customer<'a> {
    bed: &'a TestBed,
    person: &'static sandbox::bank::Customer,
    token: String,
    /// National identity number of the customer.
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

    /// Builds a request with the customer's token.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = format!("{}{path}", self.bed.public_url);
        self.http.request(method, address).bearer_auth(&self.token)
    }

    /// Builds the head of a request with the customer's token that announces a body of `length`
    /// bytes, to be sent byte by byte.
    pub fn head(&self, path: &str, content_type: &str, length: usize) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n",
            self.token
        )
    }

    /// Returns `sub` of the login token.
    pub fn subject(&self) -> &'static str {
        self.person.subject
    }

    /// Returns the login token, for a test that outlives this customer.
    pub fn login(&self) -> &str {
        &self.token
    }

    /// Returns the page of the demo bank, where the customer's browser starts.
    pub(crate) fn bank_page(&self) -> &str {
        &self.bed.sandbox.addresses().bank_page
    }

    /// Sends `GET path` for `party`.
    pub async fn get(&self, path: &str, party: &str) -> Answer {
        self.send(Method::GET, path, Some(party), None).await
    }

    /// Reads the open claims of `party`.
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

    /// Sends `POST /consent` for `party`, to return to the demo bank.
    pub async fn ask_consent(&self, party: &str) -> Answer {
        let back = format!("{}/", self.bed.sandbox.addresses().bank_page);
        let body = self.bed.altinn().question(party, &back);
        self.send(Method::POST, "/consent", None, Some(body)).await
    }

    /// Returns the request `POST /consent` for `party`, for a test that sends it in another way.
    pub fn consent_to_send(&self, party: &str) -> reqwest::RequestBuilder {
        let back = format!("{}/", self.bed.sandbox.addresses().bank_page);
        let body = self.bed.altinn().question(party, &back);
        self.request(Method::POST, "/consent").json(&body)
    }

    /// Requests a consent that does not exist yet, and returns the address at Altinn.
    pub async fn consent_address(&self, party: &str) -> String {
        let answer = self.ask_consent(party).await.json(201);
        answer["redirect_url"]
            .as_str()
            .expect("an address")
            .to_owned()
    }

    /// Sends `POST /consent` for the customer's own consent to `service`, with `metadata`.
    pub async fn ask_consent_to(&self, service: &str, metadata: Value) -> Answer {
        let back = format!("{}/", self.bed.sandbox.addresses().bank_page);
        let mut body = self.bed.altinn().question(&self.pid, &back);
        body["service"] = json!(service);
        body["metadata"] = metadata;
        self.send(Method::POST, "/consent", None, Some(body)).await
    }

    /// Gives that consent in the browser, from start to redirect.
    pub async fn gives_consent_to(&self, service: &str, metadata: Value) {
        let asked = self.ask_consent_to(service, metadata).await.json(201);
        let address = asked["redirect_url"].as_str().expect("an address");
        let back = self.bed.browser().approves(address, &self.pid).await;
        assert!(back.contains("consent=granted"), "{back}");
    }

    /// Fetches the status of the consent of `party`.
    pub async fn consent_status(&self, party: &str) -> String {
        let answer = self.get("/consent", party).await.json(200);
        answer["status"].as_str().expect("a status").to_owned()
    }

    /// Withdraws the consent of `party` through the bank, and returns its status afterwards.
    pub async fn withdraws_consent(&self, party: &str) -> String {
        let answer = self
            .send(Method::DELETE, "/consent", Some(party), None)
            .await;
        let standing = answer.json(200);
        standing["status"].as_str().expect("a status").to_owned()
    }

    /// Gives consent for `party` in the browser, from start to redirect.
    pub async fn gives_consent(&self, party: &str) {
        let address = self.consent_address(party).await;
        let back = self.bed.browser().approves(&address, &self.pid).await;
        assert!(back.contains("consent=granted"), "{back}");
    }

    /// Returns the customer with this handle, freshly logged in at their bank.
    pub(crate) fn named(bed: &'a TestBed, handle: &str) -> Self {
        let person = sandbox::bank::Customer::named(handle).expect("a customer of the bank");
        let customer = Self {
            bed,
            person,
            token: String::new(),
            pid: person.pid.to_owned(),
            http: reqwest::Client::new(),
        };
        customer.with_login(&Overrides::default())
    }

    /// Replaces the login token with one that deviates from the ordinary.
    #[must_use]
    pub fn with_login(mut self, overrides: &Overrides) -> Self {
        let services = self.bed.services();
        let token = services
            .bank
            .login_token(services.clock.now(), self.person, overrides);
        self.token = token.expect("a token");
        self
    }

    /// Replaces the person with the bank's back end, logged in as itself with a token that differs
    /// from the ordinary.
    #[must_use]
    pub fn replaced_by_back_end(mut self, overrides: &Overrides) -> Self {
        let services = self.bed.services();
        let token = services
            .bank
            .back_end_token(services.clock.now(), overrides);
        self.token = token.expect("a token");
        self
    }

    /// Logs the person in at the bank with this organisation number instead.
    #[must_use]
    pub fn logged_in_at(self, bank: &str) -> Self {
        self.with_login(&Overrides::default().claim("consumer", bank))
    }
}

impl TestBed {
    /// Sends `GET path` for `party`, with this login token.
    pub async fn get_with_login(&self, login: &str, path: &str, party: &str) -> Answer {
        let request = reqwest::Client::new()
            .get(format!("{}{path}", self.public_url))
            .bearer_auth(login)
            .header("Innsyn-Party", party);
        Answer::read(request.send().await.expect("an answer")).await
    }
}
