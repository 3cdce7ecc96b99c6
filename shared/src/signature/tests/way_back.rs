//! The browser comes back: it is believed in nothing, and sent where the record says.

use super::super::fake::{answered, refused};
use super::*;
use crate::platform::SendError;
use crate::state::State;

/// The state in the exit addresses of the newest order.
pub(super) fn newest_state(world: &World) -> State {
    let requests = world.platform.requests();
    let order = requests.iter().rev().find(|request| {
        request.method() == "POST" && request.uri().path().ends_with("signature-jobs")
    });
    let body = String::from_utf8_lossy(order.expect("an order").body()).into_owned();
    let (_, rest) = body
        .split_once("/signatures/return/completed?job=")
        .expect("an exit");
    State::parse(rest.get(..43).expect("a state")).expect("a state")
}

pub(super) async fn arrive<P: Platform>(
    world: &World,
    platform: &P,
    token: Option<&str>,
) -> Result<Option<String>, Problem> {
    arrive_with(world, platform, &newest_state(world), token, false).await
}

async fn arrive_with<P: Platform>(
    world: &World,
    platform: &P,
    state: &State,
    token: Option<&str>,
    head: bool,
) -> Result<Option<String>, Problem> {
    let token = token.map(|token| Secret::new(token.to_owned()));
    let arrival = Arrival {
        state,
        token: token.as_ref(),
        head,
    };
    let context = context(platform);
    world
        .signatures
        .arrive(&context, &world.consumers, arrival)
        .await
}

fn back(world: &World, token: Option<&str>) -> String {
    let end = world.platform.run(arrive(world, &*world.platform, token));
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
        let world = World::new();
        let job = world.made(direct());
        world.posten.happens(90_000, 0, status);
        for _ in 0..2 {
            let address = format!("https://bank.example/back?signature={outcome}");
            assert_eq!(back(&world, Some("good")), address);
        }
        assert_eq!(world.status(&job.id).status.as_str(), outcome);
        world.assert_discreet();
    }
}

#[test]
fn without_a_good_token_nothing_is_settled() {
    for token in [None, Some("stale"), Some("%/?&")] {
        let world = World::new();
        let job = world.made(direct());
        world.posten.happens(90_000, 0, "SIGNED");
        if token != Some("%/?&") {
            assert_eq!(
                back(&world, token),
                "https://bank.example/back?signature=in_progress"
            );
        }
        assert_eq!(world.status(&job.id).status, Status::InProgress);
        // The queue knows.
        world.drain();
        assert_eq!(
            back(&world, token),
            "https://bank.example/back?signature=completed"
        );
    }
}

#[test]
fn a_signing_that_is_not_over_is_waited_for() {
    let world = World::new();
    world.made(direct());
    world.posten.happens(90_000, 0, "SIGNED");
    world
        .posten
        .fail("status", Ok(refused(404, "SIGNING_CEREMONY_NOT_COMPLETED")));
    assert_eq!(
        back(&world, Some("good")),
        "https://bank.example/back?signature=completed"
    );
}

#[test]
fn while_posten_is_away_the_browser_goes_home_and_it_heals() {
    for end in [
        Err(SendError::NoConnection("x".to_owned())),
        Ok(answered(500, "")),
        Ok(answered(200, "<html>")),
        Ok(refused(403, "NOT_AUTHORIZED")),
    ] {
        let world = World::new();
        world.made(direct());
        world.posten.happens(90_000, 0, "SIGNED");
        for _ in 0..2 {
            world.posten.fail("status", end.clone());
        }
        assert_eq!(
            back(&world, Some("good")),
            "https://bank.example/back?signature=in_progress"
        );
        world.posten.heal();
        assert_eq!(
            back(&world, Some("good")),
            "https://bank.example/back?signature=completed"
        );
    }
}

#[test]
fn a_status_of_another_job_is_not_taken() {
    let world = World::new();
    world.made(direct());
    let first = newest_state(&world);
    world.made(direct());
    world.posten.happens(90_001, 0, "SIGNED");
    let xml = world.posten.told(90_001);
    world.posten.fail("status/90000", Ok(answered(200, &xml)));
    let end = arrive_with(&world, &*world.platform, &first, Some("good"), false);
    let end = world.platform.run(end).expect("an answer");
    assert_eq!(
        end.as_deref(),
        Some("https://bank.example/back?signature=in_progress")
    );
    assert!(
        world
            .platform
            .events()
            .iter()
            .any(|event| event["outcome"] == "mismatch")
    );
}

#[test]
fn head_changes_nothing() {
    let world = World::new();
    world.made(direct());
    world.posten.happens(90_000, 0, "SIGNED");
    let (rows, calls) = (world.rows(), world.platform.requests().len());
    let state = newest_state(&world);
    let end = arrive_with(&world, &*world.platform, &state, Some("good"), true);
    assert!(world.platform.run(end).expect("an answer").is_some());
    assert_eq!(
        (world.rows(), world.platform.requests().len()),
        (rows, calls)
    );
}

#[test]
fn a_state_that_was_made_up_leads_nowhere() {
    let world = World::new();
    world.made(direct());
    let made_up = State::parse(&"a".repeat(43)).expect("of the right form");
    let end = arrive_with(&world, &*world.platform, &made_up, Some("good"), false);
    assert_eq!(world.platform.run(end), Ok(None));
}

#[test]
fn an_old_status_does_not_take_back_what_the_queue_has_told() {
    let world = World::new();
    let job = world.made(direct());
    world.posten.happens(90_000, 0, "WAITING");
    let old = world.posten.told(90_000);
    world.platform.advance(Duration::from_secs(5));
    world.posten.happens(90_000, 0, "REJECTED");
    world.drain();
    world.posten.fail("status", Ok(answered(200, &old)));
    assert_eq!(
        back(&world, Some("good")),
        "https://bank.example/back?signature=failed"
    );
    assert_eq!(world.status(&job.id).status, Status::Failed);
}
