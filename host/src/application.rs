//! A running application: from a request to the component that answers it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{self, CONTENT_TYPE, HOST},
    uri::{Authority, Scheme},
};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use wasmtime_wasi_http::{
    WasiBody,
    handler::{ExpirationError, ProxyHandler, TrapOrPanicError},
};

use crate::{
    allowed_hosts::is_internal,
    incoming::Upload,
    instance::Starter,
    instances::{Queue, Unanswered},
    log::Log,
    options::ConnectionLimits,
    repeated::{Fault, Repeated},
    routes::{Match, Routes, WELL_KNOWN},
};

/// Seconds after which a request that found no place may be sent again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// The routes and the components behind them.
pub(crate) struct Application {
    pub(crate) routes: Routes,
    pub(crate) components: BTreeMap<String, Served>,
    pub(crate) request_timeout: Duration,
    pub(crate) connections: ConnectionLimits,
    pub(crate) faults: Repeated,
    pub(crate) log: Log,
}

/// A component that answers requests.
pub(crate) struct Served {
    pub(crate) handler: ProxyHandler<Starter>,
    pub(crate) queue: Queue,
    /// How many instances were ever started.
    pub(crate) started: Arc<AtomicU64>,
    /// How many requests it was ever given.
    pub(crate) requests: AtomicU64,
}

/// One line of the access log. The route's pattern stands in it, never the path or the query.
#[derive(Serialize)]
struct Access<'a> {
    level: &'a str,
    event: &'a str,
    component: Option<&'a str>,
    /// The component that called, if it was one of this application.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    route: Option<&'a str>,
    method: &'a str,
    status: u16,
    /// Reason why the host answered in place of the component, if a limit was the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    duration_ms: u128,
}

/// Reason why the host refused a request, kept in the response's extensions for the access log.
#[derive(Clone, Copy)]
struct Refused(&'static str);

impl Application {
    /// Answers a request for a public route; `client` is none where the application calls itself.
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
        // As Spin does it: the whole path is behind an imagined wildcard at the root.
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
        describe(&mut request, &whole, &host, None);
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
        });
        response
    }

    async fn dispatch<'m>(
        &self,
        found: Option<&Match<'m>>,
        mut request: Request<WasiBody>,
        client: Option<SocketAddr>,
    ) -> (Option<&'m str>, Response<WasiBody>) {
        let Some(authority) = authority(&request) else {
            return (None, plain(StatusCode::BAD_REQUEST));
        };
        // That name is for the application's own components, which do not come this way.
        if is_internal(&authority) {
            return (None, plain(StatusCode::NOT_FOUND));
        }
        if let Some(own) = request.uri().path().strip_prefix(WELL_KNOWN) {
            return (
                None,
                plain(if own == "health" {
                    StatusCode::OK
                } else {
                    StatusCode::NOT_FOUND
                }),
            );
        }
        let Some(found) = found else {
            return (None, plain(StatusCode::NOT_FOUND));
        };
        describe(&mut request, found, authority.as_str(), client);
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        let Ok(uri) = Uri::from_parts(parts) else {
            return (Some(found.component), plain(StatusCode::BAD_REQUEST));
        };
        *request.uri_mut() = uri;
        (
            Some(found.component),
            self.call(found.component, request).await,
        )
    }

    /// The answer to a request on a connection that finds no place among those that are open.
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
            return plain(StatusCode::NOT_FOUND);
        };
        served.requests.fetch_add(1, Ordering::Relaxed);
        let upload = request.extensions_mut().remove::<Upload>();
        let failed = async {
            match &upload {
                Some(upload) => upload.failed().await,
                None => std::future::pending().await,
            }
        };
        // The handler has the same limit for requests that an instance has taken; this one also covers the wait for one.
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
            Ok(Err(Unanswered::NoInstance)) => {
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
            Ok(Err(Unanswered::Failed(error))) if !error.is::<ExpirationError>() => {
                // A trap is reported where the instance is dropped, with its cause.
                if !error.is::<TrapOrPanicError>() {
                    self.log
                        .failure(id, "request", &error.root_cause().to_string());
                }
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Ok(Err(Unanswered::Failed(_))) | Err(_) => {
                self.log
                    .failure(id, "request", "no response within the time limit");
                plain(StatusCode::GATEWAY_TIMEOUT)
            }
        }
    }
}

fn refused(response: &Response<WasiBody>) -> Option<&'static str> {
    let refused = response.extensions().get::<Refused>();
    refused.map(|Refused(reason)| *reason)
}

/// An answer of the host's own to a request that is beyond a limit.
fn refusal(status: StatusCode, reason: &'static str) -> Response<WasiBody> {
    let mut response = plain(status);
    response.extensions_mut().insert(Refused(reason));
    response
}

/// An answer to a request that finds no place, and may be sent again.
fn limited(reason: &'static str) -> Response<WasiBody> {
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, reason);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// An answer after which the connection is closed.
fn closing(mut response: Response<WasiBody>) -> Response<WasiBody> {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The host that a request is for; none if there is none, or two that differ.
fn authority(request: &Request<WasiBody>) -> Option<Authority> {
    let mut named = request.headers().get_all(HOST).iter();
    let header = match (named.next(), named.next()) {
        (None, _) => None,
        (Some(host), None) => Some(host.to_str().ok()?.parse::<Authority>().ok()?),
        (Some(_), Some(_)) => return None,
    };
    match (header, request.uri().authority()) {
        (Some(header), Some(address)) => (header == *address).then_some(header),
        (header, address) => header.or_else(|| address.cloned()),
    }
}

/// Sets the headers that Spin sets (<https://spinframework.dev/http-trigger>), and removes what a caller set under such names.
fn describe(
    request: &mut Request<WasiBody>,
    found: &Match<'_>,
    host: &str,
    client: Option<SocketAddr>,
) {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let described = [
        ("spin-path-info", found.rest.clone()),
        ("spin-full-url", format!("http://{host}{path}")),
        ("spin-matched-route", found.pattern.to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", found.pattern.to_owned()),
        ("spin-component-route", found.prefix.to_owned()),
        (
            "spin-client-addr",
            client.map_or_else(|| "0.0.0.0:0".to_owned(), |client| client.to_string()),
        ),
    ];
    let headers = request.headers_mut();
    remove_described(headers);
    for (name, value) in described {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn remove_described(headers: &mut HeaderMap) {
    let described: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in described {
        headers.remove(name);
    }
}

/// A method for the log: a caller may send any text as one.
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

/// An answer of the host's own, which says no more than its status.
fn plain(status: StatusCode) -> Response<WasiBody> {
    let text = status.canonical_reason().unwrap_or_default();
    let body = Full::new(text.into())
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
