//! Calls to external services: deadlines, bounded retries with back-off, one log line per attempt.
//!
//! The protocol of a service interprets its responses; this module only knows whether one was
//! received.

mod encoding;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use time::OffsetDateTime;

use innsyn_core::context::Context;
use innsyn_core::log::{self, Event, Level};
use innsyn_core::marks::REFUSED;
use innsyn_core::platform::{Limits, Platform, Request, Response, SendError, Stream};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::retry_after::{note_date, retry_after};
use innsyn_core::trace::TRACEPARENT;

/// Maximum pause before the second attempt (back-off); it doubles for each further attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Minimum time left for which an attempt is made.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(50);

/// Endpoint policy of one external service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// Name of the service in the log and in causes, such as `altinn`.
    pub counterparty: &'static str,
    /// Timeout of one attempt. The request's own deadline comes first.
    pub timeout: Duration,
    /// Maximum size of a response, in bytes.
    pub max_body: usize,
    /// Retry policy.
    pub retry: RetryPolicy,
}

/// Retry policy for transient failures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RetryPolicy {
    /// Retries only a call that never left.
    Never,
    /// Total attempts when the connection broke: the service has retries of its own.
    OnDisconnect(u32),
    /// Total attempts when no response was received or the service reports a failure of its own
    /// (5xx); a refused call is not repeated.
    OnUnavailable(u32),
    /// Total attempts for an idempotent call: it changes nothing, or repeating it has no further
    /// effect.
    Idempotent(u32),
    /// Total attempts as for [`Self::Idempotent`], but a rate-limit response is final: its
    /// `Retry-After` is not in seconds.
    IdempotentUnlessThrottled(u32),
}

impl RetryPolicy {
    const fn attempts(self) -> u32 {
        match self {
            Self::Never => 2,
            Self::OnDisconnect(attempts)
            | Self::OnUnavailable(attempts)
            | Self::Idempotent(attempts)
            | Self::IdempotentUnlessThrottled(attempts) => attempts,
        }
    }

    /// Returns whether `end` allows another attempt.
    fn allows(self, end: &Result<Response, SendError>) -> bool {
        match (self, end) {
            (_, Err(SendError::NoConnection(_)))
            | (
                Self::OnDisconnect(_)
                | Self::OnUnavailable(_)
                | Self::Idempotent(_)
                | Self::IdempotentUnlessThrottled(_),
                Err(SendError::Broken(_)),
            )
            | (Self::OnUnavailable(_), Err(SendError::TimedOut(_))) => true,
            (Self::OnUnavailable(_), Ok(answer)) => answer.status().is_server_error(),
            (Self::Idempotent(_), Ok(answer)) => {
                is_gateways(answer.status())
                    || (answer.status() == StatusCode::TOO_MANY_REQUESTS
                        && retry_after(answer).is_some())
            }
            (Self::IdempotentUnlessThrottled(_), Ok(answer)) => is_gateways(answer.status()),
            _ => false,
        }
    }
}

const fn is_gateways(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Sends the same request in each attempt.
///
/// Any response is a success here, also a 500: its protocol interprets it.
///
/// # Errors
///
/// The [`problem`] of the last [`SendError`].
pub async fn send<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    request: &Request,
) -> Result<Response, Problem> {
    send_anew(context, endpoint, async || Ok(request.clone())).await
}

/// Sends a request that is built anew for each attempt, for requests whose signature is valid only
/// once.
///
/// # Errors
///
/// The [`problem`] of the last [`SendError`], and the errors of `request`.
pub async fn send_anew<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    mut request: impl AsyncFnMut() -> Result<Request, Problem>,
) -> Result<Response, Problem> {
    let attempts = endpoint.retry.attempts();
    let mut attempt = 1;
    loop {
        let end = attempt_once(context, endpoint, request().await?, attempt, P::send).await;
        if attempt < attempts && endpoint.retry.allows(&end) {
            let pause = pause(context.platform, attempt, end.as_ref().ok());
            if pause.saturating_add(SHORTEST_ATTEMPT) < context.left() {
                context.platform.sleep(pause).await;
                attempt = attempt.saturating_add(1);
                continue;
            }
        }
        return end.map_err(|error| problem(endpoint.counterparty, &error));
    }
}

