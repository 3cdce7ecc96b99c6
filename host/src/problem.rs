//! Answers of the host itself, without a component: problem documents (RFC 9457) that state no more
//! than their status.
//!
//! Answers of the host contain nothing of the application, so pages of every origin may read them:
//! the host does not know the origins that the components allow.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use uuid::Uuid;
use wasmtime_wasi_http::WasiBody;

/// Header with the id that a caller quotes after an error; the access log has the same.
const CORRELATION_ID: HeaderName = HeaderName::from_static("correlation-id");

/// Headers that a page may send to a path without a component. The wildcard does not cover
/// `authorization` (Fetch standard §4.8).
const ANY_HEADER: HeaderValue = HeaderValue::from_static("*, authorization");

/// Seconds that a browser may remember a preflight.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Identifier of an answer of the host's own, in its extensions for the access log.
#[derive(Clone)]
pub(crate) struct CorrelationId(pub(crate) String);

/// Members of RFC 9457 §3.1, and the identifier. The type `about:blank` means that the status is
/// the whole problem (§4.2.1).
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    correlation_id: &'a str,
}

/// Returns a problem document for `status`.
pub(crate) fn problem(status: StatusCode) -> Response<WasiBody> {
    let id = Uuid::new_v4().to_string();
    let problem = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        correlation_id: &id,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = own(status, "application/problem+json", body);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response.extensions_mut().insert(CorrelationId(id));
    response
}

/// Returns the answer to a health check.
pub(crate) fn healthy() -> Response<WasiBody> {
    own(StatusCode::OK, "text/plain", "OK")
}

/// Returns whether a page in a browser asks for permission to send a request (Fetch standard §4.8).
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns the answer to a preflight for a path without a component. It permits all requests, so
/// that the page gets the 404: a browser hides a failed preflight from a page.
pub(crate) fn preflight() -> Response<WasiBody> {
    let mut response = own(StatusCode::NO_CONTENT, "text/plain", "");
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, any);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ANY_HEADER);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    response
}

fn own(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<bytes::Bytes>,
) -> Response<WasiBody> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    describe(response.headers_mut(), media_type);
    response
}

fn describe(headers: &mut HeaderMap, media_type: &'static str) {
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "correlation-id, retry-after",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
