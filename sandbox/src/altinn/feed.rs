//! Event feed: events of the requests of one receiver, oldest first, some minutes late.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use url::form_urlencoded;
use uuid::Uuid;

use super::body::InvalidBody;
use super::consent::{Event, Request};
use super::moment;
use super::party::Party;
use super::problem::{self, Problem};
use super::switches::Switches;

/// Events on a page. `pageSize` in a query is ignored.
const PAGE: usize = 100;
/// Event types that can be requested. Creation cannot, yet an unfiltered feed has it.
const EVENT_TYPES: [&str; 5] = ["rejected", "accepted", "revoked", "deleted", "used"];

/// A query of the feed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Query {
    after: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
    kinds: Vec<String>,
    request: Option<Uuid>,
    continuation: Option<Uuid>,
}

/// Reason for refusing a query.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// A parameter is not of its type: the framework's own 400.
    InvalidBody(InvalidBody),
    Problem(Problem),
}

impl Query {
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let mut read = Self::default();
        let mut faults = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.to_ascii_lowercase().as_str() {
                "createdafter" => {
                    read.after =
                        Some(moment::from_query(&value).ok_or(unreadable("createdAfter"))?);
                }
                "createdbefore" => {
                    read.before =
                        Some(moment::from_query(&value).ok_or(unreadable("createdBefore"))?);
                }
                "consentrequestid" => {
                    read.request =
                        Some(Uuid::parse_str(&value).map_err(|_| unreadable("consentRequestId"))?);
                }
                "eventtype" => {
                    let kind = value.to_lowercase();
                    if !EVENT_TYPES.contains(&kind.as_str()) {
                        faults.push(problem::event_type_invalid("/$QUERY/eventType"));
                    }
                    read.kinds.push(kind);
                }
                "continuationtoken" => match event_id(&value) {
                    Some(id) => read.continuation = Some(id),
                    None => faults.push(problem::continuation_invalid("/$QUERY/continuationToken")),
                },
                _ => {}
            }
        }
        if let (Some(after), Some(before)) = (read.after, read.before)
            && after >= before
        {
            faults.push(problem::date_range_invalid("/$QUERY/createdAfter"));
        }
        if faults.is_empty() {
            Ok(read)
        } else {
            Err(Refusal::Problem(Problem::validation(faults)))
        }
    }

    fn holds(&self, request: &Request, event: &Event) -> bool {
        self.after.is_none_or(|after| event.created >= after)
            && self.before.is_none_or(|before| event.created < before)
            && self.request.is_none_or(|id| request.draft.id == id)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind.name().to_lowercase()))
    }

    /// Returns the address of the page that follows the one ending with `last`.
    fn next(&self, address: &str, last: Uuid) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, moment) in [("createdAfter", self.after), ("createdBefore", self.before)] {
            if let Some(text) = moment.and_then(|moment| moment.format(&Rfc3339).ok()) {
                query.append_pair(name, &text);
            }
        }
        for kind in &self.kinds {
            query.append_pair("eventType", kind);
        }
        if let Some(id) = self.request {
            query.append_pair("consentRequestId", &id.to_string());
        }
        query.append_pair("continuationToken", &token(last));
        format!("{address}?{}", query.finish())
    }
}

/// Returns a page of the receiver's events.
pub(super) fn page<'a>(
    requests: impl Iterator<Item = &'a Request>,
    receiver: &Party,
    query: &Query,
    address: &str,
    now: OffsetDateTime,
    switches: &Switches,
) -> Result<Value, Problem> {
    let newest = now.saturating_sub(Duration::seconds(i64::from(switches.event_lag_seconds)));
    let mut events: Vec<(&Request, &Event)> = requests
        .filter(|request| request.draft.to == *receiver)
        .flat_map(|request| request.events.iter().map(move |event| (request, event)))
        .filter(|(_, event)| event.created <= newest)
        .collect();
    events.sort_by_key(|(_, event)| (event.created, event.id));
    let start = match query.continuation {
        None => 0,
        Some(last) => events
            .iter()
            .position(|(_, event)| event.id == last)
            .map(|position| position.saturating_add(1))
            .ok_or_else(|| {
                Problem::validation(vec![problem::continuation_invalid(
                    "/$QUERY/continuationToken",
                )])
            })?,
    };
    let shown: Vec<_> = events
        .into_iter()
        .skip(start)
        .filter(|(request, event)| query.holds(request, event))
        .take(PAGE)
        .collect();
    let next = match shown.last() {
        Some((_, last)) if shown.len() == PAGE => Some(query.next(address, last.id)),
        _ => None,
    };
    let data: Vec<_> = shown
        .into_iter()
        .map(|(request, event)| {
            json!({
                "consentRequestId": request.draft.id,
                "eventType": switches.letter_case.apply(event.kind.name()),
                "changedDate": switches.timestamps.format(event.created),
            })
        })
        .collect();
    Ok(json!({ "links": { "next": next }, "data": data }))
}

fn unreadable(name: &str) -> Refusal {
    Refusal::InvalidBody(InvalidBody::value(name))
}

/// Returns the 16 bytes of a .NET GUID, whose first three groups are little-endian.
fn token(id: Uuid) -> String {
    STANDARD.encode(id.to_bytes_le())
}

fn event_id(token: &str) -> Option<Uuid> {
    let bytes = STANDARD.decode(token).ok()?;
    Some(Uuid::from_bytes_le(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuation_tokens_are_dotnet_guids() {
        let id = Uuid::parse_str("0198a000-1111-7222-8333-444455556666").unwrap();
        assert_eq!(token(id), "AKCYARERInKDM0REVVVmZg==");
        assert_eq!(event_id("AKCYARERInKDM0REVVVmZg=="), Some(id));
        assert_eq!(event_id("AKCYARERInKDM0REVVVm"), None);
        assert_eq!(event_id("?"), None);
    }

    #[test]
    fn queries_are_checked() {
        let code = |query: &str| match Query::read(query) {
            Err(Refusal::Problem(problem)) => problem.faults()[0].code.to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(code("eventType=created"), "AM.VLD-00052");
        assert_eq!(code("eventType=ACCEPTED&eventType=gone"), "AM.VLD-00052");
        assert_eq!(code("continuationToken=x"), "AM.VLD-00053");
        let backwards = "createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-02T00:00:00Z";
        assert_eq!(code(backwards), "AM.VLD-00051");
        assert_eq!(
            Query::read("createdAfter=yesterday"),
            Err(unreadable("createdAfter"))
        );
        assert!(
            Query::read(
                "eventType=Accepted&eventType=revoked&pageSize=7&createdAfter=2026-01-02T00:00:00"
            )
            .is_ok()
        );
        assert!(Query::read("createdAfter=2026-01-02&createdBefore=2026-01-03").is_ok());
    }
}
