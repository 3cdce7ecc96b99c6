//! Token request of a caller: parsed as texas parses it, serialised as the token component expects
//! it.

use axum::extract::Request;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::answer::Refused;
use super::provider::{self, IdentityProvider};

/// Cache key: SHA-256 of all that distinguishes two tokens, of a fixed size whatever the length of
/// the request.
pub(super) type Key = [u8; 32];

/// Token request. Unknown members are ignored, as by texas. It may name a person. Its serialised
/// form identifies the token in the cache.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct TokenRequest {
    #[serde(skip_serializing)]
    identity_provider: IdentityProvider,
    /// Scopes, sorted and without duplicates.
    #[serde(rename(deserialize = "target"))]
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(
        default,
        deserialize_with = "details",
        skip_serializing_if = "Option::is_none"
    )]
    authorization_details: Option<Details>,
    #[serde(skip_serializing)]
    skip_cache: Option<bool>,
    /// Organisation that has delegated the scopes. Texas has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<String>,
    /// Person that the token is restricted to. Texas has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<String>,
}

/// Members of a system user that Maskinporten itself adds. Texas's example of a request has them,
/// copied from a token.
const FILLED_IN: [&str; 2] = ["systemuser_id", "system_id"];

type Details = Vec<Map<String, Value>>;

impl TokenRequest {
    /// Parses JSON or a form.
    pub(super) async fn read(request: Request) -> Result<Self, Refused> {
        let mut token_request: Self = provider::read(request).await?;
        let provider = token_request.identity_provider;
        provider.expect_maskinporten().map_err(Refused::invalid)?;
        let mut scopes: Vec<&str> = token_request.scope.split_ascii_whitespace().collect();
        scopes.sort_unstable();
        scopes.dedup();
        token_request.scope = scopes.join(" ");
        Ok(token_request)
    }

    /// Returns whether the last token was refused, so that a new one is requested.
    pub(super) fn skips_cache(&self) -> bool {
        self.skip_cache == Some(true)
    }

    /// Returns this request for a new token.
    pub(super) fn renewed(&self) -> Self {
        Self {
            skip_cache: Some(true),
            ..self.clone()
        }
    }

    /// Serialises the request for the token component.
    ///
    /// # Errors
    /// Fails if the request cannot be serialised as JSON.
    pub(super) fn body(&self) -> Result<Vec<u8>, Refused> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            token_request: &'a TokenRequest,
            #[serde(skip_serializing_if = "Option::is_none")]
            skip_cache: Option<bool>,
        }
        written(&Body {
            token_request: self,
            skip_cache: self.skip_cache,
        })
    }

    /// Returns the cache key of its token. The service and the consumer are those of the process.
    ///
    /// # Errors
    /// Fails if the request cannot be serialised as JSON.
    pub(super) fn key(&self) -> Result<Key, Refused> {
        Ok(Sha256::digest(written(self)?).into())
    }
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(body).map_err(|_| Refused::failed("the request cannot be written as JSON"))
}

/// Deserialises an array of objects, or a text that holds one, as in a form.
fn details<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Details>, D::Error> {
    let read: Result<Details, _> = match Option::<Value>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Value::String(text)) => serde_json::from_str(&text),
        Some(value) => serde_json::from_value(value),
    };
    let mut details = read.map_err(|_| {
        D::Error::custom(
            "authorization_details must be a JSON array of objects, or a text that holds one",
        )
    })?;
    for detail in &mut details {
        for name in FILLED_IN {
            detail.remove(name);
        }
    }
    Ok(Some(details))
}

