//! When the next question to a queue is allowed.

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

const NEXT: &str = "X-Next-permitted-poll-time";

/// From when on the queue may be asked again (signering-docs, "Polling"); `None` where the answer does not say, or
/// not so that it could be read.
pub fn next(headers: &HeaderMap) -> Option<OffsetDateTime> {
    let text = headers.get(NEXT)?.to_str().ok()?.trim();
    // Java's form of a time may name the zone in brackets after the offset.
    let text = text.split('[').next()?;
    OffsetDateTime::parse(text, &Iso8601::DEFAULT).ok()
}
