//! Calls to counterparties: deadlines, bounded retries, one log line each.
//!
//! What an answer means is its protocol's business; this module only knows whether one came.

mod marks;
mod semaphore;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{Method, StatusCode, header};

use crate::context::Context;
use crate::log::{self, Event, Level};
use crate::platform::{Limits, Platform, Request, Response, SendError, Stream};
use crate::problem::{Kind, Problem};
use crate::trace::TRACEPARENT;

pub use marks::{Class, Marking, Marks};
pub use semaphore::{Permit, Semaphore};

/// The longest pause before the second attempt; it doubles for each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// An attempt with less time than this is not worth making.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(50);

/// How one counterparty is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Call {
    /// The counterparty's name in the log and in causes, such as `altinn`.
    pub counterparty: &'static str,
    /// The most that one attempt may take. The request's own deadline comes first.
    pub timeout: Duration,
    /// The largest answer, in bytes.
    pub max_body: usize,
    /// What may be sent again.
    pub repeat: Repeat,
}

/// Whether a call may be made again after a failure that may pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeat {
    /// Never, except that a call which never left is made anew.
    Never,
    /// Up to this many attempts in all, when the connection broke: the other side has retries of its own.
    Broken(u32),
    /// Up to this many attempts in all, when no answer came or the other side says that it failed; never
    /// when it says that the call was at fault.
    Unavailable(u32),
    /// Up to this many attempts in all: the call changes nothing, or changes it once however often it is made.
    Idempotent(u32),
    /// The same, but an answer that says to slow down stands: its `Retry-After` is not in seconds.
    Unthrottled(u32),
}

impl Repeat {
    const fn attempts(self) -> u32 {
        match self {
            Self::Never => 2,
            Self::Broken(attempts)
            | Self::Unavailable(attempts)
            | Self::Idempotent(attempts)
            | Self::Unthrottled(attempts) => attempts,
        }
    }

