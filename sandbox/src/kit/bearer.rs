//! Bearer token of a request, and the requirements of data owners on Maskinporten's tokens.

use http::{HeaderMap, header};
use serde_json::Value;

/// Returns the token, if the request has exactly one `Authorization` header with the scheme
/// `Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

/// Returns the organisation that reads, `0192:…`, if the token is meant for the called API:
/// Skatteetaten requires tokens with an unspecified audience. A token requested with `resource` is
/// meant for another API.
pub(crate) fn consumer(claims: &Value) -> Option<&str> {
    let unaddressed = claims["aud"].is_null() || claims["aud"] == "unspecified";
    identifier(&claims["consumer"]).filter(|_| unaddressed)
}

/// Returns whether the token has one of `scopes`.
pub(crate) fn has_scope(claims: &Value, scopes: &[&str]) -> bool {
    let given = claims["scope"].as_str().unwrap_or_default();
    given.split(' ').any(|scope| scopes.contains(&scope))
}

/// Returns `0192:…` of an organisation in ISO 6523 form.
pub(crate) fn identifier(organisation: &Value) -> Option<&str> {
    (organisation["authority"] == "iso6523-actorid-upis")
        .then(|| organisation["ID"].as_str())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    #[test]
    fn a_token_must_be_meant_for_whoever_is_asked() {
        let bank = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:310000205" });
        let claims = |aud: Value| json!({ "aud": aud, "consumer": bank, "scope": "a b" });
        assert_eq!(consumer(&claims(Value::Null)), Some("0192:310000205"));
        assert!(consumer(&claims(json!("unspecified"))).is_some());
        assert_eq!(consumer(&claims(json!("https://x"))), None);
        assert_eq!(consumer(&json!({ "consumer": "0192:310000205" })), None);
        assert!(has_scope(&claims(Value::Null), &["x", "b"]));
        assert!(!has_scope(&claims(Value::Null), &["x"]));
    }

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn one_bearer_token_is_accepted() {
        assert_eq!(bearer(&headers(&["Bearer a.b.c"])), Some("a.b.c"));
        assert_eq!(bearer(&headers(&["bearer a"])), Some("a"));
    }

    #[test]
    fn none_two_or_another_scheme_are_not() {
        for values in [
            &[][..],
            &["Bearer a", "Bearer b"],
            &["Basic a"],
            &["Bearer"],
            &["Bearer "],
        ] {
            assert_eq!(bearer(&headers(values)), None, "{values:?}");
        }
    }
}
