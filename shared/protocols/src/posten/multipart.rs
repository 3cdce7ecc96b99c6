//! Multipart body of an order: the message first, the package second, as Posten's own clients send
//! them.

use bytes::Bytes;
use time::OffsetDateTime;

use super::{Job, RequestError, Seal, asice, message};

/// Body of an order, and the sealed package in it, which shares its memory.
pub(super) struct SealedBody {
    pub(super) body: Bytes,
    pub(super) package: Bytes,
}

/// Builds the body. The package is written directly into it, so a document is in memory twice at
/// most.
pub(super) fn body(
    job: &Job,
    seal: &Seal,
    now: impl FnOnce() -> OffsetDateTime,
    boundary: &str,
) -> Result<SealedBody, RequestError> {
    let is_boundary = (16..=70).contains(&boundary.len())
        && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_boundary {
        return Err(RequestError::Boundary);
    }
    let before = format!(
        "--{boundary}\r\nContent-Type: application/xml\r\n\r\n{}\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n",
        message::order(job)
    );
    let after = format!("\r\n--{boundary}--\r\n");
    let files = asice::Files::new(job);
    let mut body = Vec::with_capacity(
        files
            .most_bytes(seal)
            .saturating_add(before.len())
            .saturating_add(after.len()),
    );
    body.extend_from_slice(before.as_bytes());
    files.write(seal, now, &mut body)?;
    let end = body.len();
    body.extend_from_slice(after.as_bytes());
    let body = Bytes::from(body);
    let package = body.slice(before.len()..end);
    Ok(SealedBody { body, package })
}
