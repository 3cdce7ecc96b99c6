//! What TLS says last on a connection. With TLS 1.3 a client's certificate is refused after the client's handshake is
//! over, when its request is on the way: the writing fails, or HTTP does, and the reason lies unread.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{failure::tls_cause, shown::Shown};

/// Why TLS ended a connection, if it did, and what we had shown there. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastWords {
    said: Arc<OnceLock<rustls::Error>>,
    pub(crate) shown: Shown,
}

impl LastWords {
    pub(crate) fn after(shown: Shown) -> Self {
        Self {
            shown,
            ..Self::default()
        }
    }

    pub(crate) fn get(&self) -> Option<&rustls::Error> {
        self.said.get()
    }

    fn hear(&self, error: &io::Error) -> bool {
        let cause = tls_cause(error);
        if let Some(cause) = cause {
            // The first is the one that counts.
            _ = self.said.set(cause.clone());
        }
        cause.is_some()
    }
}

/// A TLS stream that reads what is left when it can no longer be written to.
pub(crate) struct Attentive<S> {
    stream: S,
    words: LastWords,
    /// Why it cannot be written to, while the rest is read.
    broken: Option<io::Error>,
}

impl<S: AsyncRead + Unpin> Attentive<S> {
    pub(crate) fn new(stream: S, words: LastWords) -> Self {
        Self {
            stream,
            words,
            broken: None,
        }
    }

    /// Reads to the end, which is near. What was said there counts for more than that writing failed.
    fn rest(&mut self, context: &mut Context<'_>, broken: io::Error) -> Poll<io::Error> {
        let mut space = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => {
                    self.broken = Some(broken);
                    return Poll::Pending;
                }
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Poll::Ready(broken),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(last)) => {
                    let told = self.words.hear(&last);
                    return Poll::Ready(if told { last } else { broken });
                }
            }
        }
    }

    fn unless_broken<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let broken = match self.broken.take() {
            Some(broken) => broken,
            None => match ready!(write(Pin::new(&mut self.stream), context)) {
                Ok(written) => return Poll::Ready(Ok(written)),
                Err(broken) => broken,
            },
        };
        self.rest(context, broken).map(Err)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Attentive<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if let Err(error) = &read {
            self.words.hear(error);
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Attentive<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unless_broken(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unless_broken(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Cannot be written to, and has something left to read.
    struct Closed(Option<io::Error>);

    impl AsyncRead for Closed {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            match self.0.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Ready(Ok(())),
            }
        }
    }

    impl AsyncWrite for Closed {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn an_alert_that_lies_unread_counts_for_more_than_a_broken_pipe() {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateExpired);
        let last = io::Error::new(io::ErrorKind::InvalidData, alert.clone());
        let words = LastWords::default();
        let mut stream = Attentive::new(Closed(Some(last)), words.clone());
        let error = stream.write_all(b"a request").await.unwrap_err();
        assert_eq!(tls_cause(&error), Some(&alert));
        assert_eq!(words.get(), Some(&alert));

        let words = LastWords::default();
        let mut stream = Attentive::new(Closed(None), words.clone());
        let error = stream.write_all(b"a request").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(words.get(), None);
    }
}
