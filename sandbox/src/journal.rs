//! What the counterparties were asked, newest last, for whoever wonders why a client was refused.
//!
//! An entry names the route's pattern, not the path: a path may hold a party's number.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::server::Told;
use crate::world::{Counterparty, World};

/// How many entries are kept.
const KEPT: usize = 500;

/// The requests so far.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: VecDeque<Entry>,
    requests: BTreeMap<Counterparty, u64>,
}

/// One request, answered; or a TLS handshake that came to nothing, with the method `TLS`.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When it came, by the sandbox's clock: RFC 3339.
    pub at: String,
    /// Who was asked.
    pub counterparty: Counterparty,
    /// The method.
    pub method: String,
    /// The route's pattern.
    pub route: String,
    /// The answer's status; 0 where there was none.
    pub status: u16,
    /// Why, where the counterparty had something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An extension of an answer: what the journal should say about it.
#[derive(Clone, Debug)]
pub struct Note(pub String);

impl Journal {
    /// The newest requests, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// How many requests each counterparty has received, answered or not.
    pub fn requests(&self) -> BTreeMap<Counterparty, u64> {
        self.lock().requests.clone()
    }

    fn count(&self, counterparty: Counterparty) {
        let mut state = self.lock();
        let count = state.requests.entry(counterparty).or_default();
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

/// `router`, with its requests written down under `counterparty`.
pub(crate) fn layer(router: Router, world: Arc<World>, counterparty: Counterparty) -> Router {
    router.layer(from_fn_with_state((world, counterparty), write_down))
}

/// Writes handshakes down that came to nothing, for the reason that `reason` finds.
pub(crate) fn handshakes(
    world: Arc<World>,
    counterparty: Counterparty,
    reason: fn(&io::Error) -> String,
) -> Told {
    Arc::new(move |error| {
        world.journal.add(Entry {
            at: world.clock.now().format(&Rfc3339).unwrap_or_default(),
            counterparty,
            method: "TLS".to_owned(),
            route: "(handshake)".to_owned(),
            status: 0,
            note: Some(reason(error)),
        });
    })
}

async fn write_down(
    State((world, counterparty)): State<(Arc<World>, Counterparty)>,
    request: Request,
    next: Next,
) -> Response {
    let at = world.clock.now().format(&Rfc3339).unwrap_or_default();
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or_else(
        || "(no such route)".to_owned(),
        |path| path.as_str().to_owned(),
    );
    world.journal.count(counterparty);
    let response = next.run(request).await;
    let note = response
        .extensions()
        .get::<Note>()
        .map(|Note(text)| text.clone());
    let status = response.status().as_u16();
    world.journal.add(Entry {
        at,
        counterparty,
        method,
        route,
        status,
        note,
    });
    response
}
