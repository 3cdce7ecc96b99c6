//! Reading of request bodies: only for a verified caller, at a minimum rate, in pieces of a minimum
//! size, into counted memory.

use std::cell::RefCell;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, header};
use http_body::Frame;

use super::memory_budget::MemoryReservation;
use super::minimum_rate::MinimumRate;
use crate::caller::VerifiedCaller;
use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

/// Maximum body size of most routes, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// Number of bytes of a body that is too large that are still read and discarded: a caller that is
/// cut off while it sends may never see the response.
const PATIENCE: usize = 2 * 1024 * 1024;

/// Initial buffer size, in bytes. The buffer grows with the data received, never by the announced
/// length.
const FIRST_BUFFER: usize = 4 * 1024;

/// Body of a request that has not been read.
#[derive(Default)]
pub struct UnreadBody(RefCell<Option<Incoming>>);

struct Incoming {
    frames: Pin<Box<dyn Frames>>,
    /// Length that the caller announces (`Content-Length`), in bytes.
    length: Option<usize>,
}

/// Limits of a body, and the memory share that counts its bytes.
pub struct BodyLimits<'a, 'r> {
    /// Maximum size, in bytes.
    pub largest: usize,
    /// Memory share, which grows with the bytes received.
    pub reservation: Option<&'a mut MemoryReservation<'r>>,
    /// Check of the data received so far, called after each piece. A body that it refuses is
    /// discarded.
    pub watch: Option<&'a mut Watch<'a>>,
}

/// Check of the part of a body that has been received.
pub(crate) type Watch<'a> = dyn FnMut(&[u8]) -> Result<(), Problem> + 'a;

impl UnreadBody {
    /// Wraps `body`, whose length `headers` may announce.
    pub fn new<B>(headers: &HeaderMap, body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        let length = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Self(RefCell::new(Some(Incoming {
            frames: Box::pin(body),
            length,
        })))
    }

    /// Reads the whole body of a verified caller. A second read returns an empty body.
    ///
    /// # Errors
    ///
    /// [`Kind::BodyTooLarge`] over `limits.largest`, [`Kind::RequestTimeout`] under the minimum
    /// rate, [`Kind::RequestInvalid`] for a body that breaks off or comes in too small pieces, and
    /// the problems of `MemoryReservation::grow` and [`VerifiedCaller::check_body`].
    pub async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
        limits: BodyLimits<'_, '_>,
    ) -> Result<Bytes, Problem> {
        let incoming = self.0.take();
        match incoming {
            Some(incoming) => {
                let body = incoming.read(context, limits).await?;
                caller.check_body(&body)?;
                Ok(body)
            }
            None => Ok(Bytes::new()),
        }
    }
}

impl std::fmt::Debug for UnreadBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnreadBody")
    }
}

impl Incoming {
    async fn read<P: Platform>(
        mut self,
        context: &Context<'_, P>,
        mut limits: BodyLimits<'_, '_>,
    ) -> Result<Bytes, Problem> {
        let largest = limits.largest;
        let too_large = || {
            let detail = format!("The body may have {} KiB at most", largest / 1024);
            Problem::new(Kind::BodyTooLarge).detail(detail)
        };
        let most = largest.saturating_add(PATIENCE);
        let expected = self.length.unwrap_or(0);
        if expected > most {
            return Err(too_large());
        }
        let mut rate = MinimumRate::start(context);
        let mut read = 0_usize;
        let mut whole = Vec::new();
        let mut refusal = None;
        while let Some(data) = self.next(context, &rate).await? {
            rate.count(context, data.len())?;
            read = read.saturating_add(data.len());
            if read > largest {
                refusal.get_or_insert_with(too_large);
            }
            if read > most {
                break;
            }
            if refusal.is_some() {
                whole = Vec::new();
                continue;
            }
            if read > whole.capacity() {
                let doubled = whole.capacity().saturating_mul(2).max(FIRST_BUFFER);
                let last = if expected < read { largest } else { expected };
                let capacity = doubled.min(last).min(largest).max(read);
                if let Some(reservation) = &mut limits.reservation
                    && reservation.grow(context, capacity).await?
                {
                    // The wait for memory does not count against the caller's rate.
                    rate.restart(context);
                }
                whole.reserve_exact(capacity.saturating_sub(whole.len()));
            }
            whole.extend_from_slice(&data);
            if let Some(watch) = &mut limits.watch {
                refusal = watch(&whole).err();
            }
        }
        refusal.map_or_else(|| Ok(Bytes::from(whole)), Err)
    }

    /// Returns the next piece of data, as long as the caller keeps the minimum rate.
    async fn next<P: Platform>(
        &mut self,
        context: &Context<'_, P>,
        rate: &MinimumRate,
    ) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = pin!(std::future::poll_fn(|waker| self
                .frames
                .as_mut()
                .poll(waker)));
            let end = pin!(context.platform.sleep(rate.left(context)));
            match select(frame, end).await {
                Either::Left((None, _)) => return Ok(None),
                Either::Left((Some(frame), _)) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
                Either::Right(_) => return Err(MinimumRate::too_slow()),
            }
        }
    }
}

/// Body whose transport errors, which are the caller's, are converted to problems.
trait Frames {
    fn poll(
        self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Problem>>>;
}

impl<B: http_body::Body<Data = Bytes>> Frames for B {
    fn poll(
        self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Problem>>> {
        self.poll_frame(context)
            .map_err(|_| Problem::new(Kind::RequestInvalid).detail("The request body ended early"))
    }
}
