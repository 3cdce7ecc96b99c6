//! Earliest time of the next poll of a queue.

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

const NEXT: &str = "X-Next-permitted-poll-time";

/// Returns the time from which the queue may be polled again (signering-docs, "Polling"); `None` if
/// the answer has no valid time.
pub fn next(headers: &HeaderMap) -> Option<OffsetDateTime> {
    let text = headers.get(NEXT)?.to_str().ok()?.trim();
    // A time in Java's format may name the zone in brackets after the offset.
    let text = text.split('[').next()?;
    OffsetDateTime::parse(text, &Iso8601::DEFAULT).ok()
}
