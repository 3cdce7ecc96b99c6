//! Headers of every response.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use innsyn_core::context::Context;
use innsyn_core::platform::Answer;
use innsyn_core::problem::{Kind, Problem};

/// Identifier that callers quote in error reports; the log has the same value.
const CORRELATION_ID: HeaderName = HeaderName::from_static("correlation-id");

/// Completes a response. Without a length its body would be sent in chunks, which is slower.
pub(super) fn finish<P>(context: &Context<'_, P>, answer: &mut Answer) {
    let length = answer.body().length().map(HeaderValue::from);
    let headers = answer.headers_mut();
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(id) = HeaderValue::from_str(context.correlation_id.as_str()) {
        headers.insert(CORRELATION_ID, id);
    }
}

/// Adds the `WWW-Authenticate` challenge to a refusal (RFC 6750 §3.1). A request without a token
/// gets no error code: its caller may not have known that one is required.
pub(super) fn challenge(request: &HeaderMap, answer: &mut Answer, problem: Option<&Problem>) {
    let is_scope = problem.is_some_and(|problem| problem.kind == Kind::CallerNotAllowed);
    let challenge = match answer.status() {
        StatusCode::UNAUTHORIZED if sends_token(request) => r#"Bearer error="invalid_token""#,
        StatusCode::UNAUTHORIZED => "Bearer",
        StatusCode::FORBIDDEN if is_scope => r#"Bearer error="insufficient_scope""#,
        _ => return,
    };
    let challenge = HeaderValue::from_static(challenge);
    let headers = answer.headers_mut();
    headers.insert(header::WWW_AUTHENTICATE, challenge);
}

/// Returns whether a request has credentials of the scheme `Bearer`, of any form.
fn sends_token(request: &HeaderMap) -> bool {
    let mut values = request.get_all(header::AUTHORIZATION).iter();
    values.any(|value| {
        let scheme = value.as_bytes().get(.."bearer ".len());
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
    })
}
