//! Single-flight: concurrent requests of an instance for the same key share one execution.
//!
//! A leader may be cancelled at any await, or be frozen with its request; the waiters then take
//! over. A request must not wait for an execution that it leads itself.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};

use crate::context::Context;
use crate::platform::Platform;
use crate::platform::notify::{self, Notified, Notifier};

/// Single-flight group of one instance. `K` is compared by value.
#[derive(Debug)]
pub struct SingleFlight<K, V> {
    in_flight: RefCell<Vec<Execution<K, V>>>,
    /// Time after which a leader counts as dead.
    patience: Duration,
}

#[derive(Debug)]
struct Execution<K, V> {
    key: K,
    started: Duration,
    result: Rc<OnceCell<V>>,
    /// Dropped with the execution, completed or not, which wakes the waiters.
    waiting: Vec<Notifier>,
}

/// Waiter on another request's execution.
#[derive(Debug)]
struct Waiter<V> {
    result: Rc<OnceCell<V>>,
    turn: Notified,
    /// Time left to the leader.
    patience: Duration,
}

impl<K: Clone + Eq, V: Clone> SingleFlight<K, V> {
    /// Creates a group whose leaders have `patience` before a waiter takes over.
    pub const fn new(patience: Duration) -> Self {
        Self {
            in_flight: RefCell::new(Vec::new()),
            patience,
        }
    }

    /// Returns the result of `work`, or of an execution for the same key that is already in
    /// progress.
    pub async fn join<P: Platform>(
        &self,
        platform: &P,
        key: &K,
        work: impl AsyncFnOnce() -> V,
    ) -> V {
        let leader = loop {
            let waiter = match self.join_or_lead(platform, key) {
                Role::Waiter(waiter) => waiter,
                Role::Leader(leader) => break leader,
            };
            let turn = std::pin::pin!(waiter.turn.wait());
            let sleep = std::pin::pin!(platform.sleep(waiter.patience));
            select(turn, sleep).await;
            if let Some(value) = waiter.result.get() {
                return value.clone();
            }
        };
        let value = work().await;
        leader.complete(&value);
        value
    }

    /// Returns whether an execution for the key is in progress.
    pub fn is_in_flight(&self, platform: &impl Platform, key: &K) -> bool {
        let now = platform.uptime();
        let in_flight = self.in_flight.borrow();
        in_flight.iter().any(|execution| {
            execution.key == *key && now < execution.started.saturating_add(self.patience)
        })
    }

    /// Runs `work` as the leader. Returns `None` if the request's deadline comes first, or if an
    /// execution for the key is already in progress.
    pub async fn lead<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &K,
        work: impl AsyncFnOnce() -> V,
    ) -> Option<V> {
        let platform = context.platform;
        let Role::Leader(leader) = self.join_or_lead(platform, key) else {
            return None;
        };
        let work = std::pin::pin!(work());
        let end = std::pin::pin!(platform.sleep(context.left()));
        let Either::Left((value, _)) = select(work, end).await else {
            return None;
        };
        leader.complete(&value);
        Some(value)
    }

    /// Joins the execution for the key if its leader is alive; otherwise the caller becomes the
    /// leader.
    fn join_or_lead<P: Platform>(&self, platform: &P, key: &K) -> Role<'_, K, V> {
        let now = platform.uptime();
        let mut in_flight = self.in_flight.borrow_mut();
        if let Some(execution) = in_flight.iter_mut().find(|execution| execution.key == *key) {
            let end = execution.started.saturating_add(self.patience);
            let patience = end.saturating_sub(now);
            if !patience.is_zero() {
                let (notifier, turn) = notify::pair();
                execution.waiting.push(notifier);
                let result = Rc::clone(&execution.result);
                return Role::Waiter(Waiter {
                    result,
                    turn,
                    patience,
                });
            }
        }
        // Dropping the execution of a dead leader here wakes its waiters.
        in_flight.retain(|execution| execution.key != *key);
        let result = Rc::default();
        in_flight.push(Execution {
            key: key.clone(),
            started: now,
            result: Rc::clone(&result),
            waiting: Vec::new(),
        });
        Role::Leader(Leader {
            group: self,
            result,
        })
    }
}

