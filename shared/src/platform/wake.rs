//! One request of an instance wakes another.
//!
//! On Spin each request is a task of its own, and a waker of one is of no use in another: only what the host
//! knows of wakes across tasks. A stream without elements is such a thing; its end is the call.

/// Dropping it calls the one who waits for its [`Turn`].
#[derive(Debug)]
pub(crate) struct Call {
    _end: End,
}

/// Waits for the [`Call`] that it was made with.
#[derive(Debug)]
pub(crate) struct Turn {
    end: OtherEnd,
}

/// A call and the turn that it begins.
pub(crate) fn pair() -> (Call, Turn) {
    let (here, there) = ends();
    (Call { _end: here }, Turn { end: there })
}

impl Turn {
    /// Ends when the call is dropped.
    pub(crate) async fn wait(self) {
        #[cfg(target_family = "wasm")]
        let _ended = { self.end }.next().await;
        #[cfg(not(target_family = "wasm"))]
        let _ended = self.end.await;
    }
}

#[cfg(target_family = "wasm")]
type End = spin_sdk::wit_bindgen::StreamWriter<u8>;
#[cfg(target_family = "wasm")]
type OtherEnd = spin_sdk::wit_bindgen::StreamReader<u8>;
#[cfg(target_family = "wasm")]
fn ends() -> (End, OtherEnd) {
    spin_sdk::wasip3::wit_stream::new::<u8>()
}

#[cfg(not(target_family = "wasm"))]
type End = futures::channel::oneshot::Sender<()>;
#[cfg(not(target_family = "wasm"))]
type OtherEnd = futures::channel::oneshot::Receiver<()>;
#[cfg(not(target_family = "wasm"))]
fn ends() -> (End, OtherEnd) {
    futures::channel::oneshot::channel()
}
