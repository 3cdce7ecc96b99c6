//! One at a time for each key: the requests of an instance wait for the one that leads.
//!
//! Whoever leads may be cancelled at any await, or be frozen with its request. Those who wait then
//! take over. One request must not wait for a flight that it leads itself.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};

use crate::context::Context;
use crate::platform::Platform;
use crate::platform::wake::{self, Call, Turn};

/// The flights of one instance. `K` is compared by value.
#[derive(Debug)]
pub(crate) struct Flights<K, V> {
    aloft: RefCell<Vec<Flight<K, V>>>,
    /// After this time a leader counts as dead.
    patience: Duration,
}

#[derive(Debug)]
struct Flight<K, V> {
    key: K,
    started: Duration,
    landed: Rc<OnceCell<V>>,
    /// Dropped with the flight, landed or not, which wakes those who wait.
    waiting: Vec<Call>,
}

/// A place on somebody else's flight.
#[derive(Debug)]
struct Seat<V> {
    landed: Rc<OnceCell<V>>,
    turn: Turn,
    /// What is left of the leader's time.
    patience: Duration,
}

impl<K: Clone + Eq, V: Clone> Flights<K, V> {
    /// Leaders get `patience` before someone else takes over.
    pub(crate) const fn new(patience: Duration) -> Self {
        Self {
            aloft: RefCell::new(Vec::new()),
            patience,
        }
    }

    /// What `work` gives, or what it gives to the one who is already at it.
    pub(crate) async fn join<P: Platform>(
        &self,
        platform: &P,
        key: &K,
        work: impl AsyncFnOnce() -> V,
    ) -> V {
        let lead = loop {
            let seat = match self.board(platform, key) {
                Boarded::Waits(seat) => seat,
                Boarded::Leads(lead) => break lead,
            };
            let turn = std::pin::pin!(seat.turn.wait());
            let sleep = std::pin::pin!(platform.sleep(seat.patience));
            select(turn, sleep).await;
            if let Some(value) = seat.landed.get() {
                return value.clone();
            }
        };
        let value = work().await;
        lead.land(&value);
        value
    }

    /// Whether someone is at it.
    pub(crate) fn is_aloft(&self, platform: &impl Platform, key: &K) -> bool {
        let now = platform.uptime();
        let aloft = self.aloft.borrow();
        aloft
            .iter()
            .any(|flight| flight.key == *key && now < flight.started.saturating_add(self.patience))
    }

    /// What `work` gives, or nothing if the request's time is up first. Nobody may be at it.
    pub(crate) async fn lead<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &K,
        work: impl AsyncFnOnce() -> V,
    ) -> Option<V> {
        let platform = context.platform;
        let Boarded::Leads(lead) = self.board(platform, key) else {
            return None;
        };
        let work = std::pin::pin!(work());
        let end = std::pin::pin!(platform.sleep(context.left()));
        let Either::Left((value, _)) = select(work, end).await else {
            return None;
        };
        lead.land(&value);
        Some(value)
    }

    /// A seat on a flight whose leader is alive, or else a flight for the caller to lead.
    fn board<P: Platform>(&self, platform: &P, key: &K) -> Boarded<'_, K, V> {
        let now = platform.uptime();
        let mut aloft = self.aloft.borrow_mut();
        if let Some(flight) = aloft.iter_mut().find(|flight| flight.key == *key) {
            let end = flight.started.saturating_add(self.patience);
            let patience = end.saturating_sub(now);
            if !patience.is_zero() {
                let (call, turn) = wake::pair();
                flight.waiting.push(call);
                let landed = Rc::clone(&flight.landed);
                return Boarded::Waits(Seat {
                    landed,
                    turn,
                    patience,
                });
            }
        }
        // Those who wait for a dead leader wake up when its flight is dropped here.
        aloft.retain(|flight| flight.key != *key);
        let landed = Rc::default();
        aloft.push(Flight {
            key: key.clone(),
            started: now,
            landed: Rc::clone(&landed),
            waiting: Vec::new(),
        });
        Boarded::Leads(Lead {
            flights: self,
            landed,
        })
    }
}

impl<K, V> Flights<K, V> {
    /// Takes the flight of a leader off the list, unless someone else has taken over.
    fn take(&self, landed: &Rc<OnceCell<V>>) -> Option<Flight<K, V>> {
        let mut aloft = self.aloft.borrow_mut();
        let index = aloft
            .iter()
            .position(|flight| Rc::ptr_eq(&flight.landed, landed))?;
        Some(aloft.swap_remove(index))
    }
}

/// What boarding led to.
enum Boarded<'a, K, V> {
    Waits(Seat<V>),
    Leads(Lead<'a, K, V>),
}

/// Held by the one who leads. Dropped before it lands, it wakes those who wait, and one of them takes over.
struct Lead<'a, K, V> {
    flights: &'a Flights<K, V>,
    /// Which flight: another leader's of the same key has another cell.
    landed: Rc<OnceCell<V>>,
}

impl<K, V: Clone> Lead<'_, K, V> {
    fn land(&self, value: &V) {
        if let Some(flight) = self.flights.take(&self.landed) {
            // It is the only one that lands on this flight.
            let _landed = flight.landed.set(value.clone());
        }
    }
}

impl<K, V> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        drop(self.flights.take(&self.landed));
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
        let flights = Flights::new(PATIENCE);
        let runs = Cell::new(0);
        let one = |key: &'static str| {
            let (flights, platform, runs) = (&flights, &platform, &runs);
            async move {
                flights
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
        let flights = Flights::new(PATIENCE);
        for turn in 0..3 {
            let value = platform.run(flights.join(&platform, &"a", async || turn));
            assert_eq!(value, turn);
        }
        assert!(platform.uptime() < PATIENCE);
    }

    #[test]
    fn when_the_leader_is_dropped_another_takes_over() {
        let platform = Memory::new();
        let flights = Flights::new(PATIENCE);
        let quick = || flights.join(&platform, &"a", async || "second");
        platform.run(async {
            let mut first = Box::pin(flights.join(&platform, &"a", async || {
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
        let flights = Flights::new(PATIENCE);
        platform.run(async {
            let mut frozen = pin!(flights.join(&platform, &"a", std::future::pending::<&str>));
            assert!(poll_immediate(frozen.as_mut()).await.is_none());
            let second = flights.join(&platform, &"a", async || "second").await;
            assert_eq!((second, platform.uptime()), ("second", PATIENCE));
        });
    }
}
