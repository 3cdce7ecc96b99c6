//! The two parts of a create request's body.
//!
//! They are told apart by their media types, whichever comes first; other headers of a part do not matter,
//! nor do other parameters of the whole. Assumptions: what is not such a body is answered as a message that
//! breaks the schema; more than [`MOST`] bytes are answered with 413 and nothing else, as by a filter in
//! front.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use mime::Mime;
use multer::Multipart;

use super::refusal::{Code, Refusal};

/// All documents at their largest, and what is around them.
const MOST: usize = 12 * 1024 * 1024;

/// The parts.
#[derive(Debug)]
pub(crate) struct Parts {
    /// `application/xml`: what the job is.
    pub(crate) request: Bytes,
    /// `application/octet-stream`: the document package.
    pub(crate) package: Bytes,
}

/// Why there are none.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The body is too large.
    TooLarge,
    /// It is not what it should be.
    Refused(Refusal),
}

/// Reads the body to its end.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Parts, Unread> {
    let boundary = boundary(headers).ok_or_else(|| not("the body is not multipart/mixed"))?;
    let whole = Limited::new(body, MOST).collect().await;
    let whole = whole.map_err(|_| Unread::TooLarge)?.to_bytes();
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

fn not(message: &str) -> Unread {
    Unread::Refused(Refusal::new(Code::SchemaValidation, message))
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}
