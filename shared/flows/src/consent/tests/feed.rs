//! Tests of the event feed: withdrawals of consents that nobody reads.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::*;
use crate::consent::Drained;
use crate::consent::fake::{OTHER_PERSON, PERSON, raw};
use innsyn_core::platform::Request;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::platform::slow::SlowPlatform;
use innsyn_core::problem::Kind;
use innsyn_protocols::altinn2::Start;

/// Starts a consent, accepts it, and lets the browser return.
fn granted(platform: &Memory, services: &ExternalServices, bank: &Bank) -> String {
    platform.run(bank.start(platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.answer_at(&id, "Accepted", PERSON, platform.now());
    let arrived = platform.run(handle_return(bank, platform, &newest_state(services)));
    assert_eq!(arrived, back("granted"));
    id
}

async fn drain<P: Platform>(bank: &Bank, platform: &P) -> Result<Drained, Problem> {
    let context = context(platform);
    bank.consents.drain(&context, &bank.consumers).await
}

/// Lets time pass by one timer period at a time, with a drain in each. Returns the sums.
fn drains(platform: &Memory, services: &ExternalServices, bank: &Bank, time: Duration) -> Drained {
    let mut sum = Drained::default();
    let end = platform.uptime() + time;
    while platform.uptime() < end {
        platform.advance(PERIOD);
        services.show_events_until(platform.now() - LAG);
        let drained = platform.run(drain(bank, platform)).expect("drained");
        sum.events += drained.events;
        sum.ended += drained.ended;
    }
    sum
}

fn required(platform: &Memory, bank: &Bank) -> Result<(), Kind> {
    let valid = platform.run(bank.require(&context(platform)));
    valid.map(|_| ()).map_err(|problem| problem.kind)
}

fn feed_calls(platform: &Memory) -> Vec<Request> {
    let requests = platform.requests().into_iter();
    requests
        .filter(|request| request.uri().path().ends_with("/events"))
        .collect()
}

#[test]
fn a_withdrawal_that_nobody_reads_is_known_after_the_lag_and_a_period() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    let id = granted(&platform, &services, &bank);
    drains(&platform, &services, &bank, LAG);
    assert_eq!(required(&platform, &bank), Ok(()));
    services.answer_at(&id, "Revoked", PERSON, platform.now());
    let before = altinn_calls(&platform);
    assert_eq!(
        drains(&platform, &services, &bank, LAG.saturating_sub(PERIOD)),
        Drained::default()
    );
    assert_eq!(required(&platform, &bank), Ok(()), "not shown yet");
    let drained = drains(&platform, &services, &bank, PERIOD + PERIOD);
    assert_eq!(drained.ended, 1);
    let calls = altinn_calls(&platform);
    assert_eq!(calls - before, 6 * 2, "the feed of two consumers alone");
    assert_eq!(required(&platform, &bank), Err(Kind::ConsentRevoked));
    assert_eq!(altinn_calls(&platform), calls, "the row says so");
    // The newest event is read again, and is no news.
    let again = drains(&platform, &services, &bank, PERIOD);
    assert_eq!((again.events, again.ended), (2, 0), "at two consumers");
}

#[test]
fn of_a_thousand_consents_ten_withdrawn_ones_are_known_by_three_calls_at_most() {
    let (platform, services) = connected_platform();
    let mut bank = Bank::new(PERSON);
    bank.consumers.others.clear();
    let service = |number: usize| format!("service-{number}");
    let ids: Vec<_> = (0..1_000)
        .map(|number| {
            bank.service.name = service(number);
            bank.subject = innsyn_core::secret::Secret::new(service(number));
            granted(&platform, &services, &bank)
        })
        .collect();
    platform.advance(LAG + PERIOD);
    for id in ids.iter().skip(5).step_by(100) {
        services.answer_at(id, "Revoked", PERSON, platform.now());
    }
    let before = platform.requests().len();
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    let drained = platform.run(drain(&bank, &platform)).expect("drained");
    assert_eq!(drained.ended, 10);
    let calls = feed_calls(&platform).len();
    assert!((1..=3).contains(&calls), "{calls} calls");
    // One more for the token that the calls share.
    assert!(platform.requests().len() - before <= calls + 1);
    let known: Vec<_> = (0..1_000)
        .filter(|number| {
            bank.service.name = service(*number);
            required(&platform, &bank) == Err(Kind::ConsentRevoked)
        })
        .collect();
    assert_eq!(
        known,
        (5..1_000).step_by(100).collect::<Vec<_>>(),
        "these and no others"
    );
}

#[test]
fn full_pages_are_followed_by_their_position_and_three_in_a_drain() {
    let (platform, services) = connected_platform();
    let mut bank = Bank::new(PERSON);
    bank.consumers.others.clear();
    let id = granted(&platform, &services, &bank);
    for number in 0..420 {
        let at = platform.now() + Duration::from_millis(number);
        services.add_event("someone-elses", "Revoked", at);
    }
    services.add_event(
        &id.to_uppercase(),
        "deleted",
        platform.now() + Duration::from_secs(1),
    );
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    let drain = || platform.run(drain(&bank, &platform)).expect("drained");
    assert_eq!(drain().events, 300);
    assert_eq!(feed_calls(&platform).len(), 3);
    let last = drain();
    assert_eq!((last.events, last.ended), (121, 1), "without a pause");
    assert_eq!(feed_calls(&platform).len(), 5);
    assert_eq!(drain(), Drained::default(), "just polled");
    assert_eq!(feed_calls(&platform).len(), 5);
}

#[test]
fn a_position_that_altinn_does_not_know_is_given_up() {
    let (platform, services) = connected_platform();
    let mut bank = Bank::new(PERSON);
    bank.consumers.others.clear();
    for number in 0..420 {
        let at = platform.now() + Duration::from_millis(number);
        services.add_event("someone-elses", "Revoked", at);
    }
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    platform.run(drain(&bank, &platform)).expect("drained");
    let refusal =
        r#"{"status":400,"code":"STD-00000","validationErrors":[{"code":"AM.VLD-00053"}]}"#;
    services.fail(ALTINN, Ok(raw(400, refusal)));
    let problem = platform.run(drain(&bank, &platform)).expect_err("refused");
    assert_eq!(problem.kind, Kind::SourceRefused);
    platform.advance(PERIOD);
    platform.run(drain(&bank, &platform)).expect("by time");
    let calls = feed_calls(&platform);
    let queries: Vec<_> = calls.iter().filter_map(|call| call.uri().query()).collect();
    assert!(queries[3].contains("continuationToken"));
    assert!(!queries[4].contains("continuationToken"));
}

#[test]
fn a_rejection_ends_a_request_and_a_replaced_one_ends_nothing() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    let first = services.ids()[0].clone();
    services.answer_at(&first, "Rejected", PERSON, platform.now());
    assert_eq!(drains(&platform, &services, &bank, LAG + PERIOD).ended, 1);
    assert_eq!(required(&platform, &bank), Err(Kind::ConsentRejected));
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2);
    services.answer_at(&first, "Deleted", PERSON, platform.now());
    assert_eq!(drains(&platform, &services, &bank, LAG + PERIOD).ended, 0);
    assert_eq!(required(&platform, &bank), Err(Kind::ConsentPending));
}

