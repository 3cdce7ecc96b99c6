//! The token component against a Maskinporten that plays along, and its client against a token component that does.

mod client;
mod desk;
mod refusals;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::*;
use crate::credential::{self, SigningKey};
use crate::fixtures::{CONSUMER, LOGIN_KEY, component_key, consumer, context, token_config};
use crate::inbound::{Arrived, Query};
use crate::platform::memory::Memory;
use crate::platform::{Platform as _, Response, SendError};

const FORM: &str = "application/x-www-form-urlencoded";
const PERSON: &str = "02829090123";

/// A platform with a login service and a Maskinporten.
struct World {
    platform: Memory,
    minted: Rc<Cell<usize>>,
    answers: Rc<RefCell<VecDeque<Result<Response, SendError>>>>,
    metadata: Rc<RefCell<Result<Value, SendError>>>,
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

impl World {
    fn new() -> Self {
        let platform = Memory::new();
        platform.add_store("tokens");
        let world = Self {
            platform,
            minted: Rc::default(),
            answers: Rc::default(),
            metadata: Rc::new(RefCell::new(Ok(json!({
                "issuer": "https://maskinporten.example/",
                "token_endpoint": "https://maskinporten.example/token",
            })))),
        };
        let (minted, answers, metadata) = (
            Rc::clone(&world.minted),
            Rc::clone(&world.answers),
            Rc::clone(&world.metadata),
        );
        world.platform.respond(move |request| match request.uri().to_string().as_str() {
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
            other => panic!("{other} was called"),
        });
        world
    }

    /// Maskinporten's next answer.
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

    fn credential(&self, key: &SigningKey, consumer_number: &str) -> String {
        let credential = credential::sign(
            &self.platform,
            key,
            "claims",
            COMPONENT,
            &consumer(consumer_number),
        );
        format!("Bearer {}", credential.expect("signed").expose())
    }

    /// What `desk` answers to this form from the component `claims`.
    async fn ask(&self, desk: &Desk, form: &str) -> (StatusCode, Value) {
        self.ask_as(
            desk,
            &self.credential(&component_key(), CONSUMER),
            FORM,
            form,
        )
        .await
    }

    async fn ask_as(
        &self,
        desk: &Desk,
        authorization: &str,
        media_type: &'static str,
        body: &str,
    ) -> (StatusCode, Value) {
        let answer = desk
            .token(
                &context(&self.platform),
                &arrived(authorization, media_type, body),
            )
            .await;
        let body = serde_json::from_slice(answer.body()).expect("JSON");
        (answer.status(), body)
    }

    /// The claims of the grants that were sent.
    fn grants(&self) -> Vec<Value> {
        let requests = self.platform.requests().into_iter();
        let grants = requests.filter(|request| {
            request.uri().path() == "/token" && request.uri().host() == Some("maskinporten.example")
        });
        grants
            .map(|request| {
                let (_, assertion) = url::form_urlencoded::parse(request.body())
                    .find(|(name, _)| name == "assertion")
                    .expect("an assertion");
                let claims = assertion.split('.').nth(1).expect("claims");
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url"))
                    .expect("JSON")
            })
            .collect()
    }

    /// Nothing that was logged may hold a token or a number of a person.
    fn assert_discreet(&self) {
        for line in self.platform.lines() {
            for secret in ["token-", PERSON, "eyJ"] {
                assert!(!line.contains(secret), "{secret} in {line}");
            }
        }
    }
}

fn arrived(authorization: &str, media_type: &'static str, body: &str) -> Arrived<()> {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::AUTHORIZATION,
        HeaderValue::from_str(authorization).expect("a header"),
    );
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Arrived {
        handler: (),
        head: false,
        headers,
        query: Query::default(),
        body: Bytes::from(body.to_owned()),
    }
}

/// A consent's details, as a form has them.
fn consent_form(id: &str) -> String {
    let details = json!([{"type": "urn:altinn:consent", "id": id, "from": format!("urn:altinn:person:identifier-no:{PERSON}")}]);
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("scope", "skatteetaten:kravogbetalinger")
        .append_pair("authorization_details", &details.to_string());
    form.finish()
}
