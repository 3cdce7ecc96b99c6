//! Stream of a store's keys, read from the store while the guest takes them.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;
use futures::future::BoxFuture;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::error::StoreError;
use super::page::{KeyPosition, Page};
use super::store::Backend;

/// Producer of a store's keys for a guest, page by page.
pub(super) struct Keys {
    backend: Backend,
    next: Option<KeyPosition>,
    /// Page that is being read.
    page: Option<BoxFuture<'static, Result<Page, StoreError>>>,
    /// Sender of the outcome, used once.
    outcome: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Keys {
    /// Streams the keys of `backend`. After the last one, the receiver gets the outcome; nothing if
    /// the guest stops earlier.
    pub(super) fn stream(backend: Backend) -> (Self, oneshot::Receiver<Result<(), StoreError>>) {
        let (sender, receiver) = oneshot::channel();
        let keys = Self {
            backend,
            next: Some(KeyPosition::Beginning),
            page: None,
            outcome: Some(sender),
        };
        (keys, receiver)
    }

    fn end(&mut self, outcome: Result<(), StoreError>) -> StreamResult {
        if let Some(sender) = self.outcome.take() {
            // A guest that has gone needs no outcome.
            let _gone = sender.send(outcome);
        }
        StreamResult::Dropped
    }
}

impl<D> StreamProducer<D> for Keys {
    type Item = String;
    type Buffer = VecBuffer<String>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, VecBuffer<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        loop {
            let mut page = match (self.page.take(), self.next.take()) {
                (Some(page), _) => page,
                (None, Some(place)) => {
                    let backend = self.backend.clone();
                    Box::pin(async move { backend.keys(place).await })
                }
                (None, None) => return Poll::Ready(Ok(self.end(Ok(())))),
            };
            match page.as_mut().poll(context) {
                Poll::Pending => {
                    self.page = Some(page);
                    return if finish {
                        Poll::Ready(Ok(StreamResult::Cancelled))
                    } else {
                        Poll::Pending
                    };
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Ok(self.end(Err(error)))),
                Poll::Ready(Ok(page)) => {
                    self.next = page.next;
                    if !page.keys.is_empty() {
                        destination.set_buffer(page.keys.into());
                        return Poll::Ready(Ok(StreamResult::Completed));
                    }
                }
            }
        }
    }
}