impl<K, V> SingleFlight<K, V> {
    /// Removes a leader's execution, unless another request has taken over.
    fn take(&self, result: &Rc<OnceCell<V>>) -> Option<Execution<K, V>> {
        let mut in_flight = self.in_flight.borrow_mut();
        let index = in_flight
            .iter()
            .position(|execution| Rc::ptr_eq(&execution.result, result))?;
        Some(in_flight.swap_remove(index))
    }
}

/// Role of a caller.
enum Role<'a, K, V> {
    Waiter(Waiter<V>),
    Leader(Leader<'a, K, V>),
}

/// Leader of an execution. If it is dropped before completion, it wakes the waiters, and one of
/// them takes over.
struct Leader<'a, K, V> {
    group: &'a SingleFlight<K, V>,
    /// Cell that identifies the execution: another leader of the same key has another cell.
    result: Rc<OnceCell<V>>,
}

impl<K, V: Clone> Leader<'_, K, V> {
    fn complete(&self, value: &V) {
        if let Some(execution) = self.group.take(&self.result) {
            // Only the leader sets the result of its execution.
            let _result = execution.result.set(value.clone());
        }
    }
}

impl<K, V> Drop for Leader<'_, K, V> {
    fn drop(&mut self) {
        drop(self.group.take(&self.result));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;

    use futures::future::{join_all, poll_immediate};

    use super::*;
    use crate::platform::memory::Memory;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn fifty_wait_for_one() {
        let platform = Memory::new();
        let group = SingleFlight::new(PATIENCE);
        let runs = Cell::new(0);
        let one = |key: &'static str| {
            let (group, platform, runs) = (&group, &platform, &runs);
            async move {
                group
                    .join(platform, &key, async || {
                        runs.set(runs.get() + 1);
                        platform.sleep(Duration::from_millis(100)).await;
                        runs.get()
                    })
                    .await
            }
        };
        let values = platform.run(join_all((0..50).map(|_| one("a"))));
        assert_eq!((runs.get(), values), (1, vec![1; 50]));
        platform.run(join_all([one("a"), one("b"), one("c"), one("b")]));
        assert_eq!(runs.get(), 4);
    }

    #[test]
    fn a_flight_that_has_landed_is_gone_whatever_the_clock_says() {
        let platform = Memory::new();
        platform.set_tick(Duration::from_nanos(1));
        let group = SingleFlight::new(PATIENCE);
        for round in 0..3 {
            let value = platform.run(group.join(&platform, &"a", async || round));
            assert_eq!(value, round);
        }
        assert!(platform.uptime() < PATIENCE);
    }

    #[test]
    fn when_the_leader_is_dropped_another_takes_over() {
        let platform = Memory::new();
        let group = SingleFlight::new(PATIENCE);
        let quick = || group.join(&platform, &"a", async || "second");
        platform.run(async {
            let mut first = Box::pin(group.join(&platform, &"a", async || {
                platform.sleep(Duration::from_secs(1)).await;
                "first"
            }));
            let mut second = pin!(quick());
            let mut third = pin!(quick());
            assert!(poll_immediate(first.as_mut()).await.is_none());
            assert!(poll_immediate(second.as_mut()).await.is_none());
            assert!(poll_immediate(third.as_mut()).await.is_none());
            drop(first);
            assert_eq!(futures::join!(second, third), ("second", "second"));
        });
    }

    #[test]
    fn when_the_leader_is_frozen_another_takes_over() {
        let platform = Memory::new();
        let group = SingleFlight::new(PATIENCE);
        platform.run(async {
            let mut frozen = pin!(group.join(&platform, &"a", std::future::pending::<&str>));
            assert!(poll_immediate(frozen.as_mut()).await.is_none());
            let second = group.join(&platform, &"a", async || "second").await;
            assert_eq!((second, platform.uptime()), ("second", PATIENCE));
        });
    }
}
