//! Journal of the requests that the services received, newest last, to find out why a client was
//! refused.
//!
//! An entry has the route's pattern, not the path, which may contain a party's number.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::server::OnFailedHandshake;
use super::{Clock, ExternalService};

/// Maximum number of stored entries.
const KEPT: usize = 500;

/// Newest requests, and the number of requests to each service.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: VecDeque<Entry>,
    requests: BTreeMap<ExternalService, u64>,
}

/// Answered request; or a failed TLS handshake, with the method `TLS`.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Time of arrival by the sandbox's clock: RFC 3339.
    pub at: String,
    /// Service that was called.
    #[serde(rename = "counterparty")]
    pub service: ExternalService,
    /// HTTP method.
    pub method: String,
    /// Pattern of the route.
    pub route: String,
    /// Status of the answer; 0 without an answer.
    pub status: u16,
    /// Reason that the service gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Extension of an answer: the journal's note about it.
#[derive(Clone, Debug)]
pub(crate) struct JournalNote(pub(crate) String);

impl Journal {
    /// Returns the newest requests, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// Returns the number of requests that each service has received, answered or not.
    pub fn requests(&self) -> BTreeMap<ExternalService, u64> {
        self.lock().requests.clone()
    }

    fn count(&self, service: ExternalService) {
        let mut state = self.lock();
        let count = state.requests.entry(service).or_default();
        *count = count.saturating_add(1);
    }

    fn add(&self, entry: Entry) {
        let mut pages = self.lock();
        if pages.entries.len() == KEPT {
            pages.entries.pop_front();
        }
        pages.entries.push_back(entry);
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds an entry to the journal for each request to `router`.
pub(super) fn layer(
    router: Router,
    journal: Arc<Journal>,
    clock: Clock,
    service: ExternalService,
) -> Router {
    router.layer(from_fn_with_state((journal, clock, service), record))
}

/// Returns a callback that adds an entry for each failed handshake, with the reason that `reason`
/// finds.
pub(super) fn handshakes(
    journal: Arc<Journal>,
    clock: Clock,
    service: ExternalService,
    reason: fn(&io::Error) -> String,
) -> OnFailedHandshake {
    Arc::new(move |error| {
        journal.add(Entry {
            at: clock.now().format(&Rfc3339).unwrap_or_default(),
            service,
            method: "TLS".to_owned(),
            route: "(handshake)".to_owned(),
            status: 0,
            note: Some(reason(error)),
        });
    })
}

async fn record(
    State((journal, clock, service)): State<(Arc<Journal>, Clock, ExternalService)>,
    request: Request,
    next: Next,
) -> Response {
    let at = clock.now().format(&Rfc3339).unwrap_or_default();
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or_else(
        || "(no such route)".to_owned(),
        |path| path.as_str().to_owned(),
    );
    journal.count(service);
    let response = next.run(request).await;
    let note = response
        .extensions()
        .get::<JournalNote>()
        .map(|JournalNote(text)| text.clone());
    let status = response.status().as_u16();
    journal.add(Entry {
        at,
        service,
        method,
        route,
        status,
        note,
    });
    response
}
