//! Which pages may call, and with which methods (CORS, Fetch standard §3.2).

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

use crate::config::Origin;
use crate::platform::Response;
use crate::problem::{Kind, Problem};

/// The headers that a page may send.
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, innsyn-party");

/// The headers of an answer that a page may read.
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("correlation-id, retry-after");

/// How long a browser may remember a preflight, in seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// The value that lets the page at `origin` read the answer.
pub(super) fn allowed(origin: &str, origins: &[Origin]) -> Result<HeaderValue, Problem> {
    let known = origins.iter().find(|known| known.as_str() == origin);
    let value = known.and_then(|known| HeaderValue::from_str(known.as_str()).ok());
    value.ok_or_else(|| Kind::OriginNotAllowed.into())
}

/// The answer to `OPTIONS`, which needs no login.
pub(super) fn preflight<'a>(
    page: Option<&HeaderValue>,
    methods: impl Iterator<Item = &'a Method>,
) -> Response {
    let mut answer = Response::new(Bytes::new());
    let methods = list(methods);
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, methods.clone());
    if let Some(page) = page {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        expose(&mut answer, page);
    }
    answer
}

/// Lets `page` read the answer.
pub(super) fn expose<B>(answer: &mut http::Response<B>, page: &HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
}

/// 405 with the methods that there are (RFC 9110 §15.5.6).
pub(super) fn method_not_allowed<'a>(
    correlation_id: &str,
    methods: impl Iterator<Item = &'a Method>,
) -> Response {
    let problem = Problem::new(Kind::MethodNotAllowed);
    let mut answer = problem.response(correlation_id);
    debug_assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(header::ALLOW, list(methods));
    answer.extensions_mut().insert(problem);
    answer
}

fn list<'a>(methods: impl Iterator<Item = &'a Method>) -> HeaderValue {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
