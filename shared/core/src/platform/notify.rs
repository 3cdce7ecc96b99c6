//! Single-use notification (one-shot) between requests of an instance.
//!
//! On Spin each request is a task of its own, and a waker of one task does not work in another:
//! only a host resource wakes across tasks. An empty stream is such a resource; closing it is the
//! notification.

/// Sender. Dropping it notifies the [`Notified`] that it was made with.
#[derive(Debug)]
pub struct Notifier {
    _end: Sender,
}

/// Receiver, which waits for the [`Notifier`] that it was made with.
#[derive(Debug)]
pub struct Notified {
    end: Receiver,
}

/// Creates a sender and its receiver.
pub fn pair() -> (Notifier, Notified) {
    let (here, there) = ends();
    (Notifier { _end: here }, Notified { end: there })
}

impl Notified {
    /// Waits until the sender is dropped.
    pub async fn wait(self) {
        #[cfg(target_family = "wasm")]
        let _ended = { self.end }.next().await;
        #[cfg(not(target_family = "wasm"))]
        let _ended = self.end.await;
    }
}

#[cfg(target_family = "wasm")]
type Sender = spin_sdk::wit_bindgen::StreamWriter<u8>;
#[cfg(target_family = "wasm")]
type Receiver = spin_sdk::wit_bindgen::StreamReader<u8>;
#[cfg(target_family = "wasm")]
fn ends() -> (Sender, Receiver) {
    spin_sdk::wasip3::wit_stream::new::<u8>()
}

#[cfg(not(target_family = "wasm"))]
type Sender = futures::channel::oneshot::Sender<()>;
#[cfg(not(target_family = "wasm"))]
type Receiver = futures::channel::oneshot::Receiver<()>;
#[cfg(not(target_family = "wasm"))]
fn ends() -> (Sender, Receiver) {
    futures::channel::oneshot::channel()
}
