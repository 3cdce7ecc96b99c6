//! Filter in front of the API, which enforces the rate limit.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::state::Posten;
use crate::kit::journal::JournalNote;

/// Adds the filter against too many calls in front of `router`.
pub(super) fn layer(router: Router, posten: Arc<Posten>) -> Router {
    router.layer(from_fn_with_state(posten, filter))
}

async fn filter(State(posten): State<Arc<Posten>>, request: Request, next: Next) -> Response {
    let mut segments = request.uri().path().split('/').skip(2);
    let organisation = segments.next().unwrap_or_default();
    if posten.admit(organisation, posten.clock.now()) {
        return next.run(request).await;
    }
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Body::empty()).into_response();
    response
        .headers_mut()
        .insert("DoSFilter", http::HeaderValue::from_static("unavailable"));
    let note = JournalNote("more calls than one may make in a second".to_owned());
    response.extensions_mut().insert(note);
    response
}
