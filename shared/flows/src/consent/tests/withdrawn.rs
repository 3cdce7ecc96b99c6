//! Tests of withdrawals by the consumer.

use super::*;
use crate::consent::fake::ORGANISATION;
use crate::consent::fake2::FakeAltinn2;
use innsyn_core::problem::Kind;
use innsyn_protocols::altinn2::Start;

fn withdraw(bank: &Bank, platform: &Memory) -> Result<Option<Outcome>, Kind> {
    let context = context(platform);
    let status = platform.run(bank.consents.withdraw(&context, bank.about()));
    status
        .map(|status| status.map(|status| status.outcome))
        .map_err(|problem| problem.kind)
}

fn asking(start: Start) -> (Memory, FakeAltinn2, Bank) {
    let platform = Memory::new();
    let former = FakeAltinn2::install(&platform);
    let mut bank = FakeAltinn2::bank_by(start, ORGANISATION);
    bank.party_name = Some(innsyn_core::secret::Secret::new("Fjordvik".to_owned()));
    (platform, former, bank)
}

/// Starts and accepts a consent, makes it known, and returns its code.
fn granted(platform: &Memory, former: &FakeAltinn2, bank: &Bank) -> String {
    let started = platform.run(bank.start(platform)).expect("started");
    let address = page(&started);
    let (code, redirect) = if address.contains("RedirectUrl") {
        let url = url::Url::parse(&address).expect("an address");
        let mut pairs = url.query_pairs();
        let redirect = pairs.find(|(name, _)| name == "RedirectUrl");
        let (_, redirect) = redirect.expect("an address");
        (former.accept(ORGANISATION), redirect.into_owned())
    } else {
        let code = former.code();
        former.respond(&code, "Accepted");
        (code, former.newest("RedirectUrl"))
    };
    let says = ReturnQuery {
        code: Some(&code),
        ..ANSWERED
    };
    let state = state_of(&redirect);
    let arrived = arrive_saying(bank, platform, &state, says);
    assert_eq!(platform.run(arrived), back("granted"));
    code
}

#[test]
fn a_consent_that_was_given_is_given_up_however_it_was_asked_for() {
    for (start, query, with_token) in [
        (Start::Token, None, true),
        (Start::Certificate, Some("ForceEIAuthentication"), false),
        (Start::Link, None, true),
    ] {
        let (platform, former, bank) = asking(start);
        let code = granted(&platform, &former, &bank);
        assert_eq!(withdraw(&bank, &platform), Ok(Some(Outcome::Revoked)));
        let requests = platform.requests();
        let last = requests.last().expect("a request");
        assert_eq!(last.method(), "DELETE");
        assert_eq!(
            last.uri().path(),
            format!("/api/authorization/token/{code}")
        );
        assert_eq!(last.uri().query(), query);
        assert_eq!(last.headers().contains_key("authorization"), with_token);
        // A repeat has no further effect.
        assert_eq!(withdraw(&bank, &platform), Ok(Some(Outcome::Revoked)));
        assert_eq!(platform.requests().len(), requests.len());
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Revoked)
        );
    }
}

#[test]
fn a_question_is_taken_back_where_altinn_has_it() {
    for (start, path) in [
        (Start::Token, Some("/api/consentRequests/")),
        (Start::Certificate, Some("/api/consentRequests/")),
        (Start::Link, None),
    ] {
        let (platform, _former, bank) = asking(start);
        platform.run(bank.start(&platform)).expect("started");
        assert_eq!(withdraw(&bank, &platform), Ok(Some(Outcome::Revoked)));
        let requests = platform.requests().into_iter();
        let deleted: Vec<_> = requests
            .filter(|request| request.method() == "DELETE")
            .collect();
        match (path, deleted.as_slice()) {
            (Some(path), [only]) => assert!(only.uri().path().starts_with(path)),
            (None, []) => {}
            _ => panic!("{start:?}: {deleted:?}"),
        }
    }
}

#[test]
fn one_that_the_party_has_withdrawn_before_is_so() {
    let (platform, former, bank) = asking(Start::Token);
    let code = granted(&platform, &former, &bank);
    former.end(&code);
    assert_eq!(withdraw(&bank, &platform), Ok(Some(Outcome::Revoked)));
}

#[test]
fn where_there_is_none_nothing_is_asked() {
    let (platform, _former, bank) = asking(Start::Token);
    assert_eq!(withdraw(&bank, &platform), Ok(None));
    assert_eq!(platform.requests().len(), 0);
}

#[test]
fn at_altinn_3_only_the_party_can() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(ORGANISATION);
    platform.run(bank.start(&platform)).expect("started");
    services.respond(&services.ids()[0], "Accepted", crate::consent::fake::PERSON);
    assert_eq!(withdraw(&bank, &platform), Err(Kind::RequestInvalid));
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Granted)
    );
}
