//! Altinn's feed of consent events: one page of the events of a receiver's consents, oldest first.
//!
//! Events appear five minutes late, so the feed replaces no lookup of a status (docs.altinn.studio,
//! consent events, and the service's source). A page has at most 100 events.

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use url::form_urlencoded;

use super::answer::by_name;
use super::consent::Status;
use super::problem::{refusal, unreadable};
use super::refusal::Refusal;
use super::request::PATH;
use innsyn_core::json;
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Request, Response};

/// Query parameter with the position after which a page begins.
const CONTINUATION: &str = "continuationToken";

/// Selection of events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Selection {
    /// Rejections, withdrawals and deletions.
    Ended,
    /// Approvals.
    Accepted,
}

impl Selection {
    /// Returns the event types of the selection, in Altinn's spelling.
    const fn event_types(self) -> &'static [&'static str] {
        match self {
            Self::Ended => &["rejected", "revoked", "deleted"],
            Self::Accepted => &["accepted"],
        }
    }

    /// Returns the name of the selection.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Accepted => "accepted",
        }
    }
}

/// Page of the feed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// Events, oldest first.
    pub events: Vec<FeedEvent>,
    /// Consents of the entries that are no event: without a time, or `None` for one without an id.
    pub unreadable: Vec<Option<String>>,
    /// Position of the next page, opaque; `None` after the last page, and if the link to the next
    /// one has no position.
    pub continuation: Option<String>,
}

/// Event of a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FeedEvent {
    /// Id of the consent, in lower case.
    pub id: String,
    /// Status that the event sets; `None` for an event that sets none, such as "used".
    pub status: Option<Status>,
    /// Time of the event.
    pub at: OffsetDateTime,
}

/// Builds the request for the page of events since `after` (inclusive), or for the page at
/// `continuation`.
///
/// # Errors
/// [`http::Error`] if a part cannot be written in a request.
pub fn events(
    origin: &Origin,
    selection: Selection,
    after: OffsetDateTime,
    continuation: Option<&str>,
) -> Result<Request, http::Error> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    // Only years after 9999 cannot be written.
    query.append_pair("createdAfter", &after.format(&Rfc3339).unwrap_or_default());
    for event_type in selection.event_types() {
        query.append_pair("eventType", event_type);
    }
    if let Some(token) = continuation {
        query.append_pair(CONTINUATION, token);
    }
    http::Request::get(origin.join(&format!("{PATH}/events?{}", query.finish())))
        .header(header::ACCEPT, "application/json")
        .body(Bytes::new())
}

/// Parses a page of the feed.
///
/// The link to the next page is not followed: only the token in it is taken, so that no answer
/// decides where the app sends its access token.
///
/// An entry that cannot be read does not make the page unreadable, because the feed would stop
/// there.
///
/// # Errors
/// [`Refusal`] if the answer holds no page.
pub fn page(response: &Response) -> Result<Page, Refusal> {
    if response.status() != StatusCode::OK {
        return Err(refusal(response));
    }
    let body: Body = json::read(response.body())
        .map_err(|_| unreadable(response, "not a page of the event feed"))?;
    let next = body.links.and_then(|links| links.next);
    let mut page = Page {
        events: Vec::new(),
        unreadable: Vec::new(),
        continuation: next.as_deref().and_then(continuation),
    };
    for entry in &body.data {
        match event(entry) {
            Ok(event) => page.events.push(event),
            Err(id) => page.unreadable.push(id),
        }
    }
    Ok(page)
}

fn continuation(next: &str) -> Option<String> {
    let (_, query) = next.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, token) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(CONTINUATION))?;
    (!token.is_empty()).then(|| token.into_owned())
}

/// Reads an entry.
///
/// # Errors
/// The id of the consent, if there is one, of an entry that is no event.
fn event(entry: &Value) -> Result<FeedEvent, Option<String>> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let id = text("consentRequestId").map(str::to_ascii_lowercase);
    let at = text("changedDate").and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    match (id, at.and_then(|at| at.checked_to_offset(UtcOffset::UTC))) {
        (Some(id), Some(at)) => Ok(FeedEvent {
            id,
            status: text("eventType").and_then(by_name),
            at,
        }),
        (id, _) => Err(id),
    }
}

