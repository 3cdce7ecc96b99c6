//! Bodies of answers: complete, or streamed.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use super::SendError;

/// Maximum size of a piece, in bytes: some platforms copy each piece.
const LARGEST_PIECE: usize = 64 * 1024;

/// Streamed body. Its errors are those of the call that it belongs to.
pub type Stream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = SendError>>>;

/// Body of this app's answer.
pub enum Body {
    /// Complete body.
    Whole(Bytes),
    /// Streamed body, passed on piece by piece and never held in memory as a whole.
    Stream(Stream),
}

impl Body {
    /// Returns the length in bytes, if it is known in advance.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => u64::try_from(bytes.len()).ok(),
            Self::Stream(stream) => stream.size_hint().exact(),
        }
    }

    /// Reads the whole body, of at most `largest` bytes.
    ///
    /// # Errors
    /// [`SendError::TooLarge`] if it is longer, or the error of the stream.
    pub async fn collect(self, largest: usize) -> Result<Bytes, SendError> {
        match self {
            Self::Whole(bytes) if bytes.len() <= largest => Ok(bytes),
            Self::Whole(_) => Err(SendError::TooLarge(largest)),
            Self::Stream(stream) => collect(stream, largest).await,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => {
                let piece = bytes.split_to(bytes.len().min(LARGEST_PIECE));
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Self::Stream(stream) => stream.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Reads a stream. The memory is allocated at once if the length is known, so that the bytes are
/// held only once.
async fn collect(mut stream: Stream, largest: usize) -> Result<Bytes, SendError> {
    let expected = stream.size_hint().exact().unwrap_or(0);
    let expected = usize::try_from(expected).unwrap_or(usize::MAX);
    if expected > largest {
        return Err(SendError::TooLarge(largest));
    }
    let mut whole = BytesMut::with_capacity(expected);
    while let Some(frame) =
        std::future::poll_fn(|context| stream.as_mut().poll_frame(context)).await
    {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if data.len() > largest.saturating_sub(whole.len()) {
            return Err(SendError::TooLarge(largest));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}
