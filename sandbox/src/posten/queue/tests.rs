//! Queues, by the clock of the test.

use time::macros::datetime;

use super::*;
use crate::posten::example::{EIRIK, RAGNA, direct, portal};
use crate::posten::job::SignerStatus;
use crate::posten::order::Order;

const START: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const MINUTE: Duration = Duration::MINUTE;

#[derive(Default)]
struct TestBed {
    jobs: BTreeMap<i64, Job>,
    timetable: PollSchedule,
}

impl TestBed {
    /// Creates a job that a signer refuses at once.
    fn refused(&mut self, order: Order, at: OffsetDateTime) {
        let id = i64::try_from(self.jobs.len()).unwrap() + 1;
        let mut job = order.signed_by(RAGNA, 0).signed_by(EIRIK, 0).job(at);
        job.id = id;
        job.fail(0, SignerStatus::Rejected, at).unwrap();
        self.jobs.insert(id, job);
    }

    /// Polls a queue, and returns the job, nothing (0), or too early (-1), with the time of the
    /// next poll.
    fn poll(&mut self, direct: bool, name: &str, at: OffsetDateTime) -> (i64, Duration) {
        let queue = Queue {
            organisation: "310000205".to_owned(),
            direct,
            name: name.to_owned(),
        };
        let switches = Switches::default();
        let poll = self.timetable.poll(queue, &mut self.jobs, &switches, at);
        let found = match poll.found {
            PollOutcome::Changed(job, _) => job.id,
            PollOutcome::Nothing => 0,
            PollOutcome::TooEarly => -1,
        };
        (found, poll.next - at)
    }
}

#[test]
fn a_change_comes_back_after_ten_minutes_until_it_is_confirmed() {
    let mut bench = TestBed::default();
    bench.refused(portal(Duration::DAY), START);
    bench.refused(portal(Duration::DAY), START + MINUTE);
    let poll = |bench: &mut TestBed, after| bench.poll(false, "", START + after).0;
    assert_eq!(poll(&mut bench, MINUTE), 1);
    assert_eq!(poll(&mut bench, MINUTE), 2, "nobody else gets the first");
    assert_eq!(poll(&mut bench, MINUTE), 0);
    assert_eq!(poll(&mut bench, MINUTE * 11 - Duration::SECOND), 0);
    assert_eq!(poll(&mut bench, MINUTE * 12), 1);
    bench.jobs.get_mut(&1).unwrap().confirm();
    assert_eq!(poll(&mut bench, MINUTE * 22), 2);
    assert_eq!(poll(&mut bench, MINUTE * 22), 0);
}

#[test]
fn a_confirmation_is_not_for_what_has_not_been_told() {
    let mut bench = TestBed::default();
    let mut job = portal(Duration::DAY)
        .signed_by(RAGNA, 0)
        .signed_by(EIRIK, 0)
        .job(START);
    job.changes.push(job.state(START));
    job.changes.push(job.state(START + MINUTE));
    bench.jobs.insert(1, job);
    assert_eq!(bench.poll(false, "", START).0, 1);
    let job = bench.jobs.get_mut(&1).unwrap();
    job.confirm();
    assert_eq!(job.changes.len(), 1);
    assert_eq!(job.changes[0].at, START + MINUTE);
}

#[test]
fn flows_names_and_organisations_have_queues_of_their_own() {
    let mut bench = TestBed::default();
    let mut named = portal(Duration::DAY);
    named.queue = Some("a".to_owned());
    let mut of_another = direct(true);
    of_another.organisation = "310000302".to_owned();
    for order in [direct(true), portal(Duration::DAY), named, of_another] {
        bench.refused(order, START);
    }
    assert_eq!(bench.poll(true, "", START).0, 1);
    assert_eq!(bench.poll(false, "", START).0, 2);
    assert_eq!(bench.poll(false, "a", START).0, 3);
    assert_eq!(bench.poll(true, "a", START).0, 0);
    assert_eq!(bench.poll(true, "", START).0, 0);
}

#[test]
fn whoever_finds_nothing_waits_and_whoever_does_not_wait_waits_anew() {
    let mut bench = TestBed::default();
    let second = Duration::SECOND;
    let wait = second * 10;
    assert_eq!(bench.poll(false, "", START), (0, wait));
    assert_eq!(bench.poll(false, "", START + second * 9), (-1, wait));
    bench.refused(portal(Duration::DAY), START);
    assert_eq!(bench.poll(false, "", START + second * 18), (-1, wait));
    assert_eq!(bench.poll(false, "other", START + second * 18), (0, wait));
    let next = START + second * 28;
    assert_eq!(bench.poll(false, "", next), (1, Duration::ZERO));
    assert_eq!(bench.poll(false, "", next), (0, wait));
}