/// Sends `request` once and returns the platform's own error, for calls after whose failure it
/// matters whether the service may have acted ([`SendError::may_have_arrived`]).
///
/// # Errors
///
/// [`SendError`] if no usable response was received.
pub async fn send_once<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, SendError> {
    attempt_once(context, endpoint, request, 1, P::send).await
}

/// Sends `request` once and returns the response when its head is received; the body is streamed.
///
/// # Errors
///
/// The [`problem`] of the [`SendError`].
pub async fn open<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    request: Request,
) -> Result<http::Response<Stream>, Problem> {
    let end = attempt_once(context, endpoint, request, 1, P::open).await;
    end.map_err(|error| problem(endpoint.counterparty, &error))
}

/// Makes one attempt, with one span and one log line.
async fn attempt_once<P: Platform, T>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    mut request: Request,
    attempt: u32,
    send: impl AsyncFnOnce(&P, Request, Limits) -> Result<http::Response<T>, SendError>,
) -> Result<http::Response<T>, SendError> {
    let context = context.part();
    let traceparent = context.span().header();
    let headers = request.headers_mut();
    headers.insert(TRACEPARENT, traceparent);
    // The app does not decompress, and a proxy may compress a response unless the request forbids
    // it.
    let identity = HeaderValue::from_static("identity");
    headers.insert(header::ACCEPT_ENCODING, identity);
    let method = request.method().clone();
    let start = context.platform.uptime();
    let limits = mark(&context, endpoint, &mut request);
    let end = if limits.timeout.is_zero() {
        Err(SendError::TimedOut(limits.timeout))
    } else {
        let end = send(context.platform, request, limits).await;
        end.and_then(|answer| accepted(answer, context.now()))
    };
    let duration = context.platform.uptime().saturating_sub(start);
    let status = end.as_ref().map(http::Response::status);
    context.log(&line(
        endpoint.counterparty,
        &method,
        status,
        duration,
        attempt,
    ));
    end
}

/// Marks the request if its calls have a budget, and adds the time to wait for it.
fn mark<P: Platform>(
    context: &Context<'_, P>,
    endpoint: &Endpoint,
    request: &mut Request,
) -> Limits {
    let left = context.left();
    let mut timeout = endpoint.timeout.min(left);
    let marks = context.marks.as_ref();
    if let Some(marks) = marks {
        marks.authorise(context.platform, request);
    }
    if let Some(marks) = marks.filter(|marks| marks.cover(request.uri())) {
        let wait = marks.wait(endpoint.timeout, left);
        marks.write(request.headers_mut(), endpoint.counterparty, wait, timeout);
        timeout = timeout.saturating_add(wait).min(left);
    }
    Limits {
        timeout,
        max_body: endpoint.max_body,
    }
}

/// Returns a response received at `now`, if it is the service's and can be read.
///
/// # Errors
///
/// [`SendError::OverBudget`] if the keeper of the budget responded; [`SendError::Encoded`] for a
/// body in an encoding that was not requested, unless only the status is read.
fn accepted<T>(
    mut answer: http::Response<T>,
    now: OffsetDateTime,
) -> Result<http::Response<T>, SendError> {
    note_date(&mut answer, now);
    if answer.headers().contains_key(REFUSED) {
        let seconds = retry_after(&answer).map_or(1, |time| time.as_secs());
        return Err(SendError::OverBudget(seconds));
    }
    let status = answer.status();
    let is_read = !is_gateways(status)
        && status != StatusCode::TOO_MANY_REQUESTS
        && status != StatusCode::NO_CONTENT;
    match encoding::content_encoding(answer.headers()).filter(|_| is_read) {
        Some(encoding) => Err(SendError::Encoded(encoding)),
        None => Ok(answer),
    }
}

fn line(
    counterparty: &'static str,
    method: &Method,
    status: Result<StatusCode, &SendError>,
    duration: Duration,
    attempt: u32,
) -> Event {
    let mut event = match status {
        Ok(status) if status.is_server_error() => Event::new(Level::Warn, "outbound", "answered"),
        Ok(_) => Event::new(Level::Info, "outbound", "answered"),
        Err(error) => Event::new(level(error), "outbound", kind(error).slug()).cause(error),
    };
    event.counterparty = Some(counterparty);
    event.method = Some(log::method(method));
    event.status = status.ok().map(|status| status.as_u16());
    event.duration = Some(duration);
    event.attempt = Some(attempt);
    event
}

