//! Tests of the browser return: the browser is not trusted, and is redirected to the address in the
//! record.

use futures::future::join_all;

use super::*;
use crate::signature::fake::{answered, refused, shut_out};
use innsyn_core::platform::SendError;
use innsyn_runtime::state::State;

/// Returns the state in the exit addresses of the newest order.
pub(super) fn newest_state(bed: &TestBed) -> State {
    let requests = bed.platform.requests();
    let order = requests.iter().rev().find(|request| {
        request.method() == "POST" && request.uri().path().ends_with("signature-jobs")
    });
    let body = String::from_utf8_lossy(order.expect("an order").body()).into_owned();
    let (_, rest) = body
        .split_once("/signatures/return/completed?job=")
        .expect("an exit");
    State::parse(rest.get(..43).expect("a state")).expect("a state")
}

pub(super) async fn handle_return<P: Platform>(
    bed: &TestBed,
    platform: &P,
    token: Option<&str>,
) -> Result<Option<String>, Problem> {
    arrive_with(bed, platform, &newest_state(bed), token, false).await
}

async fn arrive_with<P: Platform>(
    bed: &TestBed,
    platform: &P,
    state: &State,
    token: Option<&str>,
    head: bool,
) -> Result<Option<String>, Problem> {
    let token = token.map(|token| Secret::new(token.to_owned()));
    let browser_return = BrowserReturn {
        state,
        token: token.as_ref(),
        head,
    };
    let context = context(platform);
    bed.signatures
        .handle_return(&context, &bed.consumers, browser_return)
        .await
}

fn back(bed: &TestBed, token: Option<&str>) -> String {
    let end = bed.platform.run(handle_return(bed, &*bed.platform, token));
    end.expect("an answer").expect("an address")
}

#[test]
fn the_outcome_is_what_posten_says_and_stays_so() {
    for (status, outcome) in [
        ("SIGNED", "completed"),
        ("REJECTED", "failed"),
        ("FAILED", "failed"),
        ("WAITING", "in_progress"),
    ] {
        let bed = TestBed::new();
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, status);
        for _ in 0..2 {
            let address = format!("https://bank.example/back?signature={outcome}");
            assert_eq!(back(&bed, Some("good")), address);
        }
        assert_eq!(bed.status(&job.id).status.as_str(), outcome);
        bed.assert_discreet();
    }
}

#[test]
fn without_a_good_token_nothing_is_settled() {
    for token in [None, Some("stale"), Some("%/?&")] {
        let bed = TestBed::new();
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        if token != Some("%/?&") {
            assert_eq!(
                back(&bed, token),
                "https://bank.example/back?signature=in_progress"
            );
        }
        assert_eq!(bed.status(&job.id).status, Status::InProgress);
        // The queue delivers the status.
        bed.drain();
        assert_eq!(
            back(&bed, token),
            "https://bank.example/back?signature=completed"
        );
    }
}

#[test]
fn a_signing_that_is_not_over_is_waited_for() {
    let bed = TestBed::new();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.posten
        .fail("status", Ok(refused(404, "SIGNING_CEREMONY_NOT_COMPLETED")));
    let start = bed.platform.uptime();
    assert_eq!(
        back(&bed, Some("good")),
        "https://bank.example/back?signature=completed"
    );
    let waited = bed.platform.uptime().saturating_sub(start);
    assert!(waited > LOOK_EVERY && waited < LOOK_EVERY * 2, "{waited:?}");
}

/// Minimum interval between two status lookups.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Returns the number of status requests to Posten.
fn looks(bed: &TestBed) -> usize {
    let requests = bed.platform.requests();
    let is_look =
        |request: &&innsyn_core::platform::Request| request.uri().path().contains("/status/");
    requests.iter().filter(is_look).count()
}

#[test]
fn visits_to_one_address_cost_one_look_in_five_seconds() {
    let bed = TestBed::new();
    let mut order = direct();
    order.signers.push(signer(OLA));
    bed.made(order);
    // In progress until the other signer has signed.
    bed.posten.happens(90_000, 0, "SIGNED");
    let start = bed.platform.uptime();
    for token in ["good", "good", "made-up", "another"] {
        let visits = (0..6).map(|_| handle_return(&bed, &*bed.platform, Some(token)));
        for end in bed.platform.run(join_all(visits)) {
            let address = end.expect("an answer").expect("an address");
            assert_eq!(address, "https://bank.example/back?signature=in_progress");
        }
    }
    let lasted = bed.platform.uptime().saturating_sub(start);
    let most = 1 + lasted.as_secs() / LOOK_EVERY.as_secs();
    assert!(looks(&bed) as u64 <= most, "{} in {lasted:?}", looks(&bed));
    assert!(looks(&bed) >= 2, "the next one is looked up");
}

