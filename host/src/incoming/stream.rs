//! Byte stream of a client with time limits: for a request head, between requests, and for a client
//! that does not read.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::deadline::after;
use crate::lock::locked;
use crate::options::ConnectionLimits;

/// Input that the server awaits from a client, shared by its stream and its requests.
pub(super) struct InputTimer {
    head: Duration,
    idle: Duration,
    awaited: Mutex<AwaitedInput>,
    begun: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AwaitedInput {
    /// Request head, to be complete by then.
    Head { until: Instant, begun: bool },
    /// First byte of a further request.
    Request { until: Instant },
    /// Absence of a limit: a request is in progress.
    Nothing,
}

/// Reason why a stream was ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expired {
    /// The request head is incomplete.
    Head,
    /// The client sent no request.
    Silence,
    /// The client did not read the answer.
    Unread,
}

impl InputTimer {
    /// Creates the pace of a connection that awaits the head of its first request.
    pub(super) fn new(limits: &ConnectionLimits, now: Instant) -> Arc<Self> {
        Arc::new(Self {
            head: limits.head,
            idle: limits.idle,
            awaited: Mutex::new(AwaitedInput::Head {
                until: after(now, limits.head),
                begun: false,
            }),
            begun: AtomicBool::new(false),
        })
    }

    /// Returns true once a whole request head has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Marks that a request is in progress.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
        *locked(&self.awaited) = AwaitedInput::Nothing;
    }

    /// Marks that the request was answered.
    pub(super) fn rest(&self, now: Instant) {
        let until = after(now, self.idle);
        *locked(&self.awaited) = AwaitedInput::Request { until };
    }

    fn received(&self, now: Instant) {
        let mut awaited = locked(&self.awaited);
        *awaited = match *awaited {
            AwaitedInput::Head { until, .. } => AwaitedInput::Head { until, begun: true },
            AwaitedInput::Request { .. } => AwaitedInput::Head {
                until: after(now, self.head),
                begun: true,
            },
            AwaitedInput::Nothing => AwaitedInput::Nothing,
        };
    }

    fn deadline(&self) -> Option<(Instant, Expired)> {
        match *locked(&self.awaited) {
            AwaitedInput::Head { until, begun: true } => Some((until, Expired::Head)),
            AwaitedInput::Head { until, .. } | AwaitedInput::Request { until } => {
                Some((until, Expired::Silence))
            }
            AwaitedInput::Nothing => None,
        }
    }
}

/// Stream that fails with [`io::ErrorKind::TimedOut`] if the client is too slow.
pub(super) struct TimedStream<S> {
    inner: S,
    pace: Arc<InputTimer>,
    write_limit: Duration,
    read: Option<Pin<Box<Sleep>>>,
    write: Option<Pin<Box<Sleep>>>,
    expired: Option<Expired>,
}

impl<S> TimedStream<S> {
    pub(super) fn new(inner: S, pace: Arc<InputTimer>, limits: &ConnectionLimits) -> Self {
        Self {
            inner,
            pace,
            write_limit: limits.write,
            read: None,
            write: None,
            expired: None,
        }
    }

    /// Returns the expired time limit, if that is why the stream failed.
    pub(super) fn expired(&self) -> Option<Expired> {
        self.expired
    }

    /// Returns the stream without limits.
    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Passes on the result of a write. The limit begins with the first one that waits and ends
    /// with one that does not.
    fn timed<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.write = None;
            return outcome;
        }
        let limit = self.write_limit;
        let sleep = self
            .write
            .get_or_insert_with(|| Box::pin(sleep_until(after(Instant::now(), limit))));
        ready!(sleep.as_mut().poll(context));
        self.expired = Some(Expired::Unread);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut self.inner).poll_read(context, buffer) {
            if buffer.filled().len() > before {
                self.pace.received(Instant::now());
            }
            return Poll::Ready(outcome);
        }
        let Some((until, expired)) = self.pace.deadline() else {
            return Poll::Pending;
        };
        let sleep = self
            .read
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        ready!(sleep.as_mut().poll(context));
        self.expired = Some(expired);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.timed(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.timed(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        self.timed(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
        self.timed(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_its_time_from_its_first_byte_and_a_first_one_from_the_connection() {
        let limits = ConnectionLimits {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            ..ConnectionLimits::default()
        };
        let start = Instant::now();
        let at = |seconds| start.checked_add(Duration::from_secs(seconds)).unwrap();
        let pace = InputTimer::new(&limits, start);
        assert_eq!(pace.deadline(), Some((at(10), Expired::Silence)));
        pace.received(at(9));
        assert_eq!(pace.deadline(), Some((at(10), Expired::Head)));
        pace.begin();
        // Bytes of a body.
        pace.received(at(20));
        assert_eq!(pace.deadline(), None);
        pace.rest(at(30));
        assert_eq!(pace.deadline(), Some((at(90), Expired::Silence)));
        pace.received(at(80));
        pace.received(at(89));
        assert_eq!(pace.deadline(), Some((at(90), Expired::Head)));
    }
}
