//! Tests of the token component against a simulated Maskinporten, and of its client against a
//! simulated token component.

mod ahead;
mod api;
mod callers;
mod client;
mod expiry;
mod fields;
mod keys;
mod refusals;
pub(super) mod settings;
mod supplier;
mod tenants;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::*;
use crate::fixtures::token_config;
use innsyn_core::credential::{self, BoundRequest, Signer, SigningKey};
use innsyn_core::fixtures::{CLIENT_KEY, CONSUMER, LOGIN_KEY, component_key, consumer, context};
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Body, Platform as _, Request, Response, SendError};
use innsyn_runtime::fixtures::answer;
use innsyn_runtime::inbound::Component;

const FORM: &str = "application/x-www-form-urlencoded";
const PERSON: &str = "02829090123";

/// Platform with a login service and a Maskinporten.
struct TestBed {
    platform: Memory,
    minted: Rc<Cell<usize>>,
    answers: Rc<RefCell<VecDeque<Result<Response, SendError>>>>,
    metadata: Rc<RefCell<Result<Value, SendError>>>,
    vault: Rc<RefCell<VecDeque<Result<Response, SendError>>>>,
}

fn json_answer(status: u16, body: &Value) -> Response {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    answer
}

impl TestBed {
    fn new() -> Self {
        let platform = Memory::new();
        platform.add_store("tokens");
        let bed = Self {
            platform,
            minted: Rc::default(),
            answers: Rc::default(),
            metadata: Rc::new(RefCell::new(Ok(json!({
                "issuer": "https://maskinporten.example/",
                "token_endpoint": "https://maskinporten.example/token",
            })))),
            vault: Rc::default(),
        };
        let vault = Rc::clone(&bed.vault);
        let (minted, answers, metadata) = (
            Rc::clone(&bed.minted),
            Rc::clone(&bed.answers),
            Rc::clone(&bed.metadata),
        );
        bed.platform.respond(move |request| match request.uri().to_string().as_str() {
            "https://login.example/jwks" => Ok(json_answer(200, &json!({"keys": [LOGIN_KEY.jwk("one")]}))),
            "https://maskinporten.example/.well-known/oauth-authorization-server" => {
                metadata.borrow().clone().map(|metadata| json_answer(200, &metadata))
            }
            "https://maskinporten.example/token" => {
                let planned = answers.borrow_mut().pop_front();
                planned.unwrap_or_else(|| {
                    minted.set(minted.get() + 1);
                    let token = format!("token-{}", minted.get());
                    Ok(json_answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 119})))
                })
            }
            address if address.starts_with("https://vault.example/") => {
                let planned = vault.borrow_mut().pop_front();
                planned.unwrap_or_else(|| Ok(vault_answer(request)))
            }
            other => panic!("{other} was called"),
        });
        bed
    }

    /// Sets Maskinporten's next response.
    fn plan(&self, answer: Result<Response, SendError>) {
        self.answers.borrow_mut().push_back(answer);
    }

    fn refuse(&self, status: u16, error: &str, code: &str) {
        let body = json!({
            "error": error,
            "error_description": format!("No, {PERSON}. (trace_id: 6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b)"),
            "error_uri": format!("https://maskinporten.example/errors/{code}"),
        });
        self.plan(Ok(json_answer(status, &body)));
    }

    fn credential(&self, key: &SigningKey, consumer: &str) -> CredentialSigner<'_> {
        self.credential_of("claims", key, consumer)
    }

    fn credential_of(
        &self,
        subject: &str,
        key: &SigningKey,
        consumer: &str,
    ) -> CredentialSigner<'_> {
        CredentialSigner {
            platform: &self.platform,
            signer: Signer::new(subject, key.clone()),
            consumer: consumer.to_owned(),
        }
    }

    /// Returns the response of `api` to this form from the component `claims`.
    async fn ask(&self, api: &TokenApi, form: &str) -> (StatusCode, Value) {
        self.ask_as(
            api,
            &self.credential(&component_key(), CONSUMER),
            FORM,
            form,
        )
        .await
    }

    async fn ask_as(
        &self,
        api: &TokenApi,
        authorization: &impl Authorization,
        media_type: &'static str,
        body: &str,
    ) -> (StatusCode, Value) {
        let authorization = authorization.header(PATH, body);
        let body = Full::new(Bytes::from(body.to_owned()));
        let request = request(PATH, &authorization, media_type, body);
        let answer = respond(&self.platform, api, request).await;
        let body = serde_json::from_slice(answer.body()).expect("JSON");
        (answer.status(), body)
    }

    /// Returns the assertions that were sent.
    fn assertions(&self) -> Vec<String> {
        let requests = self.platform.requests().into_iter();
        let grants = requests.filter(|request| {
            request.uri().path() == "/token" && request.uri().host() == Some("maskinporten.example")
        });
        grants
            .map(|request| {
                let mut form = url::form_urlencoded::parse(request.body());
                let assertion = form.find(|(name, _)| name == "assertion");
                assertion.expect("an assertion").1.into_owned()
            })
            .collect()
    }

    /// Returns the claims of the grants that were sent.
    fn grants(&self) -> Vec<Value> {
        let assertions = self.assertions();
        assertions
            .iter()
            .map(|assertion| part(assertion, 1))
            .collect()
    }

    /// Returns the ids of the keys that signed them.
    fn kids(&self) -> Vec<String> {
        let kid = |assertion: &String| {
            part(assertion, 0)["kid"]
                .as_str()
                .unwrap_or("x5c")
                .to_owned()
        };
        self.assertions().iter().map(kid).collect()
    }

    /// Checks that the log holds no token and no national identity number.
    fn assert_discreet(&self) {
        for line in self.platform.lines() {
            for secret in ["token-", PERSON, "eyJ", "hvs.", "half of the secret"] {
                assert!(!line.contains(secret), "{secret} in {line}");
            }
        }
    }
}

