//! At most so many at once, over the requests of one instance.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::platform::wake::{self, Call};

/// Lets at most a fixed number of holders through; the others wait in line.
///
/// Whoever is dropped while it waits leaves the line, and whoever is dropped while it holds makes room.
/// One request must not wait for a permit that it holds itself.
#[derive(Debug)]
pub struct Semaphore(RefCell<State>);

#[derive(Debug)]
struct State {
    free: usize,
    next_ticket: u64,
    line: VecDeque<(u64, Call)>,
}

impl Semaphore {
    /// Lets `permits` holders through at once.
    pub const fn new(permits: usize) -> Self {
        Self(RefCell::new(State {
            free: permits,
            next_ticket: 0,
            line: VecDeque::new(),
        }))
    }

    /// Waits for a place and holds it until the permit is dropped.
    pub async fn acquire(&self) -> Permit<'_> {
        loop {
            let (ticket, turn) = {
                let mut state = self.0.borrow_mut();
                if state.free > 0 {
                    state.free = state.free.saturating_sub(1);
                    return Permit(self);
                }
                let (call, turn) = wake::pair();
                let ticket = state.next_ticket;
                state.next_ticket = state.next_ticket.wrapping_add(1);
                state.line.push_back((ticket, call));
                (ticket, turn)
            };
            let mut in_line = InLine {
                semaphore: self,
                ticket,
                called: false,
            };
            turn.wait().await;
            in_line.called = true;
        }
    }

    /// Holds a place if there is one, without waiting.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        let mut state = self.0.borrow_mut();
        state.free = state.free.checked_sub(1)?;
        Some(Permit(self))
    }

    /// Calls the first in line to a free place. Who comes by before it wakes may take the place first.
    fn call_next(&self) {
        let next = {
            let mut state = self.0.borrow_mut();
            if state.free == 0 {
                None
            } else {
                state.line.pop_front()
            }
        };
        drop(next);
    }
}

/// Held by who waits. Dropped before it has heard its call, it leaves the line or passes the call on.
struct InLine<'a> {
    semaphore: &'a Semaphore,
    ticket: u64,
    called: bool,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        if self.called {
            return;
        }
        let left = {
            let mut state = self.semaphore.0.borrow_mut();
            let place = state
                .line
                .iter()
                .position(|(ticket, _)| *ticket == self.ticket);
            place.and_then(|place| state.line.remove(place))
        };
        if left.is_none() {
            self.semaphore.call_next();
        }
    }
}

/// A place. Dropping it lets the next one through.
#[derive(Debug)]
#[must_use]
pub struct Permit<'a>(&'a Semaphore);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.borrow_mut();
        state.free = state.free.saturating_add(1);
        drop(state);
        self.0.call_next();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;
    use std::time::Duration;

    use futures::future::{join_all, poll_immediate};

    use super::*;
    use crate::platform::Platform;
    use crate::platform::memory::Memory;

    #[test]
    fn at_most_so_many_at_once_and_all_get_through() {
        let platform = Memory::new();
        let semaphore = Semaphore::new(4);
        let (now, most, done) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let one = || async {
            let _permit = semaphore.acquire().await;
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            platform.sleep(Duration::from_millis(10)).await;
            now.set(now.get() - 1);
            done.set(done.get() + 1);
        };
        platform.run(join_all((0..20).map(|_| one())));
        assert_eq!((most.get(), done.get()), (4, 20));
    }

    #[test]
    fn a_place_handed_to_one_who_left_goes_to_the_next() {
        let platform = Memory::new();
        platform.run(async {
            let semaphore = Semaphore::new(1);
            let holder = semaphore.acquire().await;
            let mut third = pin!(semaphore.acquire());
            {
                let mut second = pin!(semaphore.acquire());
                assert!(poll_immediate(second.as_mut()).await.is_none());
                assert!(poll_immediate(third.as_mut()).await.is_none());
                drop(holder);
            }
            assert!(poll_immediate(third).await.is_some());
        });
    }
}
