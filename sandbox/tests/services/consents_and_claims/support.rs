//! A running sandbox, clients, tokens and requests for consent.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::kit::RunningSandbox;

pub(crate) use crate::kit::{Answer, organisation};

pub(crate) const BANK: &str = "310000205";
pub(crate) const OTHER_BANK: &str = "310000302";
pub(crate) const SUPPLIER: &str = "310000108";
pub(crate) const COMPANY: &str = "313367002";
pub(crate) const REQUESTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests";
pub(crate) const WRITE: &str = "altinn:consentrequests.write";
pub(crate) const READ: &str = "altinn:consentrequests.read";
pub(crate) const CLAIMS: &str = "skatteetaten:kravogbetalinger";

/// Running sandbox, with calls to Altinn.
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

    /// Returns a Maskinporten token with these claims beside the ordinary ones.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.access_token(claims)
    }

    pub(crate) fn scoped(&self, consumer: &str, scope: &str) -> String {
        self.token(&json!({ "consumer": organisation(consumer), "scope": scope }))
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// Sends `POST` of a request for consent, by the bank.
    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.create_as(&self.scoped(BANK, WRITE), body).await
    }

    pub(crate) async fn create_as(&self, token: &str, body: &Value) -> Answer {
        let url = format!("{}{REQUESTS}", self.sandbox.addresses().altinn);
        self.send(Method::POST, &url, token, Some(body)).await
    }

    /// Reads a request as its consumer.
    pub(crate) async fn read(&self, id: Uuid) -> Answer {
        self.read_as(&self.scoped(BANK, READ), &id.to_string())
            .await
    }

    pub(crate) async fn read_as(&self, token: &str, id: &str) -> Answer {
        let url = format!("{}{REQUESTS}/{id}", self.sandbox.addresses().altinn);
        self.send(Method::GET, &url, token, None).await
    }

    /// Builds a valid request.
    pub(crate) fn request(&self, id: Uuid) -> Value {
        json!({
            "id": id,
            "from": organisation_urn(COMPANY),
            "to": organisation_urn(BANK),
            "validTo": rfc3339(self.now() + Duration::days(90)),
            "consentRights": [right("ske-samtykke-krav-og-betalinger", &json!(null))],
            "redirectUrl": "https://bank.example/cb?s=1",
        })
    }

    /// Creates a request.
    pub(crate) async fn created(&self, redirect_url: &str) -> Uuid {
        let id = Uuid::new_v4();
        let mut request = self.request(id);
        request["redirectUrl"] = json!(redirect_url);
        let answer = self.create(&request).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        id
    }
}

pub(crate) fn right(resource: &str, metadata: &Value) -> Value {
    json!({
        "action": ["consent"],
        "resource": [{ "type": "urn:altinn:resource", "value": resource }],
        "metadata": metadata,
    })
}

pub(crate) fn organisation_urn(number: &str) -> String {
    format!("urn:altinn:organization:identifier-no:{number}")
}

pub(crate) fn person_urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

pub(crate) fn rfc3339(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap()
}
