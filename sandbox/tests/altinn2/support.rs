//! A running sandbox, clients with and without a certificate, tokens and requests for consent.

use http::{Method, StatusCode};
use hyper::ext::ReasonPhrase;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Identity, RequestBuilder};
use sandbox::altinn2::Switches;
use sandbox::clock::Clock;
use sandbox::world::World;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

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

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    /// Shows Fjordbanken's certificate.
    pub(crate) certified: reqwest::Client,
    _directory: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// What stands in the status line, if it is not the ordinary.
    pub(crate) reason: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            clock: Clock::default(),
            directory: directory.path().join("new"),
            app: None,
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let given = sandbox.client_certificate();
        let mut pem = std::fs::read(&given.chain_file).unwrap();
        pem.extend(std::fs::read(&given.key_file).unwrap());
        let identity = Identity::from_pem(&pem).unwrap();
        Self {
            http: client(&sandbox).build().unwrap(),
            certified: client(&sandbox).identity(identity).build().unwrap(),
            sandbox,
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

    pub(crate) fn switch(&self, switches: Switches) {
        self.world().altinn2.set_switches(switches);
    }

    pub(crate) fn key(&self, organisation: &str) -> String {
        self.world()
            .altinn2
            .api_key(organisation)
            .unwrap()
            .to_string()
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.addresses().altinn2)
    }

    /// A token of Maskinporten's with these claims beside the ordinary ones, meant for Altinn.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let now = self.now().unix_timestamp();
        let mut all = json!({
            "iss": format!("{}/", self.sandbox.addresses().maskinporten),
            "aud": format!("{}/", self.sandbox.addresses().altinn2),
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

    /// A call by the bank, with its key and a token with the scope.
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

    /// A request that will be created.
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
        Answer::of(call.header("Accept", HAL).json(body)).await
    }

    /// The code of a request that was created.
    pub(crate) async fn created(&self, body: &Value) -> String {
        let answer = self.create(body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()["AuthorizationCode"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The code of a consent that was given.
    pub(crate) async fn given(&self, body: &Value) -> String {
        let code = self.created(body).await;
        self.act(&code, "approve").await;
        code
    }

    /// What a person does, by the admin address.
    pub(crate) async fn act(&self, code: &str, action: &str) {
        let admin = &self.sandbox.addresses().admin;
        let url = format!("{admin}/altinn2/consents/{code}/{action}");
        let answer = Answer::of(self.http.post(url)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    }

    /// The request, by its consumer.
    pub(crate) async fn read(&self, code: &str) -> Answer {
        let path = format!("/api/consentRequests/{code}");
        Answer::of(self.call(Method::GET, &path, READ)).await
    }

    pub(crate) async fn status(&self, code: &str) -> String {
        let answer = self.read(code).await;
        answer.json()["RequestStatus"].as_str().unwrap().to_owned()
    }

    /// The token endpoint's answer to the bank, with nothing but its key.
    pub(crate) async fn fetch(&self, code: &str) -> Answer {
        self.fetch_as(BANK, code).await
    }

    pub(crate) async fn fetch_as(&self, organisation: &str, code: &str) -> Answer {
        let url = self.address(&format!("/api/authorization/token/{code}"));
        let call = self.http.get(url).header("ApiKey", self.key(organisation));
        Answer::of(call.header("Accept", "application/json")).await
    }

    /// A consent token, fetched.
    pub(crate) async fn proof(&self, code: &str) -> String {
        let answer = self.fetch(code).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json().as_str().unwrap().to_owned()
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let reason = response.extensions().get::<ReasonPhrase>();
        Self {
            status: response.status(),
            reason: reason.map_or_else(String::new, |reason| {
                String::from_utf8(reason.as_bytes().to_vec()).unwrap()
            }),
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

    /// Refused by the status line, without a body.
    pub(crate) fn says(&self, status: u16, reason: &str) {
        let said = (
            self.status.as_u16(),
            self.reason.as_str(),
            self.body.as_str(),
        );
        assert_eq!(said, (status, reason, ""));
    }

    /// The codes of a list of errors.
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

pub(crate) fn client(sandbox: &Sandbox) -> ClientBuilder {
    let ca = std::fs::read(sandbox.ca_file()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
        .redirect(Policy::none())
}

pub(crate) fn organisation(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
}

/// The token's claims, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// A part of the token, unverified.
pub(crate) fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let text = token.split('.').nth(index).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