#[cfg(test)]
pub(super) mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    pub(in crate::sidecar) async fn token_request(
        media_type: &str,
        body: &str,
    ) -> Result<TokenRequest, Refused> {
        let request = Request::post("/")
            .header("content-type", media_type)
            .body(Body::from(body.to_owned()))
            .expect("a request");
        TokenRequest::read(request).await
    }

    async fn read(media_type: &str, body: &str) -> Result<Value, String> {
        match token_request(media_type, body).await {
            Ok(token_request) => {
                let body = token_request.body().expect("JSON");
                Ok(serde_json::from_slice(&body).expect("JSON"))
            }
            Err(refused) => {
                assert_eq!(refused.error, "invalid_request");
                Err(refused.description)
            }
        }
    }

    #[tokio::test]
    async fn json_and_forms_mean_the_same() {
        let details = r#"[{"type":"urn:altinn:systemuser","externalRef":"a","systemuser_id":["b"],"system_id":"c"}]"#;
        let expected = json!({
            "scope": "a b", "resource": "r", "skip_cache": true,
            "authorization_details": [{"type": "urn:altinn:systemuser", "externalRef": "a"}],
        });
        let array = format!(
            r#"{{"identity_provider":"maskinporten","target":"a b","resource":"r","skip_cache":true,"pid":null,"more":1,"authorization_details":{details}}}"#
        );
        assert_eq!(read("application/json", &array).await, Ok(expected.clone()));
        let text = array.replace(details, &Value::from(details).to_string());
        assert_eq!(
            read("application/json; charset=utf-8", &text).await,
            Ok(expected.clone())
        );
        let form = "identity_provider=maskinporten&target=a+b&resource=r&skip_cache=true&more=1&authorization_details=%5B%7B%22type%22%3A%22urn%3Aaltinn%3Asystemuser%22%2C%22externalRef%22%3A%22a%22%2C%22system_id%22%3A%22c%22%7D%5D";
        assert_eq!(
            read("application/x-www-form-urlencoded", form).await,
            Ok(expected)
        );
    }

    #[tokio::test]
    async fn a_key_is_of_everything_but_the_cache() {
        let person = r#""pid":"04827896468""#;
        let consumer = r#""consumer_org":"313367002""#;
        let user =
            r#""authorization_details":[{"type":"urn:altinn:systemuser","externalRef":"a"}]"#;
        let other = user.replace("\"a\"", "\"b\"");
        let mut keys = Vec::new();
        for more in [
            "",
            r#""resource":"a""#,
            r#""resource":"b""#,
            r#""resource":"""#,
            consumer,
            person,
            user,
            &other,
        ] {
            let comma = if more.is_empty() { "" } else { "," };
            let key_with = async |rest: &str| {
                let body = format!(
                    r#"{{"identity_provider":"maskinporten","target":"a b"{comma}{more}{rest}}}"#
                );
                let token_request = token_request("application/json", &body)
                    .await
                    .expect("a request");
                token_request.key().expect("JSON")
            };
            let key = key_with("").await;
            assert!(!keys.contains(&key), "{more}");
            for same in [
                r#","skip_cache":true"#,
                r#","skip_cache":false"#,
                r#","more":1"#,
            ] {
                assert_eq!(key_with(same).await, key, "{more} {same}");
            }
            keys.push(key);
        }
        let mut form_keys = Vec::new();
        for target in ["a+b", "b+a", "+a++b+a", "a", "ab"] {
            let form = format!("identity_provider=maskinporten&target={target}");
            let token_request = token_request("application/x-www-form-urlencoded", &form).await;
            form_keys.push(token_request.expect("a request").key().expect("JSON"));
        }
        assert_eq!(form_keys[..3], [keys[0], keys[0], keys[0]]);
        assert!(
            form_keys[3] != form_keys[0]
                && form_keys[4] != form_keys[0]
                && form_keys[3] != form_keys[4]
        );
    }

    #[tokio::test]
    async fn what_is_not_a_request_is_named() {
        for (media_type, body, reason) in [
            (
                "text/plain",
                "some plain text",
                "unsupported media type 'text/plain'",
            ),
            ("application/json", "{", "EOF"),
            (
                "application/json",
                r#"{"identity_provider":"maskinporten"}"#,
                "missing field `target`",
            ),
            (
                "application/json",
                r#"{"target":"a","identity_provider":"invalid"}"#,
                "unknown variant `invalid`",
            ),
            (
                "application/json",
                r#"{"target":"a","identity_provider":"tokenx"}"#,
                "'tokenx' is not enabled",
            ),
            (
                "application/json",
                r#"{"target":"a","identity_provider":"azuread"}"#,
                "'entra_id' is not enabled",
            ),
            (
                "application/x-www-form-urlencoded",
                "target=a&identity_provider=invalid",
                "unknown variant `invalid`",
            ),
            (
                "application/x-www-form-urlencoded",
                "target=a&identity_provider=maskinporten&skip_cache=1",
                "skip_cache",
            ),
            (
                "application/x-www-form-urlencoded",
                "target=a&identity_provider=maskinporten&authorization_details=%7B%7D",
                "authorization_details must be",
            ),
            (
                "application/json",
                r#"{"target":"a","identity_provider":"maskinporten","authorization_details":42}"#,
                "authorization_details must be",
            ),
        ] {
            let refused = read(media_type, body).await.expect_err(body);
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
