//! Admission control for one service, sans-IO: sliding-window rate limits with reserved shares, and
//! limits of calls in progress.
//!
//! A service counts a call when it arrives there, which is after it was sent and before it is
//! answered. So a window counts a call from when it is sent until the window's length after its
//! answer began, or after [`ARRIVAL`] where the answer takes longer: whatever time each call is on
//! its way, the service sees no more than the limit in any such window.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::queue::{Customer, Queue, WaitingCall};
use super::settings::{Limits, Rate};

/// Longest time from sending a call until it arrives at the service, with a new connection.
const ARRIVAL: Duration = Duration::from_millis(250);
/// Longest `Retry-After` of a refused call, in seconds.
const LONGEST_ADVICE: u64 = 30;

/// Calls to one service: those that a limit counts, and those that wait.
pub(super) struct Limiter<W> {
    limits: Arc<Limits>,
    counted: Vec<CountedCall>,
    queue: Queue<W>,
    next_id: u64,
}

/// Call that is admitted or sent.
struct CountedCall {
    id: u64,
    class: usize,
    customer: Customer,
    /// Time by which the service has counted it.
    arrived_by: Instant,
    in_progress: bool,
}

/// Error: the queue is full.
#[derive(Debug, PartialEq)]
pub(super) struct QueueFull;

impl<W> Limiter<W> {
    pub(super) fn new(limits: Arc<Limits>) -> Self {
        Self {
            queue: Queue::new(limits.classes.len()),
            limits,
            counted: Vec::new(),
            next_id: 0,
        }
    }

    /// Queues a call. [`Limiter::admit`] admits it.
    ///
    /// # Errors
    ///
    /// [`QueueFull`] if too many calls wait, in all or of the customer.
    pub(super) fn submit(
        &mut self,
        class: usize,
        customer: Customer,
        waker: W,
    ) -> Result<u64, QueueFull> {
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let queued = self.queue.push(class, customer, WaitingCall { id, waker });
        queued.then_some(id).ok_or(QueueFull)
    }

    /// Returns the admitted calls, each with its waker.
    pub(super) fn admit(&mut self, now: Instant) -> Vec<(u64, W)> {
        self.forget(now);
        let mut admitted = Vec::new();
        let (queue, counted, limits) = (&mut self.queue, &mut self.counted, &*self.limits);
        while let Some((class, customer, call)) =
            queue.take(|class, customer| may_go(limits, counted, class, customer, now))
        {
            counted.push(CountedCall {
                id: call.id,
                class,
                customer,
                arrived_by: after(now, ARRIVAL),
                in_progress: true,
            });
            admitted.push((call.id, call.waker));
        }
        admitted
    }

    /// Records that the head of the answer has arrived.
    pub(super) fn answered(&mut self, id: u64, now: Instant) {
        if let Some(call) = self.counted.iter_mut().find(|call| call.id == id) {
            call.arrived_by = call.arrived_by.min(now);
        }
    }

    /// Records the end of the call, with or without an answer.
    pub(super) fn finished(&mut self, id: u64, now: Instant) {
        self.answered(id, now);
        if let Some(call) = self.counted.iter_mut().find(|call| call.id == id) {
            call.in_progress = false;
        }
    }

    /// Removes a waiting call. An admitted one is not affected.
    pub(super) fn leave(&mut self, id: u64) {
        self.queue.remove(id);
    }

    /// Removes a call that was admitted but never made, so that it counts nowhere.
    pub(super) fn withdraw(&mut self, id: u64) {
        self.counted.retain(|call| call.id != id);
    }

    /// Returns the next time at which a window releases a call, if one waits for that.
    pub(super) fn next_release(&self, now: Instant) -> Option<Instant> {
        if self.queue.len() == 0 {
            return None;
        }
        let counted = self.counted.iter();
        let ends = counted.flat_map(|call| {
            let periods = self.limits.periods();
            periods.map(|period| after(call.arrived_by, period))
        });
        ends.filter(|end| *end > now).min()
    }

    /// Returns the seconds after which a refused call has better prospects, by the number of
    /// waiting ones.
    pub(super) fn retry_after(&self) -> u64 {
        let waiting = u64::try_from(self.queue.len()).unwrap_or(u64::MAX);
        let calls = self.limits.rate.map_or(1, |rate| rate.calls);
        let each = u64::try_from(calls.max(1)).unwrap_or(1);
        let seconds = waiting.checked_div(each).unwrap_or_default();
        seconds.saturating_add(1).min(LONGEST_ADVICE)
    }

    /// Returns whether no limit counts a call and no call waits.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.counted.is_empty() && self.queue.len() == 0
    }

    /// Drops the calls that no limit counts any more.
    fn forget(&mut self, now: Instant) {
        let longest = self.limits.periods().max().unwrap_or_default();
        self.counted
            .retain(|call| call.in_progress || after(call.arrived_by, longest) > now);
    }
}

/// Returns whether one more call is within every limit. A class may use its own reserve, and what
/// no other class has reserved.
fn may_go(
    limits: &Limits,
    counted: &[CountedCall],
    class: usize,
    customer: &Customer,
    now: Instant,
) -> bool {
    let in_window = |rate: Rate, concerns: &dyn Fn(&CountedCall) -> bool| {
        let calls = counted.iter().filter(|call| concerns(call));
        calls
            .filter(|call| after(call.arrived_by, rate.per) > now)
            .count()
    };
    let in_progress = |concerns: &dyn Fn(&CountedCall) -> bool| {
        let calls = counted.iter().filter(|call| concerns(call));
        calls.filter(|call| call.in_progress).count()
    };
    let of_customer = |call: &CountedCall| call.customer == *customer;
    let most = limits.classes.get(class).and_then(|class| class.most);
    let unused = |place: usize, reserved: Rate| {
        let used = in_window(reserved, &|call| call.class == place);
        reserved.calls.saturating_sub(used)
    };
    let others = limits.classes.iter().enumerate();
    let others = others.filter(|(place, _)| *place != class);
    let reserved = others.filter_map(|(place, other)| Some(unused(place, other.reserved?)));
    let reserved = reserved.fold(0_usize, usize::saturating_add);

    let one_customers = customer.is_some();
    limits
        .in_progress
        .is_none_or(|limit| in_progress(&|_| true) < limit)
        && limits
            .customer_in_progress
            .is_none_or(|limit| !one_customers || in_progress(&of_customer) < limit)
        && limits
            .customer_rate
            .is_none_or(|rate| !one_customers || in_window(rate, &of_customer) < rate.calls)
        && most.is_none_or(|rate| in_window(rate, &|call| call.class == class) < rate.calls)
        && limits
            .rate
            .is_none_or(|rate| in_window(rate, &|_| true).saturating_add(reserved) < rate.calls)
}

/// Returns the moment `time` later, or `moment` if the clock cannot represent it.
fn after(moment: Instant, time: Duration) -> Instant {
    moment.checked_add(time).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
