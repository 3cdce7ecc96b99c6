//! Tests of the quota of consent requests: the number that one customer may have open, and the rate
//! at which it may make them.

use std::time::Duration;

use futures::future::join_all;

use super::*;
use crate::consent::fake::ORGANISATION;
use innsyn_core::problem::Kind;
use innsyn_core::secret::Secret;

const SLOTS: usize = 20;
const LEAST: Duration = Duration::from_mins(2);

/// Returns a deployment whose customer `subject` requests a consent of its own for each `number`.
fn asking(subject: &str, number: usize) -> Bank {
    let mut bank = Bank::new(ORGANISATION);
    bank.subject = Secret::new(subject.to_owned());
    let metadata = &mut bank.service.right.metadata;
    metadata.insert("number".to_owned(), format!("{subject} {number}"));
    bank
}

fn start(platform: &Memory, subject: &str, number: usize) -> Result<Started, Problem> {
    platform.run(asking(subject, number).start(platform))
}

fn rows(platform: &Memory) -> usize {
    platform.with_store("consents", |rows| rows.len())
}

#[test]
fn twenty_may_be_open_and_the_next_is_refused_without_a_trace() {
    let (platform, services) = connected_platform();
    for number in 0..SLOTS {
        start(&platform, "kari", number).expect("started");
        platform.advance(LEAST);
    }
    let (kept, calls) = (rows(&platform), platform.requests().len());
    for number in SLOTS..SLOTS + 3 {
        let problem = start(&platform, "kari", number).expect_err("refused");
        assert_eq!(problem.kind, Kind::TooManyCalls);
        assert_eq!(problem.retry_after, Some(600));
    }
    assert_eq!((rows(&platform), platform.requests().len()), (kept, calls));
    let again = start(&platform, "kari", 0).expect("the request that is open");
    assert!(matches!(again, Started::Open { new: false, .. }));
    start(&platform, "ola", 0).expect("another customer");
    assert_eq!(services.ids().len(), SLOTS + 1);
}

#[test]
fn what_the_party_has_answered_leaves_room() {
    let (platform, services) = connected_platform();
    for number in 0..SLOTS {
        start(&platform, "kari", number).expect("started");
    }
    let problem = start(&platform, "kari", SLOTS).expect_err("just now");
    let wait = problem.retry_after.expect("a time");
    assert!((1..=LEAST.as_secs()).contains(&wait), "{wait}");
    platform.advance(LEAST);
    assert!(start(&platform, "kari", SLOTS).is_err(), "all are open");
    for (index, status) in [(3, "Rejected"), (7, "Accepted")] {
        services.respond(&services.ids()[index], status, crate::consent::fake::PERSON);
        platform.run(current_outcome(&asking("kari", index), &platform));
    }
    for number in [SLOTS, SLOTS + 1] {
        start(&platform, "kari", number).expect("there is room");
    }
    assert!(start(&platform, "kari", SLOTS + 2).is_err());
}

#[test]
fn refused_requests_count_for_two_minutes() {
    let (platform, services) = connected_platform();
    let refused = crate::consent::fake::raw(400, r#"{"code":"AM-00005"}"#);
    for number in 0..SLOTS {
        services.fail(ALTINN, Ok(refused.clone()));
        let problem = start(&platform, "kari", number).expect_err("refused by Altinn");
        assert_eq!(problem.kind, Kind::SourceRefused);
    }
    let calls = altinn_calls(&platform);
    let problem = start(&platform, "kari", SLOTS).expect_err("refused by us");
    assert_eq!(
        (problem.kind, altinn_calls(&platform)),
        (Kind::TooManyCalls, calls)
    );
    assert_eq!(
        rows(&platform),
        SLOTS,
        "slots, and neither records nor tickets"
    );
    platform.advance(LEAST);
    start(&platform, "kari", SLOTS).expect("started");
}

#[test]
fn of_many_at_the_very_same_moment_twenty_are_made() {
    let (platform, services) = connected_platform();
    let banks: Vec<_> = (0..100).map(|number| asking("kari", number)).collect();
    let ends = platform.run(join_all(banks.iter().map(|bank| bank.start(&platform))));
    let made = ends.iter().filter(|end| end.is_ok()).count();
    assert!((1..=SLOTS).contains(&made), "{made}");
    assert_eq!(services.ids().len(), made);
    let refused = ends.iter().filter_map(|end| end.as_ref().err());
    assert!(
        refused
            .into_iter()
            .all(|problem| problem.kind == Kind::TooManyCalls)
    );
}
