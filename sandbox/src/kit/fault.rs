//! Fault injection: a test orders a service's faults, and their number.
//!
//! Assumptions: statuses, bodies and `Retry-After`. No service publishes its answers when it is
//! overloaded or down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};

use super::ExternalService;
use super::server::Connection;

/// Order of a fault: its kind, place and number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Affected service.
    #[serde(rename = "counterparty")]
    pub service: ExternalService,
    /// Prefix of the affected paths; every path when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Number of requests that it applies to; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Fault that the service produces.
    pub fault: Fault,
}

impl Rule {
    fn concerns(&self, service: ExternalService, path: &str) -> bool {
        self.service == service
            && self.times != Some(0)
            && self
                .path
                .as_deref()
                .is_none_or(|prefix| path.starts_with(prefix))
    }
}

/// Fault that a service produces on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Delays the answer; the request is processed at once.
    Slow {
        /// Delay in milliseconds.
        milliseconds: u64,
    },
    /// Sends no answer, and does not process the request.
    Hang,
    /// The connection is reset; nothing is processed.
    ResetBefore,
    /// Resets the connection after the request is processed, so that its effect remains.
    ResetAfter,
    /// Answers with another status; nothing is processed.
    Status {
        /// Status code, 200–999.
        #[serde(with = "status_code")]
        code: StatusCode,
        /// Content of the body.
        body: Content,
    },
    /// Answers 429; nothing is processed.
    TooManyRequests {
        /// `Retry-After` in seconds; no header if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// Answers 200 with a body that is declared as JSON but is not; nothing is processed.
    Nonsense,
    /// The true answer, cut in the middle of its body.
    Truncated,
    /// Processes the request twice, as after a retransmission on the way, and gives the second
    /// answer.
    Doubled,
    /// Gives the true answer, and then closes the kept-alive connection without notice.
    CloseAfter,
}

/// Content of the body of a wrong answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// HTML page, as from a gateway in front of the service.
    Html,
    /// Empty body.
    Empty,
    /// An object with nothing that the caller knows.
    Json,
}

/// Faults on request, for all services.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    /// Adds a fault. All matching faults apply to a request, in the order in which they were added.
    pub fn order(&self, rule: Rule) {
        self.lock().push(rule);
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Returns the faults that remain.
    pub fn ordered(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// Returns the faults that a request meets; each counts as met.
    fn meet(&self, service: ExternalService, path: &str) -> Vec<Fault> {
        let mut met = Vec::new();
        self.lock().retain_mut(|rule| {
            if rule.concerns(service, path) {
                met.push(rule.fault);
                rule.times = rule.times.map(|times| times.saturating_sub(1));
            }
            rule.times != Some(0)
        });
        met
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the faults that are ordered for `service` to `router`.
pub(super) fn layer(router: Router, faults: Arc<Faults>, service: ExternalService) -> Router {
    router.layer(from_fn_with_state((faults, service), meet))
}

async fn meet(
    State((faults, service)): State<(Arc<Faults>, ExternalService)>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let faults = faults.meet(service, request.uri().path());
    for fault in &faults {
        if let Some(response) = before(*fault, &connection).await {
            return response;
        }
    }
    let mut response = if faults.contains(&Fault::Doubled) {
        twice(request, next).await
    } else {
        next.run(request).await
    };
    for fault in faults {
        response = after(fault, &connection, response).await;
    }
    response
}

/// Returns the answer in place of the true one, if the fault prevents it.
async fn before(fault: Fault, connection: &Connection) -> Option<Response> {
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::ResetBefore => {
            connection.reset();
            std::future::pending().await
        }
        Fault::Status { code, body } => Some((code, content(body)).into_response()),
        Fault::TooManyRequests { retry_after } => {
            let mut response =
                (StatusCode::TOO_MANY_REQUESTS, content(Content::Json)).into_response();
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Some(response)
        }
        Fault::Nonsense => {
            let header = [(CONTENT_TYPE, "application/json")];
            Some((header, "{\"access_token\": \"").into_response())
        }
        Fault::Slow { .. }
        | Fault::ResetAfter
        | Fault::Doubled
        | Fault::Truncated
        | Fault::CloseAfter => None,
    }
}

/// Returns the true answer, altered if the fault concerns it.
async fn after(fault: Fault, connection: &Connection, response: Response) -> Response {
    match fault {
        Fault::Slow { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            response
        }
        Fault::ResetAfter => {
            connection.reset();
            std::future::pending().await
        }
        Fault::Truncated => truncated(response).await,
        Fault::CloseAfter => {
            let closing = CloseGuard(connection.clone());
            let (parts, bytes) = collected(response).await;
            // The closure lives as long as the body: it is dropped when the answer is sent.
            let body = Body::from(bytes).map_frame(move |frame| {
                let _: &CloseGuard = &closing;
                frame
            });
            Response::from_parts(parts, Body::new(body))
        }
        _ => response,
    }
}

async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let body = body.to_bytes();
    let copy = || Request::from_parts(parts.clone(), Body::from(body.clone()));
    drop(next.clone().run(copy()).await);
    next.run(copy()).await
}

/// Guard that closes the connection when it is dropped.
#[derive(Debug)]
struct CloseGuard(Connection);

impl Drop for CloseGuard {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn truncated(response: Response) -> Response {
    let (parts, bytes) = collected(response).await;
    let first = bytes.slice(..bytes.len() / 2);
    let cut = stream::once(async {
        // Lets the earlier bytes reach the wire.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    Response::from_parts(
        parts,
        Body::from_stream(stream::iter([Ok(first)]).chain(cut)),
    )
}

/// Returns the answer's head with the length of its whole body, and that body.
async fn collected(response: Response) -> (http::response::Parts, Bytes) {
    let (mut parts, body) = response.into_parts();
    // Every answer here is made in memory and cannot fail to be read.
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    (parts, bytes)
}

fn content(content: Content) -> Response {
    match content {
        Content::Html => {
            let page = "<html><body><h1>Service unavailable</h1></body></html>";
            ([(CONTENT_TYPE, "text/html")], page).into_response()
        }
        Content::Empty => Body::empty().into_response(),
        Content::Json => (
            [(CONTENT_TYPE, "application/json")],
            "{\"status\":\"fault\"}",
        )
            .into_response(),
    }
}

/// Serialises a status code as a number.
mod status_code {
    use http::StatusCode;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    pub(super) fn serialize<S: Serializer>(code: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(code.as_u16())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<StatusCode, D::Error> {
        let code = StatusCode::from_u16(u16::deserialize(from)?).map_err(D::Error::custom)?;
        if code.is_informational() {
            return Err(D::Error::custom("no answer ends with it"));
        }
        Ok(code)
    }
}
