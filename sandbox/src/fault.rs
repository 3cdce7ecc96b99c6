//! Faults: what a counterparty can do wrong on order, for as often as it is asked.
//!
//! Statuses, bodies and `Retry-After` are assumptions: no counterparty publishes what it answers when
//! it is overloaded or down.

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

use crate::server::Connection;
use crate::world::{Counterparty, World};

/// Orders a fault: which, where, and how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whose answers it concerns.
    pub counterparty: Counterparty,
    /// Only paths that begin so; every path when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many requests it meets before it is spent; every one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    fn concerns(&self, counterparty: Counterparty, path: &str) -> bool {
        self.counterparty == counterparty
            && self.times != Some(0)
            && self
                .path
                .as_deref()
                .is_none_or(|prefix| path.starts_with(prefix))
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The answer comes late; the request is processed at once.
    Slow {
        /// By this many milliseconds.
        milliseconds: u64,
    },
    /// No answer comes; nothing is processed.
    Hang,
    /// The connection is reset; nothing is processed.
    ResetBefore,
    /// The connection is reset after the request is processed: its effect stands.
    ResetAfter,
    /// Another status, with nothing processed.
    Status {
        /// 200–999.
        #[serde(with = "status_code")]
        code: StatusCode,
        /// What stands in the body.
        body: Content,
    },
    /// 429, with nothing processed.
    TooManyRequests {
        /// `Retry-After`, in seconds; no such header when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// 200 with a body that says it is JSON and is not; nothing is processed.
    Nonsense,
    /// The true answer, cut in the middle of its body.
    Truncated,
    /// The request is processed twice, as when something on its way sends it again, and the second answer
    /// is given.
    Doubled,
    /// The true answer, after which the kept-alive connection is closed without notice.
    CloseAfter,
}

/// What stands in the body of a wrong answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A page, as a gateway in front of the service makes it.
    Html,
    /// Nothing.
    Empty,
    /// An object with nothing that the caller knows.
    Json,
}

/// The faults on order.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    /// Orders one more. All that match a request meet it, in the order they were ordered.
    pub fn order(&self, rule: Rule) {
        self.lock().push(rule);
    }

    /// Takes back every order.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is still on order.
    pub fn ordered(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// The faults that a request meets; each counts as met.
    fn meet(&self, counterparty: Counterparty, path: &str) -> Vec<Fault> {
        let mut met = Vec::new();
        self.lock().retain_mut(|rule| {
            if rule.concerns(counterparty, path) {
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

/// `router`, with the faults that are ordered for `counterparty`.
pub(crate) fn layer(router: Router, world: Arc<World>, counterparty: Counterparty) -> Router {
    router.layer(from_fn_with_state((world, counterparty), meet))
}

async fn meet(
    State((world, counterparty)): State<(Arc<World>, Counterparty)>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let faults = world.faults.meet(counterparty, request.uri().path());
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

/// An answer in place of the true one, if the fault prevents it.
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

/// The true answer, spoilt if the fault concerns it.
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
            let closing = Closing(connection.clone());
            let (parts, bytes) = collected(response).await;
            // The closure lives as long as the body: it is dropped when the answer is sent.
            let body = Body::from(bytes).map_frame(move |frame| {
                let _: &Closing = &closing;
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

/// Closes the connection when it is dropped.
#[derive(Debug)]
struct Closing(Connection);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn truncated(response: Response) -> Response {
    let (parts, bytes) = collected(response).await;
    let first = bytes.slice(..bytes.len() / 2);
    let cut = stream::once(async {
        // Lets what came before reach the wire.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    Response::from_parts(
        parts,
        Body::from_stream(stream::iter([Ok(first)]).chain(cut)),
    )
}

/// The answer's head with the length of its whole body, and that body.
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

/// A status code as a number.
mod status_code {
    use http::StatusCode;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

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
