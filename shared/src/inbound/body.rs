//! Reading a body.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Frame;

use crate::problem::{Kind, Problem};

/// The largest body of most routes, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// How much of a body that is too large is still read and thrown away, in bytes: a caller who is cut
/// off while it sends may never see the answer.
const PATIENCE: usize = 2 * 1024 * 1024;

/// How much room is made before anything has arrived, in bytes: as much as a JSON text may have without its documents.
const UNWATCHED: usize = 128 * 1024;

/// A body that its handler reads itself, when it knows who sends it and has room for it.
pub struct Upload {
    body: Pin<Box<dyn Frames>>,
    /// What the caller says, in bytes.
    length: Option<usize>,
    /// Judges what has come so far.
    watch: Box<Watch>,
}

/// Judges the part of a body that has arrived.
type Watch = dyn FnMut(&[u8]) -> Result<(), Problem>;

impl Upload {
    pub(crate) fn new<B>(headers: &HeaderMap, body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        let length = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            body: Box::pin(body),
            length,
            watch: Box::new(|_| Ok(())),
        }
    }

    /// Has `watch` judge the body each time that more of it has arrived: it is given all that is here. A body that it
    /// refuses is thrown away.
    pub(crate) fn watched(
        mut self,
        watch: impl FnMut(&[u8]) -> Result<(), Problem> + 'static,
    ) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// All of it, of at most `largest` bytes. Room for a body that says how long it is is made at once, when the first of it
    /// has passed the watch, so that it is here once only.
    pub async fn read(mut self, largest: usize) -> Result<Bytes, Problem> {
        let too_large = || {
            let detail = format!("The body may have {} KiB at most", largest / 1024);
            Problem::new(Kind::BodyTooLarge).detail(detail)
        };
        let most = largest.saturating_add(PATIENCE);
        let expected = self.length.unwrap_or(0);
        if expected > most {
            return Err(too_large());
        }
        let mut read = 0_usize;
        let mut refusal = None;
        let mut whole = BytesMut::with_capacity(expected.min(largest).min(UNWATCHED));
        while let Some(frame) =
            std::future::poll_fn(|context| self.body.as_mut().poll(context)).await
        {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            read = read.saturating_add(data.len());
            if read > most {
                break;
            }
            if refusal.is_some() {
                continue;
            }
            refusal = if read > largest {
                Some(too_large())
            } else {
                if data.len() > whole.capacity().saturating_sub(whole.len()) {
                    let rest = expected.min(largest).saturating_sub(whole.len());
                    whole.reserve(rest.max(data.len()));
                }
                whole.extend_from_slice(&data);
                (self.watch)(&whole).err()
            };
            if refusal.is_some() {
                whole = BytesMut::new();
            }
        }
        refusal.map_or_else(|| Ok(whole.freeze()), Err)
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upload")
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
