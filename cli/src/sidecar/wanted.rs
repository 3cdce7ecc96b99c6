//! What a caller asks for: read as texas reads it, written as the token component does.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::{Form, Json};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::answer::Refused;

/// A request for a token. Members that are not here are ignored, as texas does. It may name a person.
#[derive(Deserialize, Serialize)]
pub(super) struct Wanted {
    #[serde(skip_serializing)]
    identity_provider: IdentityProvider,
    /// The scopes.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_cache: Option<bool>,
    /// Who has delegated the scopes. Texas has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<String>,
    /// The person that the token is restricted to. Texas has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<String>,
}

/// What Maskinporten itself adds to a system user. Texas's example of a request has it, as it stands in a token.
const FILLED_IN: [&str; 2] = ["systemuser_id", "system_id"];

type Details = Vec<Map<String, Value>>;

/// Those that texas knows; one is served here.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum IdentityProvider {
    #[serde(rename = "entra_id", alias = "azuread")]
    EntraId,
    TokenX,
    Maskinporten,
    IdPorten,
    Ansattporten,
}

impl Wanted {
    /// Reads JSON or a form.
    pub(super) async fn read(request: Request) -> Result<Self, Refused> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let media_type = content_type.unwrap_or_default().split(';').next();
        let wanted = match media_type.unwrap_or_default().trim() {
            "application/json" => Json::<Self>::from_request(request, &())
                .await
                .map(|Json(wanted)| wanted)
                .map_err(|rejection| Refused::invalid(rejection.body_text()))?,
            "application/x-www-form-urlencoded" => Form::<Self>::from_request(request, &())
                .await
                .map(|Form(wanted)| wanted)
                .map_err(|rejection| Refused::invalid(rejection.body_text()))?,
            other => {
                return Err(Refused::invalid(format!(
                    "unsupported media type '{other}': send application/json or application/x-www-form-urlencoded"
                )));
            }
        };
        wanted.of_maskinporten()
    }

    fn of_maskinporten(self) -> Result<Self, Refused> {
        let name = match self.identity_provider {
            IdentityProvider::Maskinporten => return Ok(self),
            IdentityProvider::EntraId => "entra_id",
            IdentityProvider::TokenX => "tokenx",
            IdentityProvider::IdPorten => "idporten",
            IdentityProvider::Ansattporten => "ansattporten",
        };
        Err(Refused::invalid(format!(
            "identity provider '{name}' is not enabled here: only 'maskinporten' is"
        )))
    }
}

/// An array of objects, or a text that holds one, as a form has it.
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
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    async fn read(media_type: &str, body: &str) -> Result<Value, String> {
        let request = Request::post("/")
            .header("content-type", media_type)
            .body(Body::from(body.to_owned()))
            .expect("a request");
        match Wanted::read(request).await {
            Ok(wanted) => Ok(serde_json::to_value(wanted).expect("JSON")),
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
