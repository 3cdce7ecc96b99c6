//! Running application: routes a request to the component that answers it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{self, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use serde::Serialize;
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ExpirationError, ProxyHandler, TrapOrPanicError};

use crate::allowed_hosts::is_internal;
use crate::component_http::LocalCalls;
use crate::incoming::Upload;
use crate::instance::Starter;
use crate::log::Log;
use crate::options::ConnectionLimits;
use crate::problem::{self, CorrelationId, problem};
use crate::queue::{NoResponse, Queue};
use crate::repeated::{Fault, Repeated};
use crate::routes::{Match, Routes, WELL_KNOWN};
use crate::spin_headers;

/// Seconds after which a request without a free instance may be repeated.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Routes, and the components behind them.
pub(crate) struct Application {
    pub(crate) routes: Routes,
    pub(crate) components: BTreeMap<String, ServedComponent>,
    pub(crate) request_timeout: Duration,
    pub(crate) connections: ConnectionLimits,
    pub(crate) faults: Repeated,
    pub(crate) log: Log,
}

/// Component that answers requests.
pub(crate) struct ServedComponent {
    pub(crate) handler: ProxyHandler<Starter>,
    pub(crate) queue: Queue,
    /// Number of instances ever started.
    pub(crate) started: Arc<AtomicU64>,
    /// Fuel that its instances have used, if it is counted.
    pub(crate) fuel: Option<Arc<AtomicU64>>,
    /// Number of requests ever received.
    pub(crate) requests: AtomicU64,
}

/// Line of the access log. It has the route's pattern, never the path or the query.
#[derive(Serialize)]
struct Access<'a> {
    level: &'a str,
    event: &'a str,
    component: Option<&'a str>,
    /// Calling component, for a call within the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    route: Option<&'a str>,
    method: &'a str,
    status: u16,
    /// Reason why the host answered in place of the component, if a limit was the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    duration_ms: u128,
    /// Correlation id of the host's own answer; a component's log line has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
}

/// Reason why the host refused a request, kept in the response's extensions for the access log.
#[derive(Clone, Copy)]
struct Refused(&'static str);

impl Application {
    /// Answers a request for a public route; `client` is `None` if the application calls itself.
    pub(crate) async fn answer(
        &self,
        request: Request<WasiBody>,
        client: Option<SocketAddr>,
    ) -> Response<WasiBody> {
        let begun = Instant::now();
        let method = request.method().clone();
        let found = self.routes.find(request.uri().path());
        let (component, response) = self.dispatch(found.as_ref(), request, client).await;
        self.log.event(&Access {
            level: "info",
            event: "request",
            component,
            caller: None,
            route: found
                .as_ref()
                .filter(|_| component.is_some())
                .map(|found| found.pattern),
            method: known(&method),
            status: response.status().as_u16(),
            refused: refused(&response),
            duration_ms: begun.elapsed().as_millis(),
            correlation_id: correlation_id(&response),
        });
        response
    }

    /// Answers a component's request to another, whether or not that has a public route.
    pub(crate) async fn answer_component(
        &self,
        caller: &str,
        id: &str,
        mut request: Request<WasiBody>,
    ) -> Response<WasiBody> {
        let begun = Instant::now();
        let method = request.method().clone();
        // As in Spin: the whole path is behind an implied wildcard at the root.
        let whole = Match {
            component: id,
            pattern: "/...",
            prefix: "",
            rest: request.uri().path().to_owned(),
        };
        let host = request
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        spin_headers::set(&mut request, &whole, &host, None);
        let response = self.call(id, request).await;
        self.log.event(&Access {
            level: "info",
            event: "request",
            component: Some(id),
            caller: Some(caller),
            route: None,
            method: known(&method),
            status: response.status().as_u16(),
            refused: refused(&response),
            duration_ms: begun.elapsed().as_millis(),
            correlation_id: correlation_id(&response),
        });
        response
    }

    async fn dispatch<'m>(
        &self,
        found: Option<&Match<'m>>,
        mut request: Request<WasiBody>,
        client: Option<SocketAddr>,
    ) -> (Option<&'m str>, Response<WasiBody>) {
        let own = request.uri().path().strip_prefix(WELL_KNOWN);
        let authority = match authority(&request) {
            Ok(authority) => authority,
            // HTTP/1.0 names no host (RFC 1945 §5.1.2), and a load balancer's health check may use
            // it.
            Err(AuthorityError::Unnamed)
                if own.is_some() && request.version() <= Version::HTTP_10 =>
            {
                return (None, well_known(own));
            }
            Err(_) => return (None, problem(StatusCode::BAD_REQUEST)),
        };
        // That name is for the application's own components, which do not come this way.
        if is_internal(&authority) {
            return (None, problem(StatusCode::NOT_FOUND));
        }
        if own.is_some() {
            return (None, well_known(own));
        }
        let Some(found) = found else {
            let is_preflight = problem::is_preflight(&request);
            let answer = is_preflight.then(problem::preflight);
            return (
                None,
                answer.unwrap_or_else(|| problem(StatusCode::NOT_FOUND)),
            );
        };
        spin_headers::set(&mut request, found, authority.as_str(), client);
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        let Ok(uri) = Uri::from_parts(parts) else {
            return (Some(found.component), problem(StatusCode::BAD_REQUEST));
        };
        *request.uri_mut() = uri;
        (
            Some(found.component),
            self.call(found.component, request).await,
        )
    }

    /// Builds the answer to a request on a connection beyond the limit of established ones.
    pub(crate) fn refuse_connection(&self) -> Response<WasiBody> {
        let fault = Fault {
            level: "warn",
            ..Fault::error(
                "connection",
                "refused (503): the limit of connections is reached, and all are busy",
            )
        };
        self.faults.report(fault, tokio::time::Instant::now());
        closing(limited("connections"))
    }

    async fn call(&self, id: &str, mut request: Request<WasiBody>) -> Response<WasiBody> {
        let Some(served) = self.components.get(id) else {
            return problem(StatusCode::NOT_FOUND);
        };
        served.requests.fetch_add(1, Ordering::Relaxed);
        let upload = request.extensions_mut().remove::<Upload>();
        let failed = async {
            match &upload {
                Some(upload) => upload.failed().await,
                None => std::future::pending().await,
            }
        };
        // The handler has the same limit for requests that an instance has taken; this one also
        // covers the wait for an instance.
        let handled = served.queue.handle(&served.handler, request);
        let handled = tokio::time::timeout(self.request_timeout, handled);
        let outcome = tokio::select! {
            // The client's fault comes first: the component fails for it too.
            biased;
            fault = failed => return closing(refusal(fault.status(), fault.name())),
            outcome = handled => outcome,
        };
        if let Some(fault) = upload.as_ref().and_then(Upload::fault) {
            return closing(refusal(fault.status(), fault.name()));
        }
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(NoResponse::NoInstance)) => {
                let fault = Fault {
                    level: "warn",
                    component: Some(id.to_owned()),
                    ..Fault::error(
                        "instances",
                        "refused (503): the limit of instances is reached, and none was free in time",
                    )
                };
                self.faults.report(fault, tokio::time::Instant::now());
                limited("instances")
            }
            Ok(Err(NoResponse::Failed(error))) if !error.is::<ExpirationError>() => {
                // A trap is reported when the instance is dropped, with its cause.
                if !error.is::<TrapOrPanicError>() {
                    self.log
                        .failure(id, "request", &error.root_cause().to_string());
                }
                problem(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Ok(Err(NoResponse::Failed(_))) | Err(_) => {
                self.log
                    .failure(id, "request", "no response within the time limit");
                problem(StatusCode::GATEWAY_TIMEOUT)
            }
        }
    }
}

