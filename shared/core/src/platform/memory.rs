//! Memory-only platform for deterministic tests.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{
    Body, Keys, Limits, Platform, Request, Response, SendError, StoreError, Stream, VariableError,
};

/// Number of keys in one page of a listing.
const PAGE: usize = 10;

/// Handler of outgoing calls, defined by the test.
pub type Responder = Rc<dyn Fn(&Request) -> Result<Response, SendError>>;

/// Platform in memory. Its clock does not run by itself, and its randomness is the same in each
/// run.
pub struct Memory {
    clock: Cell<Duration>,
    tick: Cell<Duration>,
    offset: Cell<time::Duration>,
    seed: Cell<u64>,
    lines: RefCell<Vec<String>>,
    variables: RefCell<BTreeMap<String, String>>,
    variables_fail: Cell<bool>,
    stores: RefCell<BTreeMap<String, HashMap<String, Vec<u8>>>>,
    failing: RefCell<HashSet<String>>,
    full: RefCell<HashSet<String>>,
    responder: RefCell<Option<Responder>>,
    queue: RefCell<VecDeque<Result<Response, SendError>>>,
    requests: RefCell<Vec<Request>>,
    latency: Cell<Duration>,
    sleepers: RefCell<Vec<(Duration, Waker)>>,
}

/// Latency of one answer, set in the answer's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Delay(pub Duration);

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// Creates a platform at noon on 1 January 2026 (UTC), with no variables, stores or answers.
    pub fn new() -> Self {
        Self {
            clock: Cell::new(Duration::ZERO),
            tick: Cell::new(Duration::ZERO),
            offset: Cell::new(time::Duration::ZERO),
            seed: Cell::new(1),
            lines: RefCell::default(),
            variables: RefCell::default(),
            variables_fail: Cell::new(false),
            stores: RefCell::default(),
            failing: RefCell::default(),
            full: RefCell::default(),
            responder: RefCell::default(),
            queue: RefCell::default(),
            requests: RefCell::default(),
            latency: Cell::new(Duration::ZERO),
            sleepers: RefCell::default(),
        }
    }

    /// Runs `future` to completion. If nothing else can proceed, the clock moves to the earliest
    /// wake-up time.
    ///
    /// # Panics
    /// If every task waits and none sleeps: the test would never end.
    #[expect(clippy::panic, reason = "a test that hangs must fail")]
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            if flag.0.swap(false, Ordering::Relaxed) {
                continue;
            }
            let next = self.sleepers.borrow().iter().map(|(hour, _)| *hour).min();
            let Some(hour) = next else {
                panic!("everything waits and nobody sleeps")
            };
            self.advance(hour.saturating_sub(self.clock.get()));
        }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        let now = self.clock.get().saturating_add(by);
        self.clock.set(now);
        let (due, later) = self
            .sleepers
            .take()
            .into_iter()
            .partition(|(hour, _)| *hour <= now);
        self.sleepers.replace(later);
        let due: Vec<(Duration, Waker)> = due;
        for (_, waker) in due {
            waker.wake();
        }
    }

    /// Makes each reading of the clock advance it, as a real clock advances between two readings.
    pub fn set_tick(&self, tick: Duration) {
        self.tick.set(tick);
    }

    /// Moves only the time of day, in either direction.
    pub fn shift(&self, by: time::Duration) {
        self.offset.set(self.offset.get().saturating_add(by));
    }

    /// Restarts the random sequence with another seed.
    pub fn reseed(&self, seed: u64) {
        self.seed.set(seed);
    }

    /// Defines a variable.
    pub fn set_variable(&self, name: &str, value: &str) {
        self.variables
            .borrow_mut()
            .insert(name.to_owned(), value.to_owned());
    }

    /// Makes every variable fail, or work again.
    pub fn fail_variables(&self, failing: bool) {
        self.variables_fail.set(failing);
    }

    /// Adds an empty store. Access to a store that was never added is refused.
    pub fn add_store(&self, store: &str) {
        self.stores
            .borrow_mut()
            .entry(store.to_owned())
            .or_default();
    }

    /// Makes every use of a store fail, or work again.
    pub fn fail_store(&self, store: &str, failing: bool) {
        let mut stores = self.failing.borrow_mut();
        if failing {
            stores.insert(store.to_owned());
        } else {
            stores.remove(store);
        }
    }

    /// Makes a store refuse writes, as a full one does, or accept them again.
    pub fn refuse_writes(&self, store: &str, full: bool) {
        let mut stores = self.full.borrow_mut();
        if full {
            stores.insert(store.to_owned());
        } else {
            stores.remove(store);
        }
    }

    /// Gives access to the contents of a store, for inspection and modification.
    pub fn with_store<R>(
        &self,
        store: &str,
        look: impl FnOnce(&mut HashMap<String, Vec<u8>>) -> R,
    ) -> R {
        look(
            self.stores
                .borrow_mut()
                .entry(store.to_owned())
                .or_default(),
        )
    }

    /// Sets the handler of calls for which no answer is queued.
    pub fn respond(&self, responder: impl Fn(&Request) -> Result<Response, SendError> + 'static) {
        *self.responder.borrow_mut() = Some(Rc::new(responder));
    }

    /// Queues an answer; queued answers are returned in order, before the handler is called.
    pub fn push_answer(&self, answer: Result<Response, SendError>) {
        self.queue.borrow_mut().push_back(answer);
    }

    /// Sets the latency of each call. Other tasks run meanwhile.
    pub fn set_latency(&self, latency: Duration) {
        self.latency.set(latency);
    }

    /// Returns the calls made so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// Returns the lines logged so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// Returns the lines logged so far, parsed as JSON.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let lines = self.lines.borrow();
        lines
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    fn store<R>(
        &self,
        store: &str,
        act: impl FnOnce(&mut HashMap<String, Vec<u8>>) -> R,
    ) -> Result<R, StoreError> {
        let error = |reason: &str| StoreError {
            store: store.to_owned(),
            reason: reason.to_owned(),
        };
        if self.failing.borrow().contains(store) {
            return Err(error("switched off"));
        }
        let mut stores = self.stores.borrow_mut();
        stores
            .get_mut(store)
            .map(act)
            .ok_or_else(|| error("no such store"))
    }
}

