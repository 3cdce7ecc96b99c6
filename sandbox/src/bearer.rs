//! The bearer token of a request.

use http::{HeaderMap, header};

/// The token, if the request has exactly one `Authorization` header and it is a bearer's.
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

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
