//! `GET {root}/{org}/{flow}/signature-jobs`: the next change of status.
//!
//! Assumption: the body of the 429 for who polls too early; its header is documented.

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};
use serde::Deserialize;

use super::access::Caller;
use super::queue::{PollOutcome, Queue};
use super::refusal::{Code, Refusal};
use super::report::{Report, moment};
use super::state::Posten;

const NEXT: HeaderName = HeaderName::from_static("x-next-permitted-poll-time");

/// Query of a poll. A missing, valueless or empty parameter means the default queue: one client
/// sends only the name.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PollQuery {
    #[serde(default)]
    polling_queue: String,
}

/// Handles polls in the direct flow.
pub(super) async fn direct(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<PollQuery>,
) -> Response {
    poll(&posten, caller, asked, true)
}

/// Handles polls in the portal flow.
pub(super) async fn portal(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<PollQuery>,
) -> Response {
    poll(&posten, caller, asked, false)
}

fn poll(posten: &Posten, caller: Caller, asked: PollQuery, direct: bool) -> Response {
    let queue = Queue {
        organisation: caller.organisation,
        direct,
        name: asked.polling_queue,
    };
    let now = posten.clock.now();
    let mut state = posten.state(now);
    let state = &mut *state;
    let switches = &state.switches;
    let poll = state.timetable.poll(queue, &mut state.jobs, switches, now);
    let next = [(NEXT, moment(poll.next))];
    match poll.found {
        PollOutcome::Changed(job, change) => {
            let report = Report {
                places: &posten.places,
                job,
                now,
                unknown_elements: switches.unknown_elements,
            };
            let kind = [(header::CONTENT_TYPE, "application/xml")];
            (next, kind, report.status(&change)).into_response()
        }
        PollOutcome::Nothing => (StatusCode::NO_CONTENT, next).into_response(),
        PollOutcome::TooEarly => {
            let refusal = Refusal::new(Code::TooEarly, "Wait for the permitted time");
            (next, refusal).into_response()
        }
    }
}