/// Body that fails at its beginning.
struct FailingBody(Option<SendError>);

impl http_body::Body for FailingBody {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Platform for Memory {
    fn now(&self) -> OffsetDateTime {
        let clock = self.clock.get().try_into().unwrap_or(time::Duration::MAX);
        datetime!(2026-01-01 12:00 UTC)
            .saturating_add(clock)
            .saturating_add(self.offset.get())
    }

    fn uptime(&self) -> Duration {
        let now = self.clock.get();
        self.clock.set(now.saturating_add(self.tick.get()));
        now
    }

    /// Uses a linear congruential generator with splitmix's finish: different bytes each time, the
    /// same in each run.
    fn random(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.seed.set(next);
            let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let [top, ..] = mixed.to_be_bytes();
            *byte = top;
        }
    }

    fn log(&self, line: &str) {
        self.lines.borrow_mut().push(line.to_owned());
    }

    async fn sleep(&self, duration: Duration) {
        let hour = self.clock.get().saturating_add(duration);
        std::future::poll_fn(|context| {
            if self.clock.get() >= hour {
                return Poll::Ready(());
            }
            self.sleepers
                .borrow_mut()
                .push((hour, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError> {
        if self.variables_fail.get() {
            return Err(VariableError {
                name: name.to_owned(),
                reason: "as ordered".to_owned(),
            });
        }
        Ok(self.variables.borrow().get(name).cloned())
    }

    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError> {
        self.requests.borrow_mut().push(request.clone());
        let latency = self.latency.get();
        let queued = self.queue.borrow_mut().pop_front();
        let responder = self.responder.borrow().clone();
        let answer = match (queued, responder) {
            (Some(answer), _) => answer,
            (None, Some(responder)) => responder(&request),
            (None, None) => Err(SendError::NotAllowed("no answer was prepared".to_owned())),
        };
        let delay = answer
            .as_ref()
            .ok()
            .and_then(|answer| answer.extensions().get::<Delay>());
        let time = delay.map_or(latency, |delay| delay.0);
        self.sleep(time.min(limits.timeout)).await;
        if time > limits.timeout {
            return Err(SendError::TimedOut(limits.timeout));
        }
        let answer = answer?;
        Ok(answer.map(|body| -> Stream {
            if body.len() > limits.max_body {
                Box::pin(FailingBody(Some(SendError::TooLarge(limits.max_body))))
            } else {
                Box::pin(Body::Whole(body))
            }
        }))
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store(store, |rows| rows.get(key).cloned())
    }

    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        if self.full.borrow().contains(store) {
            return Err(StoreError {
                store: store.to_owned(),
                reason: "full".to_owned(),
            });
        }
        self.store(store, |rows| {
            rows.insert(key.to_owned(), value.to_vec());
        })
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        self.store(store, |rows| {
            rows.remove(key);
        })
    }

    async fn keys(&self, store: &str) -> Result<Keys, StoreError> {
        let mut keys: Vec<String> = self.store(store, |rows| rows.keys().cloned().collect())?;
        keys.sort_unstable();
        let pages: Vec<_> = keys.chunks(PAGE).map(|page| Ok(page.to_vec())).collect();
        Ok(Box::pin(futures::stream::iter(pages)))
    }
}
