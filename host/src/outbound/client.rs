//! Requests to other hosts: a pooled connection or a new one, and the three timeouts of WASI.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use credential::EGRESS_HEADER;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::budget::{Budgets, Marks, OverBudget, Permit, REFUSED};
use super::connection::{Sender, UnsentRequest, open};
use super::failure::Failure;
use super::identities::{Entry, Identities, Identity};
use super::network::BlockedNetworks;
use super::pool::{Key, Pool};
use super::tls_alert::TlsAlert;
use crate::allowed_hosts::Origin;
use crate::log::Log;

/// Timeouts for guests that set none of their own. The incoming request usually has a shorter one.
const CONNECT: Duration = Duration::from_secs(15);
const FIRST_BYTE: Duration = Duration::from_mins(1);
const BETWEEN_BYTES: Duration = Duration::from_mins(1);

/// `[outbound_http]` of the runtime configuration.
#[derive(Debug, PartialEq)]
pub(crate) struct HttpLimits {
    /// Reuse of connections for later requests.
    pub(crate) pooling: bool,
    /// Largest number of open connections.
    pub(crate) connections: Option<usize>,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            pooling: true,
            connections: None,
        }
    }
}

/// HTTP client of the application, shared by its components. Connections are shared only within one
/// TLS identity.
pub(crate) struct Client {
    identities: Identities,
    blocked: BlockedNetworks,
    pool: Arc<Pool>,
    pooling: bool,
    permits: Option<Arc<Semaphore>>,
    budgets: Arc<Budgets>,
    log: Log,
}

impl Client {
    pub(crate) fn new(
        identities: Identities,
        blocked: BlockedNetworks,
        limits: &HttpLimits,
        log: Log,
    ) -> Self {
        let permits = limits
            .connections
            .map(|connections| Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))));
        Self {
            identities,
            blocked,
            pool: Arc::default(),
            pooling: limits.pooling,
            permits,
            budgets: Arc::default(),
            log,
        }
    }

    /// Returns the client with these budgets.
    pub(crate) fn with_budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = Arc::new(budgets);
        self
    }

    /// Sends a request as soon as its budget allows, without the marks for the budgets. Returns the
    /// service's answer, or that of [`OverBudget`] if the call was not made.
    pub(crate) async fn send(
        &self,
        component: &str,
        origin: &Origin,
        mut request: Request<WasiBody>,
        mut options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let marks = Marks::take(request.headers_mut());
        let longest = options.first_byte_timeout.unwrap_or(FIRST_BYTE);
        let mut permit = match self.budgets.admit(origin, &marks, longest).await {
            Ok(permit) => permit,
            Err(over) => {
                self.over_budget(component, origin, &over);
                return Ok(over.response());
            }
        };
        if let Some(permit) = &mut permit {
            permit.made();
        }
        marks.limit(&mut options);
        let identity = self.identities.select(component, origin);
        if let Entry::Pin(..) = identity.entry {
            // For the proxy alone; this is a service.
            request.headers_mut().remove(EGRESS_HEADER);
        }
        let mut response = self
            .exchange(&identity, origin, request, options)
            .await
            .map_err(|failure| {
                self.report(component, Some(origin), &failure.reason);
                failure.code
            })?;
        if let Some(permit) = &permit {
            permit.answered();
        }
        // Only our own budgets set this header.
        response.headers_mut().remove(REFUSED);
        let limit = options.between_bytes_timeout.unwrap_or(BETWEEN_BYTES);
        let reporter = Reporter {
            log: self.log.clone(),
            component: component.to_owned(),
            origin: origin.clone(),
        };
        Ok(response
            .map(|incoming| TimedBody::new(incoming, limit, reporter, permit).boxed_unsync()))
    }

    /// Reports a request to an origin that the component may not call.
    pub(crate) fn denied(&self, component: &str, origin: Option<&Origin>) {
        self.report(
            component,
            origin,
            "not among the component's allowed_outbound_hosts",
        );
    }

    /// Reports that the allow-list of a component cannot be built.
    pub(crate) fn failed(&self, component: &str, reason: &str) {
        self.report(component, None, reason);
    }

    async fn exchange(
        &self,
        identity: &Identity,
        origin: &Origin,
        mut request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<Incoming>, Failure> {
        let key = Key {
            entry: identity.entry,
            origin: origin.clone(),
        };
        loop {
            let (mut sender, reused) = match self.pool.take(&key) {
                Some(sender) => (sender, true),
                None => (self.connect(identity, origin, options).await?, false),
            };
            let sent = timeout(
                options.first_byte_timeout.unwrap_or(FIRST_BYTE),
                sender.send(request),
            )
            .await;
            match sent.map_err(|_| {
                Failure::new(
                    Error::HttpResponseTimeout,
                    "no response within the time limit",
                )
            })? {
                Ok(response) => {
                    if self.pooling {
                        self.pool.keep(key, sender);
                    }
                    return Ok(response);
                }
                // Nothing of it went out on the kept connection, so it cannot have been acted on:
                // any method may go again.
                Err(UnsentRequest {
                    request: Some(unsent),
                    ..
                }) if reused => request = unsent,
                Err(UnsentRequest { failure, .. }) => return Err(failure),
            }
        }
    }

    async fn connect(
        &self,
        identity: &Identity,
        origin: &Origin,
        options: RequestOptions,
    ) -> Result<Sender, Failure> {
        let connecting = async {
            let permit = match &self.permits {
                Some(permits) => permits.clone().acquire_owned().await.ok(),
                None => None,
            };
            open(identity, origin, &self.blocked, permit).await
        };
        timeout(options.connect_timeout.unwrap_or(CONNECT), connecting)
            .await
            .map_err(|_| {
                Failure::new(
                    Error::ConnectionTimeout,
                    "no connection within the time limit",
                )
            })?
    }

    fn report(&self, component: &str, origin: Option<&Origin>, reason: &str) {
        report(&self.log, "error", component, origin, reason);
    }

    fn over_budget(&self, component: &str, origin: &Origin, over: &OverBudget) {
        let reason = format!(
            "over the budget `{}`, class `{}`: the call was not made",
            over.budget, over.class
        );
        report(&self.log, "warn", component, Some(origin), &reason);
    }
}

