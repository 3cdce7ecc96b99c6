//! Cross-origin resource sharing (CORS, Fetch standard §3.2): allowed origins and methods.

use bytes::Bytes;
use http::{HeaderValue, Method, header};

use innsyn_core::origin::Origin;
use innsyn_core::platform::Response;
use innsyn_core::problem::{Kind, Problem};

/// Request headers that a page may send. Tracing in a page may add both headers of W3C Trace
/// Context; only `traceparent` is read.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, innsyn-party, traceparent, tracestate",
);

/// Response headers that a page may read.
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("correlation-id, retry-after");

/// Time for which a browser may cache a preflight response, in seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Returns the value of `Access-Control-Allow-Origin` that lets the page at `origin` read the
/// response.
pub(super) fn allowed(origin: &str, origins: &[Origin]) -> Result<HeaderValue, Problem> {
    let known = origins.iter().find(|known| known.as_str() == origin);
    let value = known.and_then(|known| HeaderValue::from_str(known.as_str()).ok());
    value.ok_or_else(|| Kind::OriginNotAllowed.into())
}

/// Returns the response to `OPTIONS`, which requires no login.
pub(super) fn preflight<'a>(
    page: Option<&HeaderValue>,
    methods: impl Iterator<Item = &'a Method>,
) -> Response {
    let mut answer = Response::new(Bytes::new());
    let methods = list(methods);
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, methods.clone());
    if page.is_some() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    }
    answer
}

/// Returns whether the request is a preflight from a page (Fetch standard §4.8).
pub(super) fn is_preflight(parts: &http::request::Parts, page: Option<&HeaderValue>) -> bool {
    let asks = header::ACCESS_CONTROL_REQUEST_METHOD;
    page.is_some() && parts.method == Method::OPTIONS && parts.headers.contains_key(asks)
}

/// Returns the preflight response for an unknown path. It allows any method, so that the page
/// receives the 404 of its actual request: browsers hide the result of a failed preflight.
pub(super) fn preflight_of_unknown(page: Option<&HeaderValue>) -> Response {
    let methods = [
        &Method::GET,
        &Method::POST,
        &Method::PUT,
        &Method::PATCH,
        &Method::DELETE,
    ];
    preflight(page, methods.into_iter())
}

/// Lets `page` read the response.
pub(super) fn expose<B>(answer: &mut http::Response<B>, page: &HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
}

/// Returns the value of `Allow` (RFC 9110 §10.2.1).
pub(super) fn list<'a>(methods: impl Iterator<Item = &'a Method>) -> HeaderValue {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