/// Returns the log level: errors that do not resolve themselves need an operator.
const fn level(error: &SendError) -> Level {
    match error {
        SendError::CertificateRefused(_) | SendError::NotTrusted(_) => Level::Error,
        _ => Level::Warn,
    }
}

/// Returns the pause before the next attempt. Half of it is jitter, so that many callers do not
/// return at once.
fn pause(platform: &impl Platform, attempt: u32, answer: Option<&Response>) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let mut jitter = [0_u8; 1];
    platform.random(&mut jitter);
    let [jitter] = jitter;
    let half = longest.checked_div(2).unwrap_or_default();
    let more = half.saturating_mul(jitter.into()).checked_div(255);
    let jittered = half.saturating_add(more.unwrap_or_default());
    jittered.max(answer.and_then(retry_after).unwrap_or_default())
}

/// Returns the problem for a call to `counterparty` that received no response.
pub fn problem(counterparty: &'static str, error: &SendError) -> Problem {
    let problem = Problem::new(kind(error)).cause(format_args!("{counterparty}: {error}"));
    match error {
        SendError::OverBudget(seconds) => Problem {
            retry_after: Some(*seconds),
            ..problem
        },
        SendError::CertificateRefused(refusal) => problem.advice(format!(
            "The certificate that the app shows to {counterparty} was refused ({refusal}): {}.",
            refusal.advice()
        )),
        // WASI has no more specific error.
        SendError::NotTrusted(_) => problem.advice(format!(
            "The certificate that {counterparty} shows is not trusted: it has expired or been revoked, its issuer is not \
             among the roots (the wrong truststore), or it is for another name, organisation or purpose. The host's log says which."
        )),
        SendError::Tls(_) => problem.advice(format!(
            "TLS with {counterparty} failed: no version in common (it must speak 1.2 or 1.3), no TLS at that port, or, under Spin, which \
             does not tell them apart, a certificate that is not trusted. The host's log says which."
        )),
        SendError::Encoded(encoding) => problem.advice(format!(
            "{counterparty} answered with Content-Encoding {encoding}, although the app asked for identity. A proxy on the \
             way compresses answers: turn that off for the app."
        )),
        // In TLS 1.3 the server refuses a client certificate after the connection is open.
        SendError::Broken(_) => problem.advice(format!(
            "The exchange with {counterparty} broke off. Under Spin it may be that {counterparty} refuses the certificate that the \
             app shows. The host's log says which."
        )),
        _ => problem,
    }
}

const fn kind(error: &SendError) -> Kind {
    match error {
        // The operator has to change the allow-list.
        SendError::NotAllowed(_) => Kind::ConfigurationMissing,
        SendError::CertificateRefused(_) => Kind::OwnCertificateRefused,
        SendError::NotTrusted(_) => Kind::CounterpartyNotTrusted,
        SendError::NoConnection(_) | SendError::Tls(_) | SendError::Broken(_) => Kind::SourceDown,
        SendError::TimedOut(_) => Kind::SourceSlow,
        SendError::OverBudget(_) => Kind::TooManyCalls,
        SendError::Encoded(_) | SendError::TooLarge(_) => Kind::SourceUnreadable,
    }
}

/// Returns the problem for a status that the protocol of `counterparty` does not define.
pub fn unexpected(counterparty: &'static str, answer: &Response) -> Problem {
    let status = answer.status();
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::TooManyCalls,
        StatusCode::GATEWAY_TIMEOUT => Kind::SourceSlow,
        _ if status.is_server_error() => Kind::SourceDown,
        _ if status.is_client_error() => Kind::SourceRefused,
        _ => Kind::SourceUnreadable,
    };
    let mut problem = Problem::new(kind).cause(format_args!("{counterparty} answered {status}"));
    if kind == Kind::TooManyCalls {
        problem.retry_after = Some(retry_after(answer).map_or(1, |time| time.as_secs()));
    }
    problem
}

/// Returns the problem for a response of `counterparty` that violates its protocol. `reason` never
/// holds the response itself.
pub fn unreadable(counterparty: &'static str, reason: impl std::fmt::Display) -> Problem {
    Problem::new(Kind::SourceUnreadable).cause(format_args!("{counterparty}: {reason}"))
}
