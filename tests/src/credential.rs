//! Requests to `token` of components and back ends, with credentials made by a library that the
//! components do not use.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use crate::{Answer, TestBed};

/// PKCS#8 header before the 32 bytes of an Ed25519 seed (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

const PATH: &str = "/token";

impl TestBed {
    /// Builds the request of the component `subject` to `token`, signed here with its key.
    pub fn component_request(
        &self,
        http: &Client,
        subject: &str,
        fields: &[(&str, &str)],
    ) -> RequestBuilder {
        let variables = self.sandbox.variables(&self.public_url);
        let seed = &variables[&format!("{subject}_signing_key")];
        let consumer = &variables["consumer_organisation"];
        self.token_request(http, subject, seed, consumer, fields)
    }

    /// Builds the back end's request to `token` for a token of `consumer`.
    pub fn back_end_request(
        &self,
        http: &Client,
        consumer: &str,
        fields: &[(&str, &str)],
    ) -> RequestBuilder {
        let back_end = self.sandbox.back_end();
        self.token_request(http, back_end.subject, back_end.seed, consumer, fields)
    }

    /// Returns the back end's credential for `token` with this body, for a token of `consumer`.
    pub fn back_end_credential(&self, consumer: &str, body: &str) -> String {
        let back_end = self.sandbox.back_end();
        let now = self.app_now();
        let request = BoundRequest::to_token(consumer, body);
        sign(back_end.subject, back_end.seed, &request, now)
    }

    /// Requests a token of `consumer` as the back end.
    pub async fn back_end_asks(&self, consumer: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.back_end_request(&Client::new(), consumer, fields);
        Answer::read(request.send().await.expect("an answer")).await
    }

    fn token_request(
        &self,
        http: &Client,
        subject: &str,
        seed: &str,
        consumer: &str,
        fields: &[(&str, &str)],
    ) -> RequestBuilder {
        let now = self.app_now();
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        http.post(format!("{}{PATH}", self.inside))
            .bearer_auth(sign(
                subject,
                seed,
                &BoundRequest::to_token(consumer, &body),
                now,
            ))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }
}

/// Request to which a credential is bound.
pub(crate) struct BoundRequest<'a> {
    pub(crate) audience: &'a str,
    pub(crate) consumer: &'a str,
    pub(crate) method: &'a str,
    /// Path with the query.
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
}

impl<'a> BoundRequest<'a> {
    const fn to_token(consumer: &'a str, body: &'a str) -> Self {
        Self {
            audience: "token",
            consumer,
            method: "POST",
            path: PATH,
            body,
        }
    }
}

/// Signs a credential of `subject`, whose key has this seed, for one request.
pub(crate) fn sign(
    subject: &str,
    seed: &str,
    request: &BoundRequest<'_>,
    now: OffsetDateTime,
) -> String {
    let seed = URL_SAFE_NO_PAD.decode(seed).expect("base64url");
    let key = EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], &seed].concat());
    let now = now.unix_timestamp();
    let claims = json!({
        "iss": subject,
        "sub": subject,
        "aud": request.audience,
        "consumer": request.consumer,
        "method": request.method,
        "path": request.path,
        "body_sha256": URL_SAFE_NO_PAD.encode(Sha256::digest(request.body)),
        "iat": now,
        "exp": now + 30,
        "jti": Uuid::new_v4(),
    });
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).expect("a signature")
}
