//! A running sandbox, clients, tokens and requests for consent.

use http::{Method, StatusCode};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use sandbox::clock::Clock;
use sandbox::world::World;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(crate) const BANK: &str = "310000205";
pub(crate) const OTHER_BANK: &str = "310000302";
pub(crate) const SUPPLIER: &str = "310000108";
pub(crate) const COMPANY: &str = "313367002";
pub(crate) const REQUESTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests";
pub(crate) const WRITE: &str = "altinn:consentrequests.write";
pub(crate) const READ: &str = "altinn:consentrequests.read";
pub(crate) const CLAIMS: &str = "skatteetaten:kravogbetalinger";

/// A sandbox of its own for each test: clock, switches and requests are the test's.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    _directory: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            clock: Clock::default(),
            directory: directory.path().join("new"),
            app: Some("http://localhost:1".into()),
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let ca = std::fs::read(sandbox.ca_file()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox,
            http,
            _directory: directory,
        }
    }

    pub(crate) fn world(&self) -> &World {
        self.sandbox.world()
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.world().clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        let clock = &self.world().clock;
        clock.set_offset(clock.offset() + seconds);
    }

    /// A token of Maskinporten's with these claims beside the ordinary ones.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let now = self.now().unix_timestamp();
        let mut all = json!({
            "iss": format!("{}/", self.sandbox.addresses().maskinporten),
            "iat": now,
            "exp": now + 120,
            "consumer": organisation(BANK),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name.as_str()] = value.clone();
        }
        self.world().maskinporten.sign(&all).unwrap()
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

    /// `POST` of a request for consent, by the bank.
    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.create_as(&self.scoped(BANK, WRITE), body).await
    }

    pub(crate) async fn create_as(&self, token: &str, body: &Value) -> Answer {
        let url = format!("{}{REQUESTS}", self.sandbox.addresses().altinn);
        self.send(Method::POST, &url, token, Some(body)).await
    }

    /// The status of a request, by its consumer.
    pub(crate) async fn read(&self, id: Uuid) -> Answer {
        self.read_as(&self.scoped(BANK, READ), &id.to_string())
            .await
    }

    pub(crate) async fn read_as(&self, token: &str, id: &str) -> Answer {
        let url = format!("{}{REQUESTS}/{id}", self.sandbox.addresses().altinn);
        self.send(Method::GET, &url, token, None).await
    }

    /// A request that will be created.
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

    /// A request that was created.
    pub(crate) async fn created(&self, redirect_url: &str) -> Uuid {
        let id = Uuid::new_v4();
        let mut request = self.request(id);
        request["redirectUrl"] = json!(redirect_url);
        let answer = self.create(&request).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        id
    }
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn right(resource: &str, metadata: &Value) -> Value {
    json!({
        "action": ["consent"],
        "resource": [{ "type": "urn:altinn:resource", "value": resource }],
        "metadata": metadata,
    })
}

pub(crate) fn organisation(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
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