impl LocalCalls for Application {
    fn call_component<'a>(
        &'a self,
        caller: &'a str,
        id: &'a str,
        request: Request<WasiBody>,
    ) -> BoxFuture<'a, Response<WasiBody>> {
        self.answer_component(caller, id, request).boxed()
    }

    fn call_public_route(&self, request: Request<WasiBody>) -> BoxFuture<'_, Response<WasiBody>> {
        self.answer(request, None).boxed()
    }
}

fn refused(response: &Response<WasiBody>) -> Option<&'static str> {
    let refused = response.extensions().get::<Refused>();
    refused.map(|Refused(reason)| *reason)
}

fn correlation_id(response: &Response<WasiBody>) -> Option<&str> {
    let id = response.extensions().get::<CorrelationId>();
    id.map(|CorrelationId(id)| id.as_str())
}

/// Builds the host's own answer to a request beyond a limit.
fn refusal(status: StatusCode, reason: &'static str) -> Response<WasiBody> {
    let mut response = problem(status);
    response.extensions_mut().insert(Refused(reason));
    response
}

/// Builds the answer to a request without a free instance, which may be repeated.
fn limited(reason: &'static str) -> Response<WasiBody> {
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, reason);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Marks an answer after which the connection is closed.
fn closing(mut response: Response<WasiBody>) -> Response<WasiBody> {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Builds the answer below [`WELL_KNOWN`], a prefix of the host itself.
fn well_known(own: Option<&str>) -> Response<WasiBody> {
    match own {
        Some("health") => problem::healthy(),
        _ => problem(StatusCode::NOT_FOUND),
    }
}

/// Reason why a request's host is unknown.
enum AuthorityError {
    /// The address has no host.
    Unnamed,
    /// The address has several hosts, or an invalid one.
    Invalid,
}

/// Returns the host of a request.
fn authority(request: &Request<WasiBody>) -> Result<Authority, AuthorityError> {
    let mut named = request.headers().get_all(HOST).iter();
    let header = match (named.next(), named.next()) {
        (None, _) => None,
        (Some(host), None) => {
            let host = host.to_str().ok().and_then(|host| host.parse().ok());
            Some(host.ok_or(AuthorityError::Invalid)?)
        }
        (Some(_), Some(_)) => return Err(AuthorityError::Invalid),
    };
    match (header, request.uri().authority()) {
        (Some(header), Some(address)) if header != *address => Err(AuthorityError::Invalid),
        (header, address) => header
            .or_else(|| address.cloned())
            .ok_or(AuthorityError::Unnamed),
    }
}

/// Returns the name of a method for the log: a caller may send any text as one.
pub(crate) fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => method.as_str(),
        _ => "other",
    }
}