#[derive(Deserialize)]
struct Body {
    links: Option<Links>,
    data: Vec<Value>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::altinn::Reason;

    const ID: &str = "0198a000-1111-7222-8333-444455556666";
    const TOKEN: &str = "AKCYARERInKDM0REVVVmZg==";

    fn answer(status: StatusCode, body: &Value) -> Response {
        let mut answer = Response::new(Bytes::from(body.to_string()));
        *answer.status_mut() = status;
        answer
    }

    #[test]
    fn a_request_names_time_types_and_position() {
        let origin = Origin::parse("https://platform.example").expect("an origin");
        let after = datetime!(2026-08-30 09:15:02.103441 UTC);
        let request = events(&origin, Selection::Ended, after, Some(TOKEN)).expect("a request");
        assert_eq!(
            request.uri().to_string(),
            "https://platform.example/accessmanagement/api/v1/enterprise/consentrequests/events\
             ?createdAfter=2026-08-30T09%3A15%3A02.103441Z&eventType=rejected&eventType=revoked\
             &eventType=deleted&continuationToken=AKCYARERInKDM0REVVVmZg%3D%3D"
        );
        let request = events(&origin, Selection::Accepted, after, None).expect("a request");
        let query = request.uri().query().expect("a query");
        assert!(query.ends_with("&eventType=accepted"), "{query}");
    }

    #[test]
    fn a_page_is_read_in_either_spelling() {
        let next = format!("https://elsewhere.example/events?continuationToken={TOKEN}");
        let body = json!({
            "links": {"next": next, "self": "x"},
            "data": [
                {"consentRequestId": ID.to_uppercase(), "eventType": "revoked",
                 "changedDate": "2026-08-30T09:15:02.1034411+00:00", "more": 1},
                {"consentRequestId": ID, "eventType": "Deleted", "changedDate": "2026-08-30T11:15:02+02:00"},
                {"consentRequestId": ID, "eventType": "Used", "changedDate": "2026-08-30T09:15:02Z"},
            ],
        });
        let read = page(&answer(StatusCode::OK, &body)).expect("a page");
        assert_eq!(read.continuation.as_deref(), Some(TOKEN));
        let statuses: Vec<_> = read.events.iter().map(|event| event.status).collect();
        assert_eq!(
            statuses,
            [Some(Status::Revoked), Some(Status::Revoked), None]
        );
        assert!(read.events.iter().all(|event| event.id == ID));
        assert_eq!(read.events[1].at, datetime!(2026-08-30 09:15:02 UTC));
        for last in [
            json!({"links": {"next": null}, "data": []}),
            json!({"data": []}),
        ] {
            let read = page(&answer(StatusCode::OK, &last)).expect("a page");
            assert_eq!(read.continuation, None);
        }
    }

    #[test]
    fn an_entry_that_is_no_event_stops_nothing() {
        let fine = json!({"consentRequestId": ID, "eventType": "revoked",
            "changedDate": "2026-08-30T09:15:02Z"});
        let body = json!({
            "links": {"next": "https://elsewhere.example/events"},
            "data": [
                {"consentRequestId": ID, "eventType": "revoked", "changedDate": "yesterday"},
                fine,
                {"consentRequestId": ID, "eventType": "revoked", "changedDate": null},
                {"eventType": "revoked", "changedDate": "2026-08-30T09:15:02Z"},
                {"consentRequestId": ID, "changedDate": "2026-08-30T09:15:02Z"},
                7,
            ],
        });
        let read = page(&answer(StatusCode::OK, &body)).expect("a page");
        let statuses: Vec<_> = read.events.iter().map(|event| event.status).collect();
        assert_eq!(statuses, [Some(Status::Revoked), None]);
        let id = Some(ID.to_owned());
        assert_eq!(read.unreadable, [id.clone(), id, None, None]);
        assert_eq!(read.continuation, None, "the next poll goes by time");
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for body in [json!({}), json!({"data": {}}), json!([])] {
            let refusal = page(&answer(StatusCode::OK, &body)).expect_err("no page");
            assert!(matches!(refusal.reason, Reason::Unreadable(_)), "{body}");
        }
        let refused = answer(StatusCode::BAD_REQUEST, &json!({"status": 400}));
        assert_eq!(page(&refused).expect_err("no page").reason, Reason::Final);
    }
}
