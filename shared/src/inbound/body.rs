//! Reading a body: of a verified caller only, at a minimum rate, in pieces of a minimum size, into memory that is counted.

use std::cell::RefCell;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, header};
use http_body::Frame;

use super::pace::Pace;
use super::room::Share;
use crate::context::Context;
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// The largest body of most routes, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// How much of a body that is too large is still read and thrown away, in bytes: a caller who is cut
/// off while it sends may never see the answer.
const PATIENCE: usize = 2 * 1024 * 1024;

/// The first buffer, in bytes. It grows with what arrives, never by what the caller announces.
const FIRST_BUFFER: usize = 4 * 1024;

/// Proof that the caller of a request has been verified: no body is read without one.
pub(crate) trait VerifiedCaller {}

/// The body of a request, of which nothing has been read.
#[derive(Default)]
pub struct UnreadBody(RefCell<Option<Incoming>>);

struct Incoming {
    frames: Pin<Box<dyn Frames>>,
    /// Length that the caller announces (`Content-Length`), in bytes.
    length: Option<usize>,
}

/// The most that a body may hold, and where its bytes are counted.
pub(crate) struct Allowance<'a, 'r> {
    /// In bytes.
    pub(crate) largest: usize,
    /// Grows with the bytes that have arrived.
    pub(crate) share: Option<&'a mut Share<'r>>,
    /// Judges all that is here each time that more has arrived. A body that it refuses is thrown away.
    pub(crate) watch: Option<&'a mut Watch<'a>>,
}

/// Judges the part of a body that has arrived.
pub(crate) type Watch<'a> = dyn FnMut(&[u8]) -> Result<(), Problem> + 'a;

impl UnreadBody {
    pub(crate) fn new<B>(headers: &HeaderMap, body: B) -> Self
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

    /// Reads the whole body of a caller who has been verified. A second reading is empty.
    ///
    /// # Errors
    /// [`Kind::BodyTooLarge`] over `allowance.largest`, [`Kind::RequestTimeout`] under the minimum rate,
    /// [`Kind::RequestInvalid`] for a body that breaks off or comes in too small pieces, and what [`Share::grow`] says.
    pub(crate) async fn read<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _caller: &impl VerifiedCaller,
        allowance: Allowance<'_, '_>,
    ) -> Result<Bytes, Problem> {
        let incoming = self.0.take();
        match incoming {
            Some(incoming) => incoming.read(context, allowance).await,
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
        mut allowance: Allowance<'_, '_>,
    ) -> Result<Bytes, Problem> {
        let largest = allowance.largest;
        let too_large = || {
            let detail = format!("The body may have {} KiB at most", largest / 1024);
            Problem::new(Kind::BodyTooLarge).detail(detail)
        };
        let most = largest.saturating_add(PATIENCE);
        let expected = self.length.unwrap_or(0);
        if expected > most {
            return Err(too_large());
        }
        let mut pace = Pace::start(context);
        let mut read = 0_usize;
        let mut whole = Vec::new();
        let mut refusal = None;
        while let Some(data) = self.next(context, &pace).await? {
            pace.count(context, data.len())?;
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
                if let Some(share) = &mut allowance.share
                    && share.grow(context, capacity).await?
                {
                    // Waiting for memory is not the caller's slowness.
                    pace.restart(context);
                }
                whole.reserve_exact(capacity.saturating_sub(whole.len()));
            }
            whole.extend_from_slice(&data);
            if let Some(watch) = &mut allowance.watch {
                refusal = watch(&whole).err();
            }
        }
        refusal.map_or_else(|| Ok(Bytes::from(whole)), Err)
    }

    /// The next piece of data, as long as the caller keeps the pace.
    async fn next<P: Platform>(
        &mut self,
        context: &Context<'_, P>,
        pace: &Pace,
    ) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = pin!(std::future::poll_fn(|waker| self
                .frames
                .as_mut()
                .poll(waker)));
            let end = pin!(context.platform.sleep(pace.left(context)));
            match select(frame, end).await {
                Either::Left((None, _)) => return Ok(None),
                Either::Left((Some(frame), _)) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
                Either::Right(_) => return Err(Pace::too_slow()),
            }
        }
    }
}

/// A body whose error, which is the caller's, has become a problem.
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
            .map_err(|_| Problem::new(Kind::RequestInvalid).detail("The body broke off"))
    }
}
