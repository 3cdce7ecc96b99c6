//! Memory budget for large bodies: counts the bytes received, over all requests of one instance.
//!
//! A slow body holds hardly any memory. The bodies together never exceed the budget, and none waits
//! for ever: one of them, the privileged one, can always grow to the maximum size, since the others
//! leave that much free.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use innsyn_core::context::Context;
use innsyn_core::platform::Platform;
use innsyn_core::platform::notify::{self, Notifier};
use innsyn_core::problem::{Kind, Problem};

/// Maximum time that a body waits for memory.
const PATIENCE: Duration = Duration::from_secs(20);

/// Part of a request's time that is reserved for the response.
const ANSWERING: Duration = Duration::from_secs(1);

/// `Retry-After` for a body that got no memory, in seconds.
const RETRY_AFTER: u64 = 5;

/// Memory budget for the large bodies of one instance.
#[derive(Debug)]
pub struct MemoryBudget {
    /// Total size, in bytes.
    total: usize,
    /// Maximum size of a body, in bytes.
    largest: usize,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    reservations: Vec<ReservationEntry>,
    /// Id of the privileged body, which may use the memory that the others leave free.
    privileged: Option<u64>,
    waiting: Vec<Notifier>,
}

#[derive(Debug)]
struct ReservationEntry {
    id: u64,
    owner: String,
    bytes: usize,
}

impl MemoryBudget {
    /// Creates a budget for `bodies` concurrent bodies of at most `largest` bytes each.
    pub fn new(largest: usize, bodies: usize) -> Self {
        Self {
            total: largest.saturating_mul(bodies),
            largest,
            state: RefCell::default(),
        }
    }

    /// Creates an empty reservation for a body of `owner`. The bodies of one owner share the size of one,
    /// beside the privileged one.
    pub fn reserve(&self, owner: &str) -> MemoryReservation<'_> {
        let mut state = self.state.borrow_mut();
        let id = state.next_id;
        state.next_id = id.wrapping_add(1);
        state.reservations.push(ReservationEntry {
            id,
            owner: owner.to_owned(),
            bytes: 0,
        });
        MemoryReservation { memory: self, id }
    }

    /// Grows the reservation to `bytes` if they fit, or returns a notification for when that may have
    /// changed.
    fn grow(&self, id: u64, bytes: usize) -> Result<(), notify::Notified> {
        let mut state = self.state.borrow_mut();
        if self.fits(&state, id, bytes) {
            state.hold(id, bytes);
            return Ok(());
        }
        if state.privileged.is_none() {
            state.privileged = Some(id);
            state.hold(id, bytes);
            // The reservation no longer counts against the others.
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            drop(waiting);
            return Ok(());
        }
        let (notifier, waiter) = notify::pair();
        state.waiting.push(notifier);
        Err(waiter)
    }

    fn fits(&self, state: &State, id: u64, bytes: usize) -> bool {
        if state.privileged == Some(id) {
            return true;
        }
        let own = state
            .reservations
            .iter()
            .find(|reservation| reservation.id == id);
        let others = || {
            let reservations = state.reservations.iter();
            reservations.filter(|reservation| {
                reservation.id != id && state.privileged != Some(reservation.id)
            })
        };
        let sum =
            |sum: usize, reservation: &ReservationEntry| sum.saturating_add(reservation.bytes);
        let all = others().fold(bytes, sum);
        let owners = others()
            .filter(|reservation| own.is_some_and(|own| own.owner == reservation.owner))
            .fold(bytes, sum);
        all <= self.total.saturating_sub(self.largest) && owners <= self.largest
    }
}

impl State {
    fn hold(&mut self, id: u64, bytes: usize) {
        if let Some(reservation) = self
            .reservations
            .iter_mut()
            .find(|reservation| reservation.id == id)
        {
            reservation.bytes = bytes;
        }
    }
}

/// Share of the memory budget that one body holds. Dropping it releases the memory.
#[derive(Debug)]
#[must_use]
pub struct MemoryReservation<'a> {
    memory: &'a MemoryBudget,
    id: u64,
}