#[test]
fn a_drain_that_is_stopped_anywhere_reads_the_page_again() {
    for steps in 0.. {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        let id = granted(&platform, &services, &bank);
        services.answer_at(&id, "Revoked", PERSON, platform.now());
        platform.advance(LAG + PERIOD);
        services.show_events_until(platform.now() - LAG);
        let crashing = CrashingPlatform::new(&platform, steps);
        let survived = survives(&crashing, drain(&Bank::new(PERSON), &crashing));
        platform.advance(PERIOD);
        platform
            .run(drain(&Bank::new(PERSON), &platform))
            .expect("drained");
        assert_eq!(
            required(&platform, &Bank::new(PERSON)),
            Err(Kind::ConsentRevoked),
            "stopped before step {steps}"
        );
        if survived {
            assert!(steps > 8, "lease, position, token, feed, rows");
            return;
        }
    }
}

#[test]
fn a_lookup_that_overwrites_the_mark_does_not_undo_it() {
    for seed in 0..20 {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        let id = granted(&platform, &services, &bank);
        services.answer_at(&id, "Revoked", PERSON, platform.now());
        platform.advance(LAG + PERIOD);
        services.show_events_until(platform.now() - LAG);
        // Altinn does not answer lookups: nothing else corrects the row.
        services.fail_lookups(true);
        platform.reseed(seed);
        let slow = SlowPlatform::new(&platform, Duration::from_millis(400));
        let looks = async {
            for _ in 0..4 {
                let other = Bank::new(PERSON);
                let _ = other.consents.status(&context(&slow), other.about()).await;
                slow.sleep(Duration::from_secs(5)).await;
            }
        };
        let ((), drained) = platform.run(futures::future::join(looks, drain(&bank, &slow)));
        assert!(drained.is_ok(), "{drained:?}");
        assert_eq!(
            required(&platform, &bank),
            Err(Kind::ConsentRevoked),
            "seed {seed}"
        );
    }
}

#[test]
fn one_drain_runs_at_a_time_and_altinn_2_has_no_feed() {
    let (platform, _services) = connected_platform();
    let bank = Bank::new(OTHER_PERSON);
    let both = futures::future::join(drain(&bank, &platform), drain(&bank, &platform));
    let (one, other) = platform.run(both);
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(feed_calls(&platform).len(), 2, "one for each consumer");
    let former = crate::consent::fake2::FakeAltinn2::bank_by(Start::Token, OTHER_PERSON);
    let drained = platform.run(drain(&former, &platform)).expect("nothing");
    assert_eq!(drained, Drained::default());
    assert_eq!(feed_calls(&platform).len(), 2);
}

#[test]
fn times_are_sent_as_altinn_reads_them() {
    let (platform, _services) = connected_platform();
    platform
        .run(drain(&Bank::new(PERSON), &platform))
        .expect("drained");
    let calls = feed_calls(&platform);
    let query = calls[0].uri().query().expect("a query");
    let (_, after) = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "createdAfter")
        .expect("a time");
    let after = OffsetDateTime::parse(&after, &Rfc3339).expect("RFC 3339");
    assert_eq!(
        platform.now().date() - after.date(),
        time::Duration::days(1)
    );
}