#[test]
fn visits_to_many_instances_at_once_cost_one_look() {
    let bed = TestBed::new();
    bed.made(direct());
    let visits = (0..40).map(|_| async {
        // Another instance has not cached it.
        let other = bed.another_instance();
        let token = Secret::new("made-up".to_owned());
        let state = newest_state(&bed);
        let browser_return = BrowserReturn {
            state: &state,
            token: Some(&token),
            head: false,
        };
        let context = context(&*bed.platform).within(Duration::from_secs(3));
        other
            .handle_return(&context, &bed.consumers, browser_return)
            .await
    });
    for end in bed.platform.run(join_all(visits)) {
        assert!(end.expect("an answer").is_some());
    }
    assert_eq!(looks(&bed), 1);
}

#[test]
fn a_token_that_somebody_made_up_does_not_cost_the_signer_their_look() {
    for pause in [0, 1_000, 4_900] {
        let bed = TestBed::new();
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        back(&bed, Some("made-up"));
        bed.platform.advance(Duration::from_millis(pause));
        assert_eq!(
            back(&bed, Some("good")),
            "https://bank.example/back?signature=completed"
        );
        assert_eq!(bed.status(&job.id).status, Status::Completed);
        assert_eq!(looks(&bed), 2);
    }
}

#[test]
fn a_job_that_is_over_is_not_looked_up() {
    let bed = TestBed::new();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    back(&bed, Some("good"));
    bed.platform.advance(Duration::from_mins(5));
    for token in ["good", "made-up"] {
        assert_eq!(
            back(&bed, Some(token)),
            "https://bank.example/back?signature=completed"
        );
    }
    assert_eq!(looks(&bed), 1);
}

#[test]
fn where_posten_says_too_many_calls_the_browser_goes_home_with_what_is_known() {
    for refusal in [shut_out(), answered(429, "")] {
        let bed = TestBed::new();
        bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        bed.posten.fail("status", Ok(refusal));
        assert_eq!(
            back(&bed, Some("good")),
            "https://bank.example/back?signature=in_progress"
        );
        assert_eq!(looks(&bed), 1);
    }
}

#[test]
fn where_too_many_wait_the_others_go_home_at_once() {
    let bed = TestBed::new();
    bed.made(direct());
    back(&bed, Some("made-up"));
    let start = bed.platform.uptime();
    let waiting: Vec<_> = (0..crate::signature::browser_return::WAITING)
        .map(|_| bed.signatures.waiting.try_acquire())
        .collect();
    assert!(waiting.iter().all(Option::is_some));
    back(&bed, Some("good"));
    assert_eq!(bed.platform.uptime(), start);
    drop(waiting);
    assert!(bed.signatures.waiting.try_acquire().is_some());
}

#[test]
fn while_posten_is_away_the_browser_goes_home_and_it_heals() {
    for end in [
        Err(SendError::NoConnection("x".to_owned())),
        Ok(answered(500, "")),
        Ok(answered(200, "<html>")),
        Ok(refused(403, "NOT_AUTHORIZED")),
    ] {
        let bed = TestBed::new();
        bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        for _ in 0..2 {
            bed.posten.fail("status", end.clone());
        }
        assert_eq!(
            back(&bed, Some("good")),
            "https://bank.example/back?signature=in_progress"
        );
        bed.posten.heal();
        assert_eq!(
            back(&bed, Some("good")),
            "https://bank.example/back?signature=completed"
        );
    }
}

#[test]
fn a_status_of_another_job_is_not_taken() {
    let bed = TestBed::new();
    bed.made(direct());
    let first = newest_state(&bed);
    bed.made(direct());
    bed.posten.happens(90_001, 0, "SIGNED");
    let xml = bed.posten.told(90_001);
    bed.posten.fail("status/90000", Ok(answered(200, &xml)));
    let end = arrive_with(&bed, &*bed.platform, &first, Some("good"), false);
    let end = bed.platform.run(end).expect("an answer");
    assert_eq!(
        end.as_deref(),
        Some("https://bank.example/back?signature=in_progress")
    );
    assert!(
        bed.platform
            .events()
            .iter()
            .any(|event| event["outcome"] == "mismatch")
    );
}

#[test]
fn head_changes_nothing() {
    let bed = TestBed::new();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    let (rows, calls) = (bed.rows(), bed.platform.requests().len());
    let state = newest_state(&bed);
    let end = arrive_with(&bed, &*bed.platform, &state, Some("good"), true);
    assert!(bed.platform.run(end).expect("an answer").is_some());
    assert_eq!((bed.rows(), bed.platform.requests().len()), (rows, calls));
}

#[test]
fn a_state_that_was_made_up_leads_nowhere() {
    let bed = TestBed::new();
    bed.made(direct());
    let made_up = State::parse(&"a".repeat(43)).expect("of the right form");
    let end = arrive_with(&bed, &*bed.platform, &made_up, Some("good"), false);
    assert_eq!(bed.platform.run(end), Ok(None));
}

#[test]
fn an_old_status_does_not_take_back_what_the_queue_has_told() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "WAITING");
    let old = bed.posten.told(90_000);
    bed.platform.advance(Duration::from_secs(5));
    bed.posten.happens(90_000, 0, "REJECTED");
    bed.drain();
    bed.posten.fail("status", Ok(answered(200, &old)));
    assert_eq!(
        back(&bed, Some("good")),
        "https://bank.example/back?signature=failed"
    );
    assert_eq!(bed.status(&job.id).status, Status::Failed);
}