/// Returns the value of a caller's `Authorization`.
trait Authorization {
    fn header(&self, path: &str, body: &str) -> String;
}

/// Presents the same text with any request.
impl Authorization for String {
    fn header(&self, _path: &str, _body: &str) -> String {
        self.clone()
    }
}

/// Caller that signs a credential for each request.
struct CredentialSigner<'a> {
    platform: &'a Memory,
    signer: Signer,
    consumer: String,
}

impl Authorization for CredentialSigner<'_> {
    fn header(&self, path: &str, body: &str) -> String {
        let request = BoundRequest::new(COMPONENT, "POST", path, body.as_bytes());
        let request = request.for_consumer(&self.consumer);
        let signed = credential::sign(self.platform, &self.signer, &request);
        format!("Bearer {}", signed.expect("signed").expose())
    }
}

/// Returns a part of a JWT: 0 is the header, 1 the claims.
fn part(jwt: &str, index: usize) -> Value {
    let part = jwt.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// Answers as a vault that holds [`CLIENT_KEY`] and knows one role.
fn vault_answer(request: &Request) -> Response {
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    match request.uri().path() {
        "/v1/auth/approle/login" => json_answer(
            200,
            &json!({"auth": {"client_token": "hvs.one", "lease_duration": 60}}),
        ),
        "/v1/transit/sign/innsyn/sha2-256" if request.headers()["x-vault-token"] == "hvs.one" => {
            assert_eq!(body["signature_algorithm"], "pkcs1v15");
            let input = STANDARD
                .decode(body["input"].as_str().expect("input"))
                .expect("base64");
            let key = jsonwebtoken::EncodingKey::from_rsa_pem(CLIENT_KEY.pem.as_bytes());
            let signature = jsonwebtoken::crypto::sign(
                &input,
                &key.expect("a key"),
                jsonwebtoken::Algorithm::RS256,
            );
            let signature = URL_SAFE_NO_PAD
                .decode(signature.expect("signed"))
                .expect("base64url");
            let version = &body["key_version"];
            let signature = format!("vault:v{version}:{}", STANDARD.encode(signature));
            json_answer(
                200,
                &json!({"data": {"signature": signature, "key_version": version}}),
            )
        }
        path => json_answer(
            403,
            &json!({"errors": [format!("permission denied: {path}")]}),
        ),
    }
}

/// Returns a `POST` to `path`.
fn request<B>(path: &str, authorization: &str, media_type: &str, body: B) -> http::Request<B> {
    http::Request::post(path)
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, media_type)
        .body(body)
        .expect("a request")
}

/// Returns the response of `api` to a request, also if it is a refusal.
async fn respond<B>(platform: &Memory, api: &TokenApi, request: http::Request<B>) -> Response
where
    B: http_body::Body<Data = Bytes> + 'static,
{
    let refusal = |problem| <TokenApi as Component<Memory>>::refusal(&problem, "").map(Body::Whole);
    let answer = answer(api, &context(platform), request).await;
    let (parts, body) = answer.unwrap_or_else(refusal).into_parts();
    let body = body.collect(usize::MAX).await.expect("a whole body");
    Response::from_parts(parts, body)
}

/// Returns the id of a consent.
fn consent_id(name: &str) -> String {
    let last = name.bytes().map(usize::from).sum::<usize>();
    format!("3d2f6a60-9d6c-4cf5-93a3-{last:012}")
}

/// Returns the details of a consent, as in a form.
fn consent_form(name: &str) -> String {
    let details = json!([{"type": "urn:altinn:consent", "id": consent_id(name), "from": format!("urn:altinn:person:identifier-no:{PERSON}")}]);
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("scope", "skatteetaten:kravogbetalinger")
        .append_pair("authorization_details", &details.to_string());
    form.finish()
}

fn api() -> TokenApi {
    TokenApi::from(token_config())
}

fn token(answer: &(StatusCode, Value)) -> &str {
    assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
    answer.1["access_token"].as_str().expect("a token")
}

fn error(answer: &(StatusCode, Value)) -> (u16, &str, &str) {
    let text = |name: &str| answer.1[name].as_str().unwrap_or_default();
    (answer.0.as_u16(), text("error"), text("problem"))
}
