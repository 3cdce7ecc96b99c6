use super::super::settings::Class;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Limiter with a clock of the test's own.
struct Simulation {
    limiter: Limiter<()>,
    start: Instant,
    now: Instant,
    classes: Vec<String>,
    /// Admitted calls: time, class and customer.
    gone: Vec<(Duration, String, Customer)>,
    waiting: Vec<(u64, String, Customer)>,
}

impl Simulation {
    fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            classes: limits
                .classes
                .iter()
                .map(|class| class.name.clone())
                .collect(),
            limiter: Limiter::new(Arc::new(limits)),
            start: now,
            now,
            gone: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn submit(&mut self, class: &str, customer: &str) -> u64 {
        let customer: Customer = (!customer.is_empty()).then(|| customer.into());
        let place = self.classes.iter().position(|name| name == class).unwrap();
        let id = self.limiter.submit(place, customer.clone(), ()).unwrap();
        self.waiting.push((id, class.to_owned(), customer));
        id
    }

    /// Returns the ids of the calls admitted now.
    fn admit(&mut self) -> Vec<u64> {
        let ids: Vec<u64> = self
            .limiter
            .admit(self.now)
            .iter()
            .map(|(id, ())| *id)
            .collect();
        for id in &ids {
            let place = self.waiting.iter().position(|(other, ..)| other == id);
            let (_, class, customer) = self.waiting.remove(place.unwrap());
            self.gone.push((self.now - self.start, class, customer));
        }
        ids
    }