    /// Whether `end` is worth another attempt.
    fn allows(self, end: &Result<Response, SendError>) -> bool {
        match (self, end) {
            (_, Err(SendError::NoConnection(_)))
            | (
                Self::Broken(_) | Self::Unavailable(_) | Self::Idempotent(_) | Self::Unthrottled(_),
                Err(SendError::Broken(_)),
            )
            | (Self::Unavailable(_), Err(SendError::TimedOut(_))) => true,
            (Self::Unavailable(_), Ok(answer)) => answer.status().is_server_error(),
            (Self::Idempotent(_), Ok(answer)) => {
                is_gateways(answer.status())
                    || (answer.status() == StatusCode::TOO_MANY_REQUESTS
                        && retry_after(answer).is_some())
            }
            (Self::Unthrottled(_), Ok(answer)) => is_gateways(answer.status()),
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
/// Any answer is a success here, also a 500: its protocol reads it.
pub async fn send<P: Platform>(
    context: &Context<'_, P>,
    call: &Call,
    request: &Request,
) -> Result<Response, Problem> {
    send_anew(context, call, async || Ok(request.clone())).await
}

/// Sends a request that is made anew for each attempt, for those that are signed and good for once.
pub async fn send_anew<P: Platform>(
    context: &Context<'_, P>,
    call: &Call,
    mut request: impl AsyncFnMut() -> Result<Request, Problem>,
) -> Result<Response, Problem> {
    let attempts = call.repeat.attempts();
    let mut attempt = 1;
    loop {
        let end = attempt_once(context, call, request().await?, attempt, P::send).await;
        if attempt < attempts && call.repeat.allows(&end) {
            let pause = pause(context.platform, attempt, end.as_ref().ok());
            if pause.saturating_add(SHORTEST_ATTEMPT) < context.left() {
                context.platform.sleep(pause).await;
                attempt = attempt.saturating_add(1);
                continue;
            }
        }
        return end.map_err(|error| problem(call.counterparty, &error));
    }
}

/// Sends `request` once, and says what the platform said: for a call after whose failure it matters whether the
/// other side may have acted ([`SendError::may_have_arrived`]).
pub async fn send_once<P: Platform>(
    context: &Context<'_, P>,
    call: &Call,
    request: Request,
) -> Result<Response, SendError> {
    attempt_once(context, call, request, 1, P::send).await
}

/// Sends `request` once and gives the answer when its head is here, to be passed on while its body comes.
pub async fn open<P: Platform>(
    context: &Context<'_, P>,
    call: &Call,
    request: Request,
) -> Result<http::Response<Stream>, Problem> {
    let end = attempt_once(context, call, request, 1, P::open).await;
    end.map_err(|error| problem(call.counterparty, &error))
}

/// One span, and one line in the log.
async fn attempt_once<P: Platform, T>(
    context: &Context<'_, P>,
    call: &Call,
    mut request: Request,
    attempt: u32,
    send: impl AsyncFnOnce(&P, Request, Limits) -> Result<http::Response<T>, SendError>,
) -> Result<http::Response<T>, SendError> {
    let context = context.part();
    let traceparent = context.span.header();
    request.headers_mut().insert(TRACEPARENT, traceparent);
    let method = request.method().clone();
    let start = context.platform.uptime();
    let limits = mark(&context, call, &mut request);
    let end = if limits.timeout.is_zero() {
        Err(SendError::TimedOut(limits.timeout))
    } else {
        let end = send(context.platform, request, limits).await;
        end.and_then(within_budget)
    };
    let duration = context.platform.uptime().saturating_sub(start);
    let status = end.as_ref().map(http::Response::status);
    context.log(&line(call.counterparty, &method, status, duration, attempt));
    end
}

/// Marks the request where a budget is kept, and gives it time to wait for that.
fn mark<P: Platform>(context: &Context<'_, P>, call: &Call, request: &mut Request) -> Limits {
    let left = context.left();
    let mut timeout = call.timeout.min(left);
    let marks = context.marks.as_ref();
    if let Some(marks) = marks.filter(|marks| marks.cover(request.uri())) {
        let wait = marks.wait(call.timeout, left);
        marks.write(request.headers_mut(), call.counterparty, wait, timeout);
        timeout = timeout.saturating_add(wait).min(left);
    }
    Limits {
        timeout,
        max_body: call.max_body,
    }
}

/// The answer, unless it is of whoever keeps the budget.
fn within_budget<T>(answer: http::Response<T>) -> Result<http::Response<T>, SendError> {
    if !answer.headers().contains_key(marks::REFUSED) {
        return Ok(answer);
    }
    let seconds = retry_after(&answer).map_or(1, |time| time.as_secs());
    Err(SendError::OverBudget(seconds))
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

/// What does not heal by itself has to be looked at here.
const fn level(error: &SendError) -> Level {
    match error {
        SendError::CertificateRefused(_) | SendError::NotTrusted(_) => Level::Error,
        _ => Level::Warn,
    }
}

/// Half of the pause is left to chance, so that many callers do not come back at once.
fn pause(platform: &impl Platform, attempt: u32, answer: Option<&Response>) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let mut chance = [0_u8; 1];
    platform.random(&mut chance);
    let [chance] = chance;
    let half = longest.checked_div(2).unwrap_or_default();
    let more = half.saturating_mul(chance.into()).checked_div(255);
    let jittered = half.saturating_add(more.unwrap_or_default());
    jittered.max(answer.and_then(retry_after).unwrap_or_default())
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). The form with a date is not read: no counterparty sends it.
pub fn retry_after<T>(answer: &http::Response<T>) -> Option<Duration> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// What the caller sees when no answer came from `counterparty`.
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
        // WASI has no more words for it.
        SendError::NotTrusted(_) => problem.advice(format!(
            "The certificate that {counterparty} shows is not trusted: it has expired or been revoked, its issuer is not \
             among the roots (the wrong truststore), or it is for another name, organisation or purpose. The host's log says which."
        )),
        SendError::Tls(_) => problem.advice(format!(
            "TLS with {counterparty} failed: no version in common (it must speak 1.2 or 1.3), no TLS at that port, or, under Spin, which \
             does not tell them apart, a certificate that is not trusted. The host's log says which."
        )),
        // TLS 1.3 refuses a client's certificate when the connection is open already.
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
        SendError::TooLarge(_) => Kind::SourceUnreadable,
    }
}

/// What the caller sees when `counterparty` answered with a status that its protocol has no meaning for.
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

/// What the caller sees when the answer of `counterparty` is not what its protocol says. `reason` never holds the answer itself.
pub fn unreadable(counterparty: &'static str, reason: impl std::fmt::Display) -> Problem {
    Problem::new(Kind::SourceUnreadable).cause(format_args!("{counterparty}: {reason}"))
}
