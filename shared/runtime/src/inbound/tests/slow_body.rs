//! Streamed response body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use innsyn_core::platform::SendError;

/// Body of several pieces without an announced length.
pub(super) struct SlowBody(pub(super) usize);

impl Body for SlowBody {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let Some(left) = self.0.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.0 = left;
        let piece = Frame::data(Bytes::from_static(b"piece "));
        Poll::Ready(Some(Ok(piece)))
    }
}
