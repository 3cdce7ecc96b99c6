//! Bounded fair queue: round-robin over the classes, and within a class over its customers.

use std::collections::VecDeque;
use std::sync::Arc;

/// Maximum number of waiting calls.
pub(super) const LONGEST: usize = 256;
/// Limit of the waiting calls of one customer.
pub(super) const LONGEST_OF_CUSTOMER: usize = 64;

/// Pseudonym of the customer. Calls without one count as one customer.
pub(super) type Customer = Option<Arc<str>>;

/// Waiting calls, each with its waker.
pub(super) struct Queue<W> {
    /// Queues, by the index of the class.
    classes: Vec<VecDeque<CustomerQueue<W>>>,
    /// Index of the class that is served next.
    turn: usize,
    waiting: usize,
}

/// Calls of one customer, in the order in which they came.
struct CustomerQueue<W> {
    customer: Customer,
    calls: VecDeque<WaitingCall<W>>,
}

/// Waiting call.
pub(super) struct WaitingCall<W> {
    pub(super) id: u64,
    pub(super) waker: W,
}

impl<W> Queue<W> {
    pub(super) fn new(classes: usize) -> Self {
        Self {
            classes: std::iter::repeat_with(VecDeque::new)
                .take(classes)
                .collect(),
            turn: 0,
            waiting: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    /// Appends a call to its customer's queue, unless the queue or the customer's part of it is
    /// full.
    pub(super) fn push(&mut self, class: usize, customer: Customer, call: WaitingCall<W>) -> bool {
        let of_customer = self.classes.iter().flatten();
        let of_customer = of_customer.filter(|line| line.customer == customer);
        let of_customer =
            of_customer.fold(0_usize, |sum, line| sum.saturating_add(line.calls.len()));
        if self.waiting >= LONGEST || of_customer >= LONGEST_OF_CUSTOMER {
            return false;
        }
        let Some(lines) = self.classes.get_mut(class) else {
            return false;
        };
        self.waiting = self.waiting.saturating_add(1);
        if let Some(line) = lines.iter_mut().find(|line| line.customer == customer) {
            line.calls.push_back(call);
        } else {
            let calls = VecDeque::from([call]);
            lines.push_back(CustomerQueue { customer, calls });
        }
        true
    }

    /// Takes the next admissible call. Its class and its customer are then last in turn.
    pub(super) fn take(
        &mut self,
        may_go: impl Fn(usize, &Customer) -> bool,
    ) -> Option<(usize, Customer, WaitingCall<W>)> {
        let count = self.classes.len();
        for class in (self.turn..count).chain(0..self.turn) {
            let Some(lines) = self.classes.get_mut(class) else {
                continue;
            };
            let Some(place) = lines.iter().position(|line| may_go(class, &line.customer)) else {
                continue;
            };
            let Some(mut line) = lines.remove(place) else {
                continue;
            };
            let customer = line.customer.clone();
            let call = line.calls.pop_front();
            if !line.calls.is_empty() {
                lines.push_back(line);
            }
            self.turn = class.saturating_add(1);
            if let Some(call) = call {
                self.waiting = self.waiting.saturating_sub(1);
                return Some((class, customer, call));
            }
        }
        None
    }

    /// Removes a waiting call, if present.
    pub(super) fn remove(&mut self, id: u64) {
        for lines in &mut self.classes {
            for line in lines.iter_mut() {
                if let Some(place) = line.calls.iter().position(|call| call.id == id) {
                    line.calls.remove(place);
                    self.waiting = self.waiting.saturating_sub(1);
                    lines.retain(|line| !line.calls.is_empty());
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue<()>, class: usize, customer: &str, id: u64) -> bool {
        let customer = (!customer.is_empty()).then(|| customer.into());
        queue.push(class, customer, WaitingCall { id, waker: () })
    }

    fn order(queue: &mut Queue<()>) -> Vec<u64> {
        let taken = std::iter::from_fn(|| queue.take(|_, _| true));
        taken.map(|(_, _, call)| call.id).collect()
    }

    #[test]
    fn classes_and_customers_take_turns() {
        let mut queue = Queue::new(2);
        for (class, customer, id) in [
            (0, "a", 1),
            (0, "a", 2),
            (0, "a", 3),
            (0, "b", 4),
            (0, "", 5),
            (1, "a", 6),
            (1, "a", 7),
        ] {
            assert!(push(&mut queue, class, customer, id));
        }
        assert_eq!(order(&mut queue), [1, 6, 4, 7, 5, 2, 3]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn whoever_may_not_go_stops_nobody() {
        let mut queue = Queue::new(1);
        for (customer, id) in [("a", 1), ("b", 2), ("a", 3)] {
            assert!(push(&mut queue, 0, customer, id));
        }
        let taken = queue.take(|_, customer| customer.as_deref() != Some("a"));
        assert_eq!(taken.map(|(_, _, call)| call.id), Some(2));
        assert_eq!(order(&mut queue), [1, 3]);
    }

    #[test]
    fn one_customer_cannot_fill_the_queue() {
        let mut queue = Queue::new(1);
        let mut ids = 0..;
        let accepted =
            |queue: &mut Queue<()>, customer: &str, ids: &mut std::ops::RangeFrom<u64>| {
                (0..300)
                    .filter(|_| push(queue, 0, customer, ids.next().unwrap()))
                    .count()
            };
        assert_eq!(accepted(&mut queue, "a", &mut ids), 64);
        assert_eq!(accepted(&mut queue, "", &mut ids), 64);
        for customer in ["b", "c"] {
            assert_eq!(accepted(&mut queue, customer, &mut ids), 64);
        }
        assert_eq!(accepted(&mut queue, "d", &mut ids), 0);
        queue.remove(0);
        queue.remove(0);
        assert_eq!(accepted(&mut queue, "d", &mut ids), 1);
        assert_eq!(order(&mut queue).len(), 256);
    }
}