impl MemoryReservation<'_> {
    /// Waits until the reservation may hold `bytes`, and returns whether it had to wait.
    ///
    /// # Errors
    ///
    /// [`Kind::TooManyCalls`] if the wait takes too long.
    pub(crate) async fn grow<P: Platform>(
        &mut self,
        context: &Context<'_, P>,
        bytes: usize,
    ) -> Result<bool, Problem> {
        let patience = PATIENCE.min(context.left().saturating_sub(ANSWERING));
        let grown = pin!(async {
            let mut waited = false;
            while let Err(waiter) = self.memory.grow(self.id, bytes) {
                waiter.wait().await;
                waited = true;
            }
            waited
        });
        let end = pin!(context.platform.sleep(patience));
        match select(grown, end).await {
            Either::Left((waited, _)) => Ok(waited),
            Either::Right(_) => {
                let mut problem = Problem::new(Kind::TooManyCalls)
                    .detail("Too many large requests are in progress: try again later")
                    .cause("no memory for another body");
                problem.retry_after = Some(RETRY_AFTER);
                Err(problem)
            }
        }
    }
}

impl Drop for MemoryReservation<'_> {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.memory.state.borrow_mut();
            state
                .reservations
                .retain(|reservation| reservation.id != self.id);
            if state.privileged == Some(self.id) {
                state.privileged = None;
            }
            std::mem::take(&mut state.waiting)
        };
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::future::{join, join_all, poll_immediate};

    use super::*;
    use innsyn_core::platform::memory::Memory;

    const LARGEST: usize = 100;

    fn context(platform: &Memory) -> Context<'_, Memory> {
        Context::new(platform, "test", Duration::from_mins(1))
    }

    #[test]
    fn bodies_that_trickle_leave_room_for_others() {
        let platform = Memory::new();
        let context = context(&platform);
        let memory = MemoryBudget::new(LARGEST, 4);
        platform.run(async {
            let mut trickles: Vec<_> = (0..20)
                .map(|who| memory.reserve(&who.to_string()))
                .collect();
            for trickle in &mut trickles {
                trickle.grow(&context, 1).await.expect("room");
            }
            let mut whole = memory.reserve("kari");
            let grown = pin!(whole.grow(&context, LARGEST));
            assert_eq!(poll_immediate(grown).await, Some(Ok(false)));
        });
    }

    #[test]
    fn one_owner_leaves_room_for_others() {
        let platform = Memory::new();
        let context = context(&platform);
        let memory = MemoryBudget::new(LARGEST, 4);
        platform.run(async {
            // The first holds the common reservation of its owner, the second is privileged, and the
            // others wait.
            let mut greedy: Vec<_> = (0..9).map(|_| memory.reserve("ola")).collect();
            let mut through = 0;
            for reservation in &mut greedy {
                let grown = pin!(reservation.grow(&context, LARGEST));
                through += usize::from(poll_immediate(grown).await.is_some());
            }
            assert_eq!(through, 2);
            let mut others = ["kari", "per"].map(|who| memory.reserve(who));
            for reservation in &mut others {
                let grown = pin!(reservation.grow(&context, LARGEST));
                assert_eq!(poll_immediate(grown).await, Some(Ok(false)));
            }
        });
    }

    #[test]
    fn half_bodies_never_wait_for_each_other() {
        let platform = Memory::new();
        let context = context(&platform);
        let memory = MemoryBudget::new(LARGEST, 4);
        let (now, most, done) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let one = |who: usize| {
            let (memory, context) = (&memory, &context);
            let (platform, now, most, done) = (&platform, &now, &most, &done);
            async move {
                let mut reservation = memory.reserve(&(who % 7).to_string());
                for half in [LARGEST / 2, LARGEST] {
                    reservation.grow(context, half).await.expect("room");
                    now.set(now.get() + LARGEST / 2);
                    most.set(most.get().max(now.get()));
                    platform.sleep(Duration::from_millis(10)).await;
                }
                now.set(now.get() - LARGEST);
                done.set(done.get() + 1);
            }
        };
        platform.run(join_all((0..40).map(one)));
        assert_eq!(done.get(), 40);
        assert!(most.get() <= 4 * LARGEST, "{}", most.get());
        assert!(most.get() >= 3 * LARGEST, "{}", most.get());
    }

    #[test]
    fn who_waits_too_long_is_told_to_come_back() {
        let platform = Memory::new();
        let context = context(&platform);
        let memory = MemoryBudget::new(LARGEST, 1);
        platform.run(async {
            let mut first = memory.reserve("ola");
            first.grow(&context, LARGEST).await.expect("privileged");
            let mut second = memory.reserve("kari");
            let problem = second.grow(&context, 1).await.expect_err("full");
            assert_eq!(problem.kind, Kind::TooManyCalls);
            assert_eq!(problem.retry_after, Some(RETRY_AFTER));
            assert_eq!(platform.uptime(), PATIENCE);
            let waits = second.grow(&context, 1);
            let frees = async {
                platform.sleep(Duration::from_secs(1)).await;
                drop(first);
            };
            assert_eq!(join(waits, frees).await.0, Ok(true));
        });
    }
}
