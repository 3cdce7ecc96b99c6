//! Tests of the flow by a link to Altinn 2: only the browser has the code, and only the proof shows
//! the outcome.

use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::*;
use crate::consent::fake::{ORGANISATION, OTHER_PERSON, PERSON};
use crate::consent::fake2::{FORMER, FakeAltinn2};
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::problem::Kind;
use innsyn_protocols::altinn2::Start;

struct Journey {
    platform: Memory,
    former: FakeAltinn2,
    bank: Bank,
    /// Address of the link.
    page: String,
}

impl Journey {
    fn started(party: &str) -> Self {
        let platform = Memory::new();
        let former = FakeAltinn2::install(&platform);
        let bank = FakeAltinn2::bank_by(Start::Link, party);
        let page = page(&platform.run(bank.start(&platform)).expect("started"));
        Self {
            platform,
            former,
            bank,
            page,
        }
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let url = Url::parse(&self.page).expect("an address");
        url.query_pairs().into_owned().collect()
    }

    fn state(&self) -> State {
        state_of(&self.parameters()["RedirectUrl"])
    }

    /// Simulates a browser return with this code.
    fn arrives_with(&self, code: &str) -> Option<String> {
        let says = ReturnQuery {
            code: Some(code),
            ..ANSWERED
        };
        let state = self.state();
        let arrived = arrive_saying(&self.bank, &self.platform, &state, says);
        self.platform.run(arrived)
    }

    fn status(&self) -> Option<Outcome> {
        self.platform
            .run(current_outcome(&self.bank, &self.platform))
    }

    /// Returns the number of requests to Altinn, for keys or anything else.
    fn asked(&self) -> usize {
        let requests = self.platform.requests();
        let mut hosts = requests.iter().map(|request| request.uri().host());
        hosts.by_ref().filter(|host| *host == Some(FORMER)).count()
    }
}