    /// Admits calls until `time` has passed; each is answered at once.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            for id in self.admit() {
                self.limiter.finished(id, self.now);
            }
            match self.limiter.next_release(self.now) {
                Some(next) if next <= end => self.now = next,
                _ => break,
            }
        }
        self.now = end;
    }

    fn count(&self, concerns: impl Fn(&str, &Customer) -> bool) -> usize {
        let gone = self.gone.iter();
        gone.filter(|(_, class, customer)| concerns(class, customer))
            .count()
    }

    /// Returns the most calls admitted within any second.
    fn most_in_a_second(&self, concerns: impl Fn(&str, &Customer) -> bool) -> usize {
        let gone = self.gone.iter();
        let gone = gone.filter(|(_, class, customer)| concerns(class, customer));
        let times: Vec<_> = gone.map(|(time, ..)| *time).collect();
        let from = |first: &Duration| {
            let within = times.iter().filter(|time| *time >= first);
            within
                .filter(|time| time.saturating_sub(*first) < SECOND)
                .count()
        };
        times.iter().map(from).max().unwrap_or_default()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form in which limits have it")]
fn rate(calls: usize) -> Option<Rate> {
    Some(Rate { calls, per: SECOND })
}

fn class(name: &str, reserved: Option<Rate>, most: Option<Rate>) -> Class {
    Class {
        name: name.to_owned(),
        reserved,
        most,
    }
}

/// Returns limits of ten calls per second, with two reserved for the drain and four for orders.
fn ten_a_second() -> Limits {
    Limits {
        rate: rate(10),
        customer_rate: rate(1),
        classes: vec![
            class("drain", rate(2), None),
            class("orders", rate(4), None),
            class("visits", None, rate(2)),
            class("other", None, None),
        ],
        ..Limits::default()
    }
}

fn five_in_progress() -> Limits {
    Limits {
        in_progress: Some(5),
        customer_in_progress: Some(2),
        classes: vec![class("other", None, None)],
        ..Limits::default()
    }
}

#[test]
fn the_drain_goes_on_while_orders_use_the_rest() {
    let mut calls = Simulation::new(ten_a_second());
    for customer in 0..60 {
        calls.submit("orders", &format!("customer {customer}"));
    }
    calls.run(Duration::from_millis(500));
    // What the drain has reserved stays free for it.
    assert_eq!(calls.count(|class, _| class == "orders"), 8);
    for _ in 0..40 {
        calls.submit("drain", "");
    }
    calls.run(Duration::from_millis(1));
    assert_eq!(calls.count(|class, _| class == "drain"), 2);
    calls.run(Duration::from_millis(5_498));
    assert_eq!(calls.most_in_a_second(|_, _| true), 10);
    assert!(calls.count(|class, _| class == "drain") >= 12);
    assert!(calls.count(|class, _| class == "orders") >= 28);
    assert_eq!(calls.count(|_, _| true), 60);
}

#[test]
fn visits_and_one_customer_are_held_back_and_nobody_else_is() {
    let mut calls = Simulation::new(ten_a_second());
    for _ in 0..20 {
        calls.submit("visits", "");
    }
    for _ in 0..20 {
        calls.submit("orders", "one");
    }
    calls.run(Duration::from_millis(100));
    assert_eq!(calls.count(|class, _| class == "visits"), 2);
    assert_eq!(calls.count(|class, _| class == "orders"), 1);
    let others = ["two", "three", "four"].map(|customer| calls.submit("orders", customer));
    assert_eq!(calls.admit(), others);
    calls.run(Duration::from_secs(5));
    assert_eq!(calls.most_in_a_second(|class, _| class == "visits"), 2);
    let one = |_: &str, customer: &Customer| customer.as_deref() == Some("one");
    assert_eq!(calls.most_in_a_second(one), 1);
    assert_eq!(calls.count(one), 6);
}

#[test]
fn one_customer_has_two_calls_in_progress_and_all_together_five() {
    let mut calls = Simulation::new(five_in_progress());
    for _ in 0..60 {
        calls.submit("other", "one");
    }
    let first = calls.admit();
    assert_eq!(first, [0, 1]);
    // Another customer's call goes at once, however many of the first wait.
    let others = ["two", "two", "two", "three"].map(|customer| calls.submit("other", customer));
    assert_eq!(calls.admit(), [others[0], others[3], others[1]]);
    // An answer whose body still comes is in progress.
    calls.limiter.answered(0, calls.now);
    assert!(calls.admit().is_empty());
    calls.limiter.finished(0, calls.now);
    assert_eq!(calls.admit(), [2]);
    for id in [others[0], others[3]] {
        calls.limiter.finished(id, calls.now);
    }
    assert_eq!(calls.admit(), [others[2]]);
    assert_eq!(calls.limiter.next_release(calls.now), None);
}

#[test]
fn customers_take_turns() {
    let mut limits = five_in_progress();
    limits.in_progress = Some(1);
    let mut calls = Simulation::new(limits);
    for customer in ["one", "one", "one", "two", "three"] {
        calls.submit("other", customer);
    }
    let mut order = Vec::new();
    while let [id] = calls.admit()[..] {
        order.push(id);
        calls.limiter.finished(id, calls.now);
    }
    assert_eq!(order, [0, 3, 4, 1, 2]);
}

/// Checks that a service counts calls when they arrive, not when they are sent.
#[test]
fn calls_that_take_long_to_arrive_do_not_add_up() {
    let mut limits = ten_a_second();
    limits.customer_rate = None;
    limits.classes = vec![class("other", None, None)];
    let mut calls = Simulation::new(limits);
    for _ in 0..40 {
        calls.submit("other", "");
    }
    let mut arrivals = Vec::new();
    for round in 0..3 {
        let ids = calls.admit();
        assert_eq!(ids.len(), 10, "round {round}");
        // New connections at first: the calls arrive, and are answered, as late as they may.
        let way = if round == 0 { ARRIVAL } else { Duration::ZERO };
        calls.now += way;
        for id in ids {
            calls.limiter.answered(id, calls.now);
            arrivals.push(calls.now);
        }
        calls.now = calls.limiter.next_release(calls.now).unwrap();
    }
    for first in &arrivals {
        let within = arrivals.iter().filter(|time| *time >= first);
        assert!(within.filter(|time| **time - *first < SECOND).count() <= 10);
    }
    // A slow order does not delay the others for as long.
    assert_eq!(calls.now - calls.start, ARRIVAL + 3 * SECOND);
    calls.admit();
    calls.now += ARRIVAL + SECOND;
    calls.submit("other", "");
    assert_eq!(calls.admit().len(), 1);
}

#[test]
fn a_call_that_was_never_made_counts_nowhere() {
    let mut calls = Simulation::new(ten_a_second());
    let first = calls.submit("visits", "one");
    let second = calls.submit("visits", "one");
    let third = calls.submit("visits", "one");
    assert_eq!(calls.admit(), [first]);
    calls.limiter.leave(second);
    calls.limiter.withdraw(first);
    assert_eq!(calls.admit(), [third]);
    calls.limiter.withdraw(third);
    assert!(calls.limiter.is_idle(calls.now));
}

#[test]
fn what_is_over_is_forgotten() {
    let mut calls = Simulation::new(ten_a_second());
    let id = calls.submit("orders", "one");
    calls.admit();
    assert!(!calls.limiter.is_idle(calls.now));
    calls.limiter.finished(id, calls.now);
    assert!(
        !calls
            .limiter
            .is_idle(calls.now + SECOND - Duration::from_millis(1))
    );
    assert!(calls.limiter.is_idle(calls.now + SECOND));
}

#[test]
fn the_queue_is_bounded_and_says_when_to_come_again() {
    let mut calls = Simulation::new(ten_a_second());
    assert_eq!(calls.limiter.retry_after(), 1);
    for customer in 0..4 {
        for _ in 0..64 {
            calls.submit("other", &format!("customer {customer}"));
        }
    }
    assert_eq!(
        calls.limiter.submit(3, Some("new".into()), ()),
        Err(QueueFull)
    );
    assert_eq!(calls.limiter.retry_after(), 26);
}