/// Logs the reason that the guest does not see. Of the address it has scheme, host and port alone:
/// a path may contain a person's number.
fn report(log: &Log, level: &str, component: &str, origin: Option<&Origin>, reason: &str) {
    #[derive(Serialize)]
    struct FailureLine<'a> {
        level: &'a str,
        event: &'a str,
        component: &'a str,
        counterparty: Option<String>,
        reason: &'a str,
    }
    let counterparty = origin.map(ToString::to_string);
    log.event(&FailureLine {
        level,
        event: "outbound",
        component,
        counterparty,
        reason,
    });
}

struct Reporter {
    log: Log,
    component: String,
    origin: Origin,
}

/// Response body with a timeout between bytes. The call is in progress until it ends or is dropped.
struct TimedBody {
    incoming: Incoming,
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
    reporter: Reporter,
    permit: Option<Permit>,
}

impl TimedBody {
    fn new(
        incoming: Incoming,
        limit: Duration,
        reporter: Reporter,
        permit: Option<Permit>,
    ) -> Self {
        Self {
            incoming,
            limit,
            sleep: Box::pin(tokio::time::sleep(limit)),
            reporter,
            permit,
        }
    }

    fn failed(&self, failure: Failure) -> Error {
        report(
            &self.reporter.log,
            "error",
            &self.reporter.component,
            Some(&self.reporter.origin),
            &failure.reason,
        );
        failure.code
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) {
            let (now, limit) = (Instant::now(), self.limit);
            let end = now.checked_add(limit).unwrap_or(now);
            self.sleep.as_mut().reset(end);
            if !matches!(frame, Some(Ok(_))) {
                self.permit = None;
            }
            return Poll::Ready(frame.map(|frame| {
                frame.map_err(|error| {
                    self.failed(Failure::of_exchange(&error, &TlsAlert::default()))
                })
            }));
        }
        self.sleep.as_mut().poll(context).map(|()| {
            Some(Err(self.failed(Failure::new(
                Error::ConnectionReadTimeout,
                "the response body stopped coming",
            ))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
