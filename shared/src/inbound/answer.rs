//! The forms of answer that several components have in common.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::platform::Response;
use crate::problem::{Kind, Problem};

/// `body` as JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let body =
        serde_json::to_vec(body).map_err(|error| Problem::new(Kind::Internal).cause(error))?;
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// 303 to `address` (RFC 9110 §15.4.4); `None` where it cannot stand in a header.
pub fn see_other(address: &str) -> Option<Response> {
    let location = HeaderValue::from_str(address).ok()?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}
