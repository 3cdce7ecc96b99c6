//! Last TLS alert of a connection. In TLS 1.3 a server refuses a client certificate after the
//! client's handshake, while the request is being sent: writing fails, or HTTP does, and the alert
//! remains unread.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::presented_certificate::PresentedCertificate;

/// TLS error that ended a connection, if any, and the certificate presented there. Clones share the
/// state.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsAlert {
    error: Arc<OnceLock<rustls::Error>>,
    pub(crate) presented: PresentedCertificate,
}

impl TlsAlert {
    /// Creates the state of a connection.
    pub(crate) fn new(presented: PresentedCertificate) -> Self {
        Self {
            presented,
            ..Self::default()
        }
    }

    /// Returns the error.
    pub(crate) fn get(&self) -> Option<&rustls::Error> {
        self.error.get()
    }

    /// Records the TLS error in `error`, and returns whether there is one.
    fn record(&self, error: &io::Error) -> bool {
        let cause = tls_cause(error);
        if let Some(cause) = cause {
            // The first error is the cause of later ones.
            _ = self.error.set(cause.clone());
        }
        cause.is_some()
    }
}

/// TLS stream that reads the remaining data when writing fails, to capture the alert.
pub(crate) struct AlertCapturingStream<S> {
    stream: S,
    alert: TlsAlert,
    /// Error of writing, while the remaining data is read.
    broken: Option<io::Error>,
}

impl<S: AsyncRead + Unpin> AlertCapturingStream<S> {
    pub(crate) fn new(stream: S, alert: TlsAlert) -> Self {
        Self {
            stream,
            alert,
            broken: None,
        }
    }

    /// Reads to the end, and returns the TLS error found there, or else the error of writing.
    fn drain(&mut self, context: &mut Context<'_>, broken: io::Error) -> Poll<io::Error> {
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
                    let is_tls = self.alert.record(&last);
                    return Poll::Ready(if is_tls { last } else { broken });
                }
            }
        }
    }

    /// Writes, or drains if writing has failed.
    fn write_or_drain<T>(
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
        self.drain(context, broken).map(Err)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for AlertCapturingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if let Err(error) = &read {
            self.alert.record(error);
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for AlertCapturingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_or_drain(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_or_drain(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Returns the TLS error inside an I/O error.
pub(super) fn tls_cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Stream that refuses writes and has data left to read.
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
        let captured = TlsAlert::default();
        let mut stream = AlertCapturingStream::new(Closed(Some(last)), captured.clone());
        let error = stream.write_all(b"a request").await.unwrap_err();
        assert_eq!(tls_cause(&error), Some(&alert));
        assert_eq!(captured.get(), Some(&alert));

        let captured = TlsAlert::default();
        let mut stream = AlertCapturingStream::new(Closed(None), captured.clone());
        let error = stream.write_all(b"a request").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(captured.get(), None);
    }
}
