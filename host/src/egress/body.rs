//! Bodies with a digest in the caller's credential. They are passed on as they arrive, except for
//! the last piece, which follows once the digest is verified: the counterparty never gets a whole
//! request with another body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use credential::{BodyDigest, BodyHasher};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, WasiBody};

use super::answer::Fault;

/// Flag for a body that differs from its digest.
#[derive(Clone, Default)]
pub(super) struct DigestVerdict(Arc<AtomicBool>);

impl DigestVerdict {
    pub(super) fn differs(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Wraps the body to verify its digest, if the credential has one.
///
/// # Errors
/// [`Fault::CredentialElsewhere`] where there is no body, and the digest is that of one.
pub(super) fn held_to<B>(
    request: Request<B>,
    digest: Option<BodyDigest>,
) -> Result<(Request<WasiBody>, DigestVerdict), Fault>
where
    B: Body<Data = Bytes, Error = Error> + Send + Unpin + 'static,
{
    let verdict = DigestVerdict::default();
    let Some(expected) = digest else {
        return Ok((request.map(BodyExt::boxed_unsync), verdict));
    };
    if request.body().is_end_stream() {
        if expected != BodyDigest::from_body(b"") {
            return Err(Fault::CredentialElsewhere);
        }
        return Ok((request.map(BodyExt::boxed_unsync), verdict));
    }
    let request = request.map(|inner| {
        let body = WithheldBody {
            inner,
            hasher: Some(BodyHasher::default()),
            expected,
            held: None,
            verdict: verdict.clone(),
        };
        body.boxed_unsync()
    });
    Ok((request, verdict))
}

/// Body whose last piece is withheld until the digest is verified.
struct WithheldBody<B> {
    inner: B,
    /// `None` once the body has ended.
    hasher: Option<BodyHasher>,
    expected: BodyDigest,
    held: Option<Bytes>,
    verdict: DigestVerdict,
}

impl<B> Body for WithheldBody<B>
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        while let Some(hasher) = &mut this.hasher {
            match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    // Trailers are not under the digest, and are not passed on.
                    let Ok(piece) = frame.into_data() else {
                        continue;
                    };
                    if piece.is_empty() {
                        continue;
                    }
                    hasher.update(&piece);
                    if let Some(before) = this.held.replace(piece) {
                        return Poll::Ready(Some(Ok(Frame::data(before))));
                    }
                }
                Some(Err(error)) => {
                    this.held = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    let digest = this.hasher.take().map(BodyHasher::finish);
                    if digest != Some(this.expected) {
                        this.held = None;
                        this.verdict.0.store(true, Ordering::Relaxed);
                        return Poll::Ready(Some(Err(Error::HttpProtocolError)));
                    }
                }
            }
        }
        Poll::Ready(this.held.take().map(|last| Ok(Frame::data(last))))
    }

    fn is_end_stream(&self) -> bool {
        self.hasher.is_none() && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, Bytes::len);
        let held = u64::try_from(held).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn pieces(
        pieces: &[&'static str],
    ) -> impl Body<Data = Bytes, Error = Error> + Send + Unpin + 'static {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn the_last_piece_follows_when_the_digest_is_right() {
        for (given, passed) in [
            (
                &["one ", "two ", "three"][..],
                &["one ", "two ", "three"][..],
            ),
            (&["one ", "", "two three", ""], &["one ", "two three"]),
            (&["one two three"], &["one two three"]),
            // The whole has the digest of another text: its last piece is never sent.
            (&["one ", "two ", "four"], &["one ", "two "]),
            (&["one two four"], &[]),
            (&["one two three", "!"], &["one two three"]),
            (&[], &[]),
        ] {
            let right = given.concat() == "one two three";
            let digest = BodyDigest::from_body(b"one two three");
            let (request, verdict) = held_to(Request::new(pieces(given)), Some(digest)).unwrap();
            let (mut body, mut left) = (request.into_body(), Vec::new());
            let end = loop {
                match body.frame().await {
                    Some(Ok(frame)) => left.push(frame.into_data().unwrap()),
                    Some(Err(_)) => break false,
                    None => break true,
                }
            };
            assert_eq!(left, passed, "{given:?}");
            assert_eq!((end, verdict.differs()), (right, !right), "{given:?}");
        }
    }

    #[test]
    fn a_request_without_a_body_is_judged_at_once() {
        let empty = || Request::new(Full::new(Bytes::new()).map_err(|never| match never {}));
        assert!(held_to(empty(), Some(BodyDigest::from_body(b""))).is_ok());
        assert!(held_to(empty(), None).is_ok());
        let refused = held_to(empty(), Some(BodyDigest::from_body(b"x"))).err();
        assert_eq!(refused, Some(Fault::CredentialElsewhere));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_completed() {
        let broken = stream::iter([
            Ok(Frame::data(Bytes::from_static(b"whole"))),
            Err(Error::ConnectionTerminated),
        ]);
        let request = Request::new(StreamBody::new(broken));
        let (request, verdict) = held_to(request, Some(BodyDigest::from_body(b"whole"))).unwrap();
        assert!(request.into_body().frame().await.unwrap().is_err());
        assert!(!verdict.differs());
    }
}