#[test]
fn the_party_is_sent_to_the_documented_address_and_nobody_is_asked() {
    let journey = Journey::started(ORGANISATION);
    assert!(
        journey
            .page
            .starts_with("https://page.example/ui/AccessConsent/?Resources=")
    );
    let mut parameters = journey.parameters();
    let redirect = parameters.remove("RedirectUrl").expect("an address");
    assert!(redirect.starts_with("https://app.example/consent/callback?state="));
    let expected = [
        ("Resources", "5928_202301"),
        ("CoveredBy", "310000205"),
        ("OfferedBy", ORGANISATION),
        // Summer time has begun.
        ("ValidToDate", "2026-04-01 14:00:00"),
        ("DelegationContext", "Banken trenger tallene"),
        ("ResponseType", "code"),
        ("5928_202301_inntektsaar", "2025"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(parameters, BTreeMap::from(expected));
    assert_eq!(journey.platform.requests().len(), 0);
    assert_eq!(journey.status(), Some(Outcome::Pending));
    assert_eq!(journey.platform.requests().len(), 0);
}

#[test]
fn a_persons_number_is_not_in_the_address() {
    let journey = Journey::started(PERSON);
    assert!(!journey.page.contains(PERSON));
    let parameters = journey.parameters();
    // Computed with `sha256sum`.
    let token = "9CE44DFFF270DD057DA7165CA121B85254BA286064C4B31F7D418402785A02D2";
    assert_eq!(parameters["UserToken"], token);
    assert!(!parameters.contains_key("OfferedBy"));
    let code = journey.former.accept(PERSON);
    assert_eq!(journey.arrives_with(&code), back("granted"));
}

#[test]
fn the_proof_of_the_code_that_comes_back_is_what_grants() {
    let journey = Journey::started(ORGANISATION);
    let code = journey.former.accept(ORGANISATION);
    assert_eq!(journey.arrives_with(&code), back("granted"));
    let asked = journey.asked();
    // A second return makes no calls, and neither does one with another code.
    assert_eq!(journey.arrives_with(&code), back("granted"));
    assert_eq!(
        journey.arrives_with("00000009-1111-4222-8333-444455556666"),
        back("granted")
    );
    assert_eq!(journey.asked(), asked);
    assert_eq!(journey.status(), Some(Outcome::Granted));

    journey.former.end(&code);
    journey.platform.shift(time::Duration::minutes(2));
    journey.former.advance(120);
    assert_eq!(journey.status(), Some(Outcome::Revoked));
}

#[test]
fn a_code_of_somebody_elses_or_of_something_else_grants_nothing() {
    for (party, member, value) in [
        (OTHER_PERSON, "iss", json!("altinn.no")),
        (ORGANISATION, "CoveredBy", json!("310000302")),
        (ORGANISATION, "Services", json!("5928_202301")),
        (ORGANISATION, "ValidToDate", json!(1_775_044_801)),
        (ORGANISATION, "iss", json!("somebody")),
        (ORGANISATION, "exp", json!(1_767_268_700)),
    ] {
        let journey = Journey::started(ORGANISATION);
        let code = journey.former.accept(party);
        journey.former.say(member, value);
        assert_eq!(journey.arrives_with(&code), back("pending"), "{member}");
        assert_eq!(journey.status(), Some(Outcome::Pending), "{member}");
        // The party can still give one, at the same address.
        let again = journey.platform.run(journey.bank.start(&journey.platform));
        assert_eq!(page(&again.expect("started")), journey.page);
        let log = journey.platform.lines();
        assert!(
            !log.iter().any(|line| line.contains(OTHER_PERSON)),
            "{log:?}"
        );
    }
}

#[test]
fn a_made_up_code_leaves_the_true_one_its_chance() {
    let journey = Journey::started(ORGANISATION);
    assert_eq!(
        journey.arrives_with("00000009-1111-4222-8333-444455556666"),
        back("pending")
    );
    assert_eq!(journey.status(), Some(Outcome::Pending));
    let code = journey.former.accept(ORGANISATION);
    journey.platform.advance(LOOK_PAUSE);
    assert_eq!(journey.arrives_with(&code), back("granted"));
}

#[test]
fn a_refusal_has_no_code_and_so_is_no_answer() {
    let journey = Journey::started(ORGANISATION);
    let state = journey.state();
    let arrived = arrive_saying(&journey.bank, &journey.platform, &state, ANSWERED);
    assert_eq!(journey.platform.run(arrived), back("pending"));
    assert_eq!(journey.asked(), 0);
}

#[test]
fn a_code_that_came_while_altinn_was_away_is_asked_about_later() {
    let journey = Journey::started(ORGANISATION);
    let code = journey.former.accept(ORGANISATION);
    journey.former.break_down(true);
    assert_eq!(journey.arrives_with(&code), back("pending"));
    journey.former.break_down(false);
    // Keys that were unavailable are requested again after a while.
    journey.platform.shift(time::Duration::seconds(3));
    journey.platform.advance(std::time::Duration::from_secs(3));
    assert_eq!(journey.status(), Some(Outcome::Granted));
}

#[test]
fn a_lost_way_back_is_healed_by_the_same_link() {
    let journey = Journey::started(ORGANISATION);
    journey.former.accept(ORGANISATION);
    assert_eq!(journey.status(), Some(Outcome::Pending));
    let context = context(&journey.platform);
    let required = journey.platform.run(journey.bank.require(&context));
    let problem = required.expect_err("the browser has not come back");
    assert_eq!(problem.kind, Kind::ConsentPending);
    let again = journey.platform.run(journey.bank.start(&journey.platform));
    assert_eq!(page(&again.expect("started")), journey.page);
    let code = journey.former.accept(ORGANISATION);
    assert_eq!(journey.arrives_with(&code), back("granted"));
}

#[test]
fn a_link_past_its_time_gives_way_to_another() {
    let journey = Journey::started(ORGANISATION);
    journey.platform.shift(time::Duration::days(91));
    assert_eq!(journey.status(), Some(Outcome::Expired));
    let again = journey.platform.run(journey.bank.start(&journey.platform));
    assert_ne!(page(&again.expect("started")), journey.page);
}

#[test]
fn a_way_back_that_is_stopped_anywhere_can_be_gone_again() {
    for steps in 0.. {
        let journey = Journey::started(ORGANISATION);
        let code = journey.former.accept(ORGANISATION);
        let says = ReturnQuery {
            code: Some(&code),
            ..ANSWERED
        };
        let state = journey.state();
        let crashing = CrashingPlatform::new(&journey.platform, steps);
        // Another instance.
        let bank = FakeAltinn2::bank_by(Start::Link, ORGANISATION);
        if survives(&crashing, arrive_saying(&bank, &crashing, &state, says)) {
            assert!(steps >= 4, "a row, a row, Altinn, a row at least");
            return;
        }
        journey.platform.advance(LOOK_PAUSE);
        assert_eq!(
            journey.arrives_with(&code),
            back("granted"),
            "before step {steps}"
        );
    }
}
