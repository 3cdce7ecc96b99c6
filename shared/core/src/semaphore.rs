//! Semaphore: limits concurrency over the requests of one instance.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::platform::notify::{self, Notifier};

/// Semaphore with a fixed number of permits; waiters form a queue.
///
/// Cancel-safe: dropping a waiting future removes it from the queue; dropping a permit releases it.
/// A request must not wait for a permit that it holds itself.
///
/// # Examples
///
/// ```
/// use innsyn_core::semaphore::Semaphore;
///
/// let semaphore = Semaphore::new(1);
/// let permit = semaphore.try_acquire();
/// assert!(permit.is_some() && semaphore.try_acquire().is_none());
/// drop(permit);
/// assert!(semaphore.try_acquire().is_some());
/// ```
#[derive(Debug)]
pub struct Semaphore(RefCell<State>);

#[derive(Debug)]
struct State {
    free: usize,
    next_ticket: u64,
    queue: VecDeque<(u64, Notifier)>,
}

impl Semaphore {
    /// Creates a semaphore with this number of permits.
    pub const fn new(permits: usize) -> Self {
        Self(RefCell::new(State {
            free: permits,
            next_ticket: 0,
            queue: VecDeque::new(),
        }))
    }

    /// Waits for a permit and holds it until it is dropped.
    pub async fn acquire(&self) -> Permit<'_> {
        loop {
            let (ticket, waiter) = {
                let mut state = self.0.borrow_mut();
                if state.free > 0 {
                    state.free = state.free.saturating_sub(1);
                    return Permit(self);
                }
                let (notifier, waiter) = notify::pair();
                let ticket = state.next_ticket;
                state.next_ticket = state.next_ticket.wrapping_add(1);
                state.queue.push_back((ticket, notifier));
                (ticket, waiter)
            };
            let mut queued = QueuedWaiter {
                semaphore: self,
                ticket,
                is_notified: false,
            };
            waiter.wait().await;
            queued.is_notified = true;
        }
    }

    /// Returns a permit if one is free, without waiting.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        let mut state = self.0.borrow_mut();
        state.free = state.free.checked_sub(1)?;
        Some(Permit(self))
    }

    /// Notifies the first waiter of a free permit. A new caller may take the permit before the
    /// waiter wakes.
    fn notify_next(&self) {
        let next = {
            let mut state = self.0.borrow_mut();
            if state.free == 0 {
                None
            } else {
                state.queue.pop_front()
            }
        };
        drop(next);
    }
}

/// Queue entry of a waiter. If it is dropped before its notification is received, it leaves the
/// queue or passes the notification on.
struct QueuedWaiter<'a> {
    semaphore: &'a Semaphore,
    ticket: u64,
    is_notified: bool,
}

impl Drop for QueuedWaiter<'_> {
    fn drop(&mut self) {
        if self.is_notified {
            return;
        }
        let left = {
            let mut state = self.semaphore.0.borrow_mut();
            let place = state
                .queue
                .iter()
                .position(|(ticket, _)| *ticket == self.ticket);
            place.and_then(|place| state.queue.remove(place))
        };
        if left.is_none() {
            self.semaphore.notify_next();
        }
    }
}

/// Permit of a [`Semaphore`]. Dropping it releases it and notifies the next waiter.
#[derive(Debug)]
#[must_use]
pub struct Permit<'a>(&'a Semaphore);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.borrow_mut();
        state.free = state.free.saturating_add(1);
        drop(state);
        self.0.notify_next();
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
