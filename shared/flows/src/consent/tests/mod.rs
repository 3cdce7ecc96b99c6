mod announced;
mod api;
mod callback;
mod events;
mod feed;
mod feed_trouble;
mod generation2;
mod interrupted;
mod link;
mod looks;
mod quota;
mod receiver;
mod start;
mod start_refused;
mod status;
mod swept;
mod withdrawn;

use std::time::Duration;

use super::fake::{ALTINN, Bank, ExternalServices, context, text};
use super::{BrowserReturn, ConsentStatus, Started};
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Platform, SendError};
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::{Outcome, ReturnQuery};
use innsyn_runtime::state::State;

/// Pause during which Altinn is not asked again.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// Period of the timer that calls the drain.
const PERIOD: Duration = Duration::from_mins(1);

/// Delay after which Altinn shows an event.
const LAG: Duration = Duration::from_mins(5);

/// Browser return that reports an answer, without a code.
const ANSWERED: ReturnQuery<'static> = ReturnQuery {
    answered: true,
    code: None,
};

/// Returns a platform connected to the external services.
fn connected_platform() -> (Memory, ExternalServices) {
    let platform = Memory::new();
    let services = ExternalServices::install(&platform);
    (platform, services)
}

fn down() -> Result<innsyn_core::platform::Response, SendError> {
    Err(SendError::NoConnection("refused".to_owned()))
}

/// Returns the state in the newest request's redirect URI.
fn newest_state(services: &ExternalServices) -> State {
    state_of(&text(&services.newest()["redirectUrl"]))
}

fn state_of(redirect_url: &str) -> State {
    let (_, state) = redirect_url.split_once("?state=").expect("a state");
    State::parse(state).expect("a state")
}

/// Simulates a browser return, and returns the redirect address.
async fn handle_return<P: Platform>(bank: &Bank, platform: &P, state: &State) -> Option<String> {
    arrive_saying(bank, platform, state, ReturnQuery::default()).await
}

async fn arrive_saying<P: Platform>(
    bank: &Bank,
    platform: &P,
    state: &State,
    says: ReturnQuery<'_>,
) -> Option<String> {
    let browser_return = BrowserReturn {
        state,
        says,
        head: false,
    };
    let context = context(platform);
    bank.consents
        .handle_return(&context, &bank.consumers, browser_return)
        .await
        .expect("an answer")
}

async fn current_outcome<P: Platform>(bank: &Bank, platform: &P) -> Option<Outcome> {
    let context = context(platform);
    let status: Result<Option<ConsentStatus>, Problem> =
        bank.consents.status(&context, bank.about()).await;
    status.expect("a standing").map(|status| status.outcome)
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

/// Returns the number of calls to Altinn.
fn altinn_calls(platform: &Memory) -> usize {
    let requests = platform.requests();
    requests
        .iter()
        .filter(|request| request.uri().host() == Some(ALTINN))
        .count()
}
