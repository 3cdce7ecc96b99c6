//! Tests of reads with a consent of Altinn 2: presented in a header of its own, fetched anew for
//! each read.

use serde_json::json;

use super::*;
use crate::consent::fake2::{FORMER, FakeAltinn2, KEYS};

struct Generation2Journey {
    platform: Memory,
    former: FakeAltinn2,
    reader: Reader,
    bank: Bank,
}

impl Generation2Journey {
    fn consented() -> Self {
        let platform = Memory::new();
        let former = FakeAltinn2::install(&platform);
        let bank = || FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
        let asking = bank();
        platform.run(asking.start(&platform)).expect("started");
        former.respond(&former.code(), "Accepted");
        let consents = Box::new(bank().consents);
        let template = template_of(&asking.service.right.resource);
        Self {
            platform,
            former,
            reader: reader(examples::claims(), AccessBasis::Consent(consents, template)),
            bank: asking,
        }
    }

    fn read(&self) -> Result<String, Problem> {
        let read = read_as(&self.platform, &self.reader, &self.bank, "aapnekrav", &[]);
        self.platform.run(read)
    }

    fn to(&self, host: &str) -> Vec<innsyn_core::platform::Request> {
        let requests = self.platform.requests().into_iter();
        requests
            .filter(|request| request.uri().host() == Some(host))
            .collect()
    }
}

#[test]
fn each_read_shows_both_tokens_and_the_second_is_new() {
    let journey = Generation2Journey::consented();
    for _ in 0..2 {
        let data = journey.read().expect("data");
        assert_eq!(data, r#"{"partIdentifikator":"313367002"}"#);
    }
    let shown: Vec<_> = journey
        .to(SOURCE)
        .iter()
        .map(|request| {
            assert_eq!(request.headers()["authorization"], "Bearer token");
            assert!(request.headers()["altinnsamtykke"].is_sensitive());
            request.headers()["altinnsamtykke"].clone()
        })
        .collect();
    assert_ne!(shown[0], shown[1]);
    // Neither the source's token nor the one for Altinn includes the consent, and only the second
    // is restricted to Altinn.
    let forms: Vec<_> = journey
        .to(TOKEN)
        .iter()
        .map(|request| String::from_utf8(request.body().to_vec()).expect("a form"))
        .collect();
    assert!(
        forms
            .iter()
            .all(|form| !form.contains("authorization_details"))
    );
    for form in forms {
        let is_for_altinn = form.contains("consentrequests");
        assert_eq!(
            form.contains("resource=https%3A%2F%2Fformer.example%2F"),
            is_for_altinn,
            "{form}"
        );
    }
}

#[test]
fn a_consent_that_is_withdrawn_is_told_as_such() {
    let journey = Generation2Journey::consented();
    journey.read().expect("data");
    journey.former.end(&journey.former.code());
    let problem = journey.read().expect_err("withdrawn");
    assert_eq!(problem.kind, Kind::ConsentRevoked);
    // The outcome is known from then on, without a call to Altinn.
    let before = journey.to(FORMER).len();
    assert_eq!(
        journey.read().expect_err("withdrawn").kind,
        Kind::ConsentRevoked
    );
    assert_eq!(journey.to(FORMER).len(), before);
}

#[test]
fn a_proof_that_is_not_of_the_consent_is_shown_to_nobody() {
    for (member, value, told) in [
        ("OfferedBy", json!("314055403"), "another party's"),
        ("CoveredBy", json!("310000302"), "another consumer"),
        ("Services", json!("5929_202301"), "something else"),
        ("ValidToDate", json!(1_775_044_801), "another time"),
        (
            "AuthorizationCode",
            json!(crate::consent::fake2::KEY),
            "another id",
        ),
        ("iss", json!("https://altinn.no"), "issuer"),
        ("exp", json!(1_767_268_700), "expired"),
    ] {
        let journey = Generation2Journey::consented();
        journey.read().expect("data");
        let before = journey.to(SOURCE).len();
        journey.former.say(member, value);
        let problem = journey.read().expect_err(member);
        assert_eq!(problem.kind, Kind::ProofRefused, "{member}");
        let detail = problem.advice.unwrap_or_default();
        assert!(detail.contains(told), "{member}: {detail}");
        assert_eq!(journey.to(SOURCE).len(), before, "{member}");
        let log = journey.platform.lines();
        assert!(
            !log.iter().any(|line| line.contains("314055403")),
            "{log:?}"
        );
    }
}

#[test]
fn a_key_that_was_announced_signs_without_a_word() {
    let journey = Generation2Journey::consented();
    let asked = |journey: &Generation2Journey| {
        let requests = journey.to(FORMER).into_iter();
        requests
            .filter(|request| request.uri().path() == KEYS)
            .count()
    };
    journey.read().expect("data");
    assert_eq!(asked(&journey), 1);
    journey.former.roll();
    journey.read().expect("data");
    assert_eq!(asked(&journey), 1);
}
