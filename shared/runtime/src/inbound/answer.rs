//! Response forms that several components have in common.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use innsyn_core::platform::{Answer, Body, Response};
use innsyn_core::problem::{Kind, Problem};

/// Returns `body` as a JSON response.
///
/// # Errors
///
/// A problem if `body` cannot be serialised.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, Problem> {
    let body =
        serde_json::to_vec(body).map_err(|error| Problem::new(Kind::Internal).cause(error))?;
    let mut response = Answer::new(Body::Whole(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// Returns a 303 redirect to `address` (RFC 9110 §15.4.4); `None` if it is not a valid header
/// value.
pub fn see_other(address: &str) -> Option<Response> {
    let location = HeaderValue::from_str(address).ok()?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}
