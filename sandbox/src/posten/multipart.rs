//! The two parts of a create request's body.
//!
//! The parts are identified by their media types, in any order; other headers of a part do not
//! matter, nor do other parameters of the whole. Assumptions: another kind of body gets the answer
//! to a message that breaks the schema; more than [`MOST`] bytes get 413 and nothing else, as from
//! a filter in front.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use mime::Mime;
use multer::Multipart;

use super::refusal::{Code, Refusal};

/// Maximum size of a body: the largest documents, the manifest and the signature.
const MOST: usize = 12 * 1024 * 1024;

/// Parts of a request that creates a job.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Request in XML (`application/xml`).
    pub(crate) request: Bytes,
    /// Document package (`application/octet-stream`).
    pub(crate) package: Bytes,
}

/// Reason for not accepting the body.
#[derive(Debug)]
pub(crate) enum MultipartError {
    /// The body is too large.
    TooLarge,
    /// Refusal, with its status and code.
    Refused(Refusal),
}

/// Reads the body to its end.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Parts, MultipartError> {
    let boundary = boundary(headers).ok_or_else(|| not("the body is not multipart/mixed"))?;
    let whole = Limited::new(body, MOST).collect().await;
    let whole = whole.map_err(|_| MultipartError::TooLarge)?.to_bytes();
    let whole = stream::iter([Ok::<_, std::io::Error>(whole)]);
    let mut multipart = Multipart::new(whole, boundary);

    let (mut request, mut package) = (None, None);
    let broken = |_| not("the body is not well-formed multipart/mixed");
    while let Some(part) = multipart.next_field().await.map_err(broken)? {
        let kind = part
            .content_type()
            .map(|kind| kind.essence_str().to_owned());
        let place = match kind.as_deref() {
            Some("application/xml") => &mut request,
            Some("application/octet-stream") => &mut package,
            _ => {
                return Err(not(
                    "a part is neither application/xml nor application/octet-stream",
                ));
            }
        };
        let content = part.bytes().await.map_err(broken)?;
        if place.replace(content).is_some() {
            return Err(not("two parts are of one media type"));
        }
    }
    match (request, package) {
        (Some(request), Some(package)) => Ok(Parts { request, package }),
        _ => Err(not("a part is missing")),
    }
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind: Mime = headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    let boundary = kind.get_param(mime::BOUNDARY)?;
    (kind.essence_str() == "multipart/mixed").then(|| boundary.as_str().to_owned())
}

fn not(message: &str) -> MultipartError {
    MultipartError::Refused(Refusal::new(Code::SchemaValidation, message))
}

impl IntoResponse for MultipartError {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}
