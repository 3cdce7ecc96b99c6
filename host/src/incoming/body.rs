//! Request bodies with a minimum rate: a time limit for each 64 KiB, and a limit on tiny chunks.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};
use wasmtime_wasi_http::Error;

use crate::deadline::after;
use crate::options::ConnectionLimits;

/// Bytes of a body that each have the time limit.
const PORTION: usize = 64 * 1024;
/// A chunk under this many bytes is small.
const SMALL: usize = 16;

/// Reason why reading a body was stopped. The client causes both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BodyFault {
    /// A portion, or the whole, did not arrive within its time.
    Slow,
    /// Too many small chunks.
    SmallChunks,
}

impl BodyFault {
    /// Returns the status that answers the request.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::SmallChunks => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the name in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow-body",
            Self::SmallChunks => "small-chunks",
        }
    }

    fn error(self) -> Error {
        match self {
            Self::Slow => Error::ConnectionReadTimeout,
            Self::SmallChunks => Error::HttpProtocolError,
        }
    }
}

/// Progress of a request body, for the code that answers the request. It is in the request's
/// extensions.
#[derive(Clone, Default)]
pub(crate) struct Upload(Arc<Progress>);

#[derive(Default)]
struct Progress {
    fault: OnceLock<BodyFault>,
    failed: Notify,
}

impl Upload {
    /// Resolves when the body has failed, and never for one that does not.
    pub(crate) async fn failed(&self) -> BodyFault {
        loop {
            if let Some(fault) = self.fault() {
                return fault;
            }
            self.0.failed.notified().await;
        }
    }

    /// Returns why the body has failed, if it has.
    pub(crate) fn fault(&self) -> Option<BodyFault> {
        self.0.fault.get().copied()
    }

    fn fail(&self, fault: BodyFault) {
        // The first fault stays.
        _ = self.0.fault.set(fault);
        self.0.failed.notify_one();
    }
}

/// Request body that fails if it arrives too slowly or in too small chunks. Only time in which the
/// reader waits for data counts: a busy reader does not make its client slow.
pub(crate) struct PacedBody<B> {
    inner: B,
    upload: Upload,
    limit: Duration,
    /// Remaining time for the whole body.
    whole_left: Duration,
    /// Remaining time for the present portion.
    left: Duration,
    /// Bytes of the present portion.
    received: usize,
    small_left: usize,
    waiting_since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<B> PacedBody<B> {
    pub(crate) fn new(inner: B, limits: &ConnectionLimits) -> Self {
        Self {
            inner,
            upload: Upload::default(),
            limit: limits.body,
            whole_left: limits.whole_body,
            left: limits.body,
            received: 0,
            small_left: limits.small_chunks,
            waiting_since: None,
            sleep: None,
        }
    }

    pub(crate) fn upload(&self) -> Upload {
        self.upload.clone()
    }

    /// Ends a wait, and subtracts its length from the remaining time.
    fn arrived(&mut self, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            let waited = now.duration_since(since);
            self.left = self.left.saturating_sub(waited);
            self.whole_left = self.whole_left.saturating_sub(waited);
        }
    }

    /// Counts a chunk.
    ///
    /// # Errors
    ///
    /// [`BodyFault::SmallChunks`] for the first small one that is not allowed.
    fn count(&mut self, length: usize) -> Result<(), BodyFault> {
        if length < SMALL {
            self.small_left = self
                .small_left
                .checked_sub(1)
                .ok_or(BodyFault::SmallChunks)?;
        }
        self.received = self.received.saturating_add(length);
        if self.received >= PORTION {
            self.received = self.received.checked_rem(PORTION).unwrap_or_default();
            self.left = self.limit;
        }
        Ok(())
    }

    fn fail(&mut self, fault: BodyFault) -> Error {
        self.upload.fail(fault);
        fault.error()
    }
}

impl<B> Body for PacedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    Error: From<B::Error>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(fault) = self.upload.fault() {
            return Poll::Ready(Some(Err(fault.error())));
        }
        if let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) {
            self.arrived(Instant::now());
            return Poll::Ready(match next {
                Some(Ok(frame)) => {
                    let length = frame.data_ref().map_or(SMALL, Bytes::len);
                    Some(match self.count(length) {
                        Ok(()) => Ok(frame),
                        Err(fault) => Err(self.fail(fault)),
                    })
                }
                Some(Err(error)) => Some(Err(error.into())),
                None => None,
            });
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let until = after(since, self.left.min(self.whole_left));
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(Some(Err(self.fail(BodyFault::Slow))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;

    use futures::FutureExt as _;
    use http_body_util::BodyExt as _;

    use super::*;

    /// Chunks that are available, followed by an endless wait or the end.
    struct Chunks(VecDeque<Bytes>, bool);

    impl Body for Chunks {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.pop_front() {
                Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
                None if self.1 => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    fn body(lengths: &[usize], ends: bool, limit: Duration) -> PacedBody<Chunks> {
        let chunks = lengths
            .iter()
            .map(|length| Bytes::from(vec![b'x'; *length]));
        let limits = ConnectionLimits {
            body: limit,
            whole_body: Duration::from_mins(1),
            small_chunks: 100,
            ..ConnectionLimits::default()
        };
        PacedBody::new(Chunks(chunks.collect(), ends), &limits)
    }

    #[tokio::test]
    async fn small_chunks_are_refused_after_the_first_hundred() {
        let long = Duration::from_mins(10);
        for (lengths, fails) in [
            (vec![1; 100], false),
            (vec![15; 101], true),
            (vec![16; 5000], false),
            ([vec![64 * 1024; 50], vec![1; 100]].concat(), false),
        ] {
            let body = body(&lengths, true, long);
            let upload = body.upload();
            assert_eq!(body.collect().await.is_err(), fails, "{}", lengths.len());
            let fault = upload.failed().now_or_never();
            assert_eq!(fault, fails.then_some(BodyFault::SmallChunks));
        }
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_fails() {
        let mut body = body(&[1000], false, Duration::from_millis(20));
        let upload = body.upload();
        body.frame().await.unwrap().unwrap();
        assert_eq!(upload.fault(), None);
        assert!(matches!(
            body.frame().await,
            Some(Err(Error::ConnectionReadTimeout))
        ));
        assert_eq!(upload.failed().await, BodyFault::Slow);
    }

    #[test]
    fn each_portion_has_the_whole_limit_and_no_chunk_more_than_is_left() {
        let limit = Duration::from_secs(10);
        let mut body = body(&[], false, limit);
        let start = Instant::now();
        let at = |seconds| start.checked_add(Duration::from_secs(seconds)).unwrap();
        for (waits_from, arrives, length, left) in [
            (0, 4, 1000, 6),
            (100, 103, 1000, 3),
            (200, 201, PORTION, 10),
            // The portion before has left 2,000 bytes to this one.
            (300, 301, PORTION - 2001, 9),
            (400, 401, 1, 10),
        ] {
            body.waiting_since = Some(at(waits_from));
            body.arrived(at(arrives));
            body.count(length).unwrap();
            assert_eq!(body.left, Duration::from_secs(left), "{waits_from}");
        }
        assert_eq!(body.whole_left, Duration::from_secs(60 - 10));
    }
}
