//! A running sandbox, a client that trusts it, and grants.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::KeyPair;
use sandbox::maskinporten::{Maskinporten, Scope};
use sandbox::population::{Consumer, Credential, DEMO_DELEGATED_SCOPE};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::RunningSandbox;

pub(crate) use crate::kit::client;

pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(crate) const SCOPE: &str = "fjellapi:orders.read";

/// Running sandbox, with grants to Maskinporten.
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
        let bed = Self {
            running: RunningSandbox::start().await,
        };
        bed.add_scope(SCOPE, Scope::default());
        bed
    }

    pub(crate) fn maskinporten(&self) -> &Maskinporten {
        &self.sandbox.services().maskinporten
    }

    /// A scope that both consumers have and are granted.
    pub(crate) fn add_scope(&self, name: &str, scope: Scope) {
        self.maskinporten().change(|register| {
            register.add_scope(name, scope);
            for consumer in self.sandbox.services().consumers.iter() {
                register
                    .client_mut(consumer.client_id)
                    .unwrap()
                    .scopes
                    .insert(name.to_owned());
                register.grant(name, consumer.organisation);
            }
        });
    }

    /// A good grant from the consumer with a registered key.
    pub(crate) fn grant(&self) -> Grant {
        self.grant_of(&self.sandbox.services().consumers[0])
    }

    /// A good grant from the consumer with an enterprise certificate.
    pub(crate) fn certified_grant(&self) -> Grant {
        self.grant_of(&self.sandbox.services().consumers[1])
    }

    /// A good grant from a supplier for the demo's customer.
    pub(crate) fn delegated_grant(&self) -> Grant {
        self.grant()
            .with("scope", DEMO_DELEGATED_SCOPE)
            .with("consumer_org", "313367002")
    }

    fn grant_of(&self, consumer: &Consumer) -> Grant {
        let now = self.clock.now().unix_timestamp();
        let header = match &consumer.credential {
            Credential::Registered { kid } => json!({ "alg": "RS256", "kid": kid }),
            Credential::Certified { chain } => json!({ "alg": "RS256", "x5c": chain }),
        };
        Grant {
            header,
            claims: json!({
                "aud": self.maskinporten().issuer(),
                "iss": consumer.client_id,
                "scope": SCOPE,
                "iat": now,
                "exp": now + 100,
                "jti": Uuid::new_v4().to_string(),
            }),
            key: EncodingKey::from_rsa_pem(consumer.pem().unwrap().as_bytes()).unwrap(),
            algorithm: Algorithm::RS256,
        }
    }

    pub(crate) async fn ask(&self, grant: &Grant) -> Answer {
        self.ask_with(&grant.assertion()).await
    }

    pub(crate) async fn ask_with(&self, assertion: &str) -> Answer {
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion)];
        Answer::receive(self.http.post(self.token_endpoint()).form(&form)).await
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}token", self.maskinporten().issuer())
    }

    pub(crate) async fn admin(&self, method: reqwest::Method, path: &str, body: &Value) -> u16 {
        let address = format!("{}{path}", self.sandbox.addresses().admin);
        self.http
            .request(method, address)
            .json(body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    /// Sends `body` to the admin address: the answer's status, and its body unless that is empty.
    pub(crate) async fn administer(&self, call: &str, body: &Value) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        let address = format!("{}{path}", self.sandbox.addresses().admin);
        let request = self.http.request(method.parse().unwrap(), address);
        let response = request.json(body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Calls the admin API, and checks that it succeeds.
    pub(crate) async fn done(&self, call: &str, body: &Value) -> Value {
        let (status, answer) = self.administer(call, body).await;
        assert!((200..300).contains(&status), "{call}: {status} {answer}");
        answer
    }

    pub(crate) async fn read(&self, address: &str) -> Value {
        self.http
            .get(address)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

/// A grant, to be changed before it is signed.
pub(crate) struct Grant {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) key: EncodingKey,
    pub(crate) algorithm: Algorithm,
}

impl Grant {
    pub(crate) fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims[claim] = value.into();
        self
    }

    pub(crate) fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim);
        self
    }

    pub(crate) fn header(mut self, header: Value) -> Self {
        self.header = header;
        self
    }

    pub(crate) fn key(mut self, pair: &KeyPair) -> Self {
        self.key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
        self
    }

    pub(crate) fn assertion(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// Answer of Maskinporten.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn receive(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap();
        Self { status, text, body }
    }

    pub(crate) fn token(&self) -> &str {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["access_token"].as_str().unwrap()
    }

    /// A part of the token, as text: 0 is the header, 1 the claims.
    pub(crate) fn part(&self, index: usize) -> String {
        let part = self.token().split('.').nth(index).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    pub(crate) fn claims(&self) -> Value {
        serde_json::from_str(&self.part(1)).unwrap()
    }

    /// Returns the code at the end of `error_uri`; empty without one.
    pub(crate) fn code(&self) -> &str {
        let uri = self.body["error_uri"].as_str().unwrap_or_default();
        uri.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub(crate) fn description(&self) -> &str {
        self.body["error_description"].as_str().unwrap_or_default()
    }
}

/// Expected refusal: status, `error`, code, and a part of its text.
pub(crate) type Expected = (u16, &'static str, &'static str, &'static str);

pub(crate) async fn assert_refused(bed: &TestBed, name: &str, grant: &Grant, expected: Expected) {
    assert_is(name, &bed.ask(grant).await, expected);
}

pub(crate) fn assert_is(name: &str, answer: &Answer, expected: Expected) {
    let (status, error, code, text) = expected;
    assert_eq!(
        (answer.status, answer.error(), answer.code()),
        (status, error, code),
        "{name}"
    );
    assert!(answer.description().contains(text), "{name}: {answer:?}");
    let (_, trace) = answer.description().rsplit_once(" (trace_id: ").unwrap();
    assert_eq!(trace.trim_end_matches(')').len(), 32, "{name}");
}
