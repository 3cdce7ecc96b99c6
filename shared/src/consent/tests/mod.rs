mod callback;
mod desk;
mod generation2;
mod interrupted;
mod link;
mod looks;
mod quota;
mod standing;
mod start;
mod start_refused;
mod withdrawn;

use super::fake::{ALTINN, Bank, World, context, text};
use super::{Arrival, Standing, Started};
use crate::altinn::{Outcome, WayBack};
use crate::platform::memory::Memory;
use crate::platform::{Platform, SendError};
use crate::problem::Problem;
use crate::state::State;

/// Pause during which Altinn is not asked again.
const LOOK_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// A browser that says that there is an answer, and no code.
const ANSWERED: WayBack<'static> = WayBack {
    answered: true,
    code: None,
};

/// A platform with the other sides behind it.
fn world() -> (Memory, World) {
    let platform = Memory::new();
    let world = World::install(&platform);
    (platform, world)
}

fn down() -> Result<crate::platform::Response, SendError> {
    Err(SendError::NoConnection("refused".to_owned()))
}

/// The state in the newest request's redirect address.
fn newest_state(world: &World) -> State {
    state_of(&text(&world.newest()["redirectUrl"]))
}

fn state_of(redirect_url: &str) -> State {
    let (_, state) = redirect_url.split_once("?state=").expect("a state");
    State::parse(state).expect("a state")
}

/// A browser comes back; what it is answered.
async fn arrive<P: Platform>(bank: &Bank, platform: &P, state: &State) -> Option<String> {
    arrive_saying(bank, platform, state, WayBack::default()).await
}

async fn arrive_saying<P: Platform>(
    bank: &Bank,
    platform: &P,
    state: &State,
    says: WayBack<'_>,
) -> Option<String> {
    let arrival = Arrival {
        state,
        says,
        head: false,
    };
    let context = context(platform);
    bank.consents
        .arrive(&context, &bank.consumers, arrival)
        .await
        .expect("an answer")
}

async fn standing<P: Platform>(bank: &Bank, platform: &P) -> Option<Outcome> {
    let context = context(platform);
    let standing: Result<Option<Standing>, Problem> =
        bank.consents.standing(&context, bank.about()).await;
    standing
        .expect("a standing")
        .map(|standing| standing.outcome)
}

#[expect(clippy::unnecessary_wraps, reason = "the form in which it is compared")]
fn back(outcome: &str) -> Option<String> {
    Some(format!("https://bank.example/back?consent={outcome}"))
}

fn page(started: &Started) -> String {
    match started {
        Started::Open { page, .. } => page.clone(),
        Started::Granted { .. } => panic!("granted"),
    }
}

/// How often Altinn was called.
fn altinn_calls(platform: &Memory) -> usize {
    let requests = platform.requests();
    requests
        .iter()
        .filter(|request| request.uri().host() == Some(ALTINN))
        .count()
}
