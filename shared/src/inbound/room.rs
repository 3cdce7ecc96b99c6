//! Memory for large bodies: counted by the bytes that have really arrived, over the requests of one instance.
//!
//! A body that trickles holds next to nothing. All bodies together never hold more than the room has, and none waits for ever:
//! one of them, the privileged one, may always grow to the largest size, since the others leave that much free.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use crate::context::Context;
use crate::platform::Platform;
use crate::platform::wake::{self, Call};
use crate::problem::{Kind, Problem};

/// Maximum time that a body waits for memory.
const PATIENCE: Duration = Duration::from_secs(20);

/// Part of a request's time that is reserved for the answer.
const ANSWERING: Duration = Duration::from_secs(1);

/// When to try again, in seconds.
const RETRY_AFTER: u64 = 5;

/// The memory for large bodies of one instance.
#[derive(Debug)]
pub(crate) struct Room {
    /// In bytes.
    total: usize,
    /// The largest body, in bytes.
    largest: usize,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    shares: Vec<Held>,
    /// The one that may use what the others leave free.
    privileged: Option<u64>,
    waiting: Vec<Call>,
}

#[derive(Debug)]
struct Held {
    id: u64,
    owner: String,
    bytes: usize,
}

impl Room {
    /// For bodies of at most `largest` bytes, `bodies` of which fit at once.
    pub(crate) fn new(largest: usize, bodies: usize) -> Self {
        Self {
            total: largest.saturating_mul(bodies),
            largest,
            state: RefCell::default(),
        }
    }

    /// A share for a body of `owner`, empty at first. One owner's bodies share the size of one, beside the privileged one.
    pub(crate) fn share(&self, owner: &str) -> Share<'_> {
        let mut state = self.state.borrow_mut();
        let id = state.next_id;
        state.next_id = id.wrapping_add(1);
        state.shares.push(Held {
            id,
            owner: owner.to_owned(),
            bytes: 0,
        });
        Share { room: self, id }
    }

    /// Lets the share hold `bytes` if they fit, or gives what calls when that may have changed.
    fn grow(&self, id: u64, bytes: usize) -> Result<(), wake::Turn> {
        let mut state = self.state.borrow_mut();
        if self.fits(&state, id, bytes) {
            state.hold(id, bytes);
            return Ok(());
        }
        if state.privileged.is_none() {
            state.privileged = Some(id);
            state.hold(id, bytes);
            // Its bytes count for the others no more.
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            drop(waiting);
            return Ok(());
        }
        let (call, turn) = wake::pair();
        state.waiting.push(call);
        Err(turn)
    }

    fn fits(&self, state: &State, id: u64, bytes: usize) -> bool {
        if state.privileged == Some(id) {
            return true;
        }
        let own = state.shares.iter().find(|share| share.id == id);
        let others = || {
            let shares = state.shares.iter();
            shares.filter(|share| share.id != id && state.privileged != Some(share.id))
        };
        let sum = |sum: usize, share: &Held| sum.saturating_add(share.bytes);
        let all = others().fold(bytes, sum);
        let owners = others()
            .filter(|share| own.is_some_and(|own| own.owner == share.owner))
            .fold(bytes, sum);
        all <= self.total.saturating_sub(self.largest) && owners <= self.largest
    }
}

impl State {
    fn hold(&mut self, id: u64, bytes: usize) {
        if let Some(share) = self.shares.iter_mut().find(|share| share.id == id) {
            share.bytes = bytes;
        }
    }
}

/// Share of the room that one body holds. Dropping it releases the memory.
#[derive(Debug)]
#[must_use]
pub(crate) struct Share<'a> {
    room: &'a Room,
    id: u64,
}

impl Share<'_> {
    /// Waits until the share may hold `bytes`, and gives whether it had to wait.
    ///
    /// # Errors
    /// [`Kind::TooManyCalls`] if that takes too long.
    pub(crate) async fn grow<P: Platform>(
        &mut self,
        context: &Context<'_, P>,
        bytes: usize,
    ) -> Result<bool, Problem> {
        let patience = PATIENCE.min(context.left().saturating_sub(ANSWERING));
        let grown = pin!(async {
            let mut waited = false;
            while let Err(turn) = self.room.grow(self.id, bytes) {
                turn.wait().await;
                waited = true;
            }
            waited
        });
        let end = pin!(context.platform.sleep(patience));
        match select(grown, end).await {
            Either::Left((waited, _)) => Ok(waited),
            Either::Right(_) => {
                let mut problem = Problem::new(Kind::TooManyCalls)
                    .detail("Too many large requests are being received: try again")
                    .cause("no memory for another body");
                problem.retry_after = Some(RETRY_AFTER);
                Err(problem)
            }
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.room.state.borrow_mut();
            state.shares.retain(|share| share.id != self.id);
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
    use crate::platform::memory::Memory;

    const LARGEST: usize = 100;

    fn context(platform: &Memory) -> Context<'_, Memory> {
        Context::new(platform, "test", Duration::from_mins(1))
    }

    #[test]
    fn bodies_that_trickle_leave_room_for_others() {
        let platform = Memory::new();
        let context = context(&platform);
        let room = Room::new(LARGEST, 4);
        platform.run(async {
            let mut trickles: Vec<_> = (0..20).map(|who| room.share(&who.to_string())).collect();
            for trickle in &mut trickles {
                trickle.grow(&context, 1).await.expect("room");
            }
            let mut whole = room.share("kari");
            let grown = pin!(whole.grow(&context, LARGEST));
            assert_eq!(poll_immediate(grown).await, Some(Ok(false)));
        });
    }

    #[test]
    fn one_owner_leaves_room_for_others() {
        let platform = Memory::new();
        let context = context(&platform);
        let room = Room::new(LARGEST, 4);
        platform.run(async {
            // The first holds the common room of its owner, the second is privileged, and the others wait.
            let mut greedy: Vec<_> = (0..9).map(|_| room.share("ola")).collect();
            let mut through = 0;
            for share in &mut greedy {
                let grown = pin!(share.grow(&context, LARGEST));
                through += usize::from(poll_immediate(grown).await.is_some());
            }
            assert_eq!(through, 2);
            let mut others = ["kari", "per"].map(|who| room.share(who));
            for share in &mut others {
                let grown = pin!(share.grow(&context, LARGEST));
                assert_eq!(poll_immediate(grown).await, Some(Ok(false)));
            }
        });
    }

    #[test]
    fn half_bodies_never_wait_for_each_other() {
        let platform = Memory::new();
        let context = context(&platform);
        let room = Room::new(LARGEST, 4);
        let (now, most, done) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let one = |who: usize| {
            let (room, context) = (&room, &context);
            let (platform, now, most, done) = (&platform, &now, &most, &done);
            async move {
                let mut share = room.share(&(who % 7).to_string());
                for half in [LARGEST / 2, LARGEST] {
                    share.grow(context, half).await.expect("room");
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
        let room = Room::new(LARGEST, 1);
        platform.run(async {
            let mut first = room.share("ola");
            first.grow(&context, LARGEST).await.expect("privileged");
            let mut second = room.share("kari");
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
