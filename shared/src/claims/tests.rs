use serde_json::{Value, json};

use super::*;
use crate::config::Origin;
use crate::consent::fake::{
    ALTINN, Bank, ORGANISATION, OTHER_PERSON, SOURCE, TOKEN, World, answer, context, raw,
};
use crate::platform::memory::{Delay, Memory};
use crate::platform::{Response, SendError};

const DATA: &str = r#"{ "partIdentifikator":"313367002", "skjermet":false, "saldo": 30620.50, "nytt":[0.1, 12345678901234.55] }"#;

/// A bank whose customer has consented, unless a test says otherwise.
struct Journey {
    platform: Memory,
    world: World,
    claims: Claims,
    bank: Bank,
}

impl Journey {
    fn asked() -> Self {
        let platform = Memory::new();
        let world = World::install(&platform);
        let bank = Bank::new(ORGANISATION);
        platform.run(bank.start(&platform)).expect("started");
        let claims = Claims {
            consents: Bank::new(ORGANISATION).consents,
            source: Origin::parse("https://kob.example").expect("an origin"),
            package: "finans".to_owned(),
            service: bank.service.clone(),
            scope: "skatteetaten:kravogbetalinger".to_owned(),
            open: Semaphore::new(OPEN_CALLS),
        };
        Self {
            platform,
            world,
            claims,
            bank,
        }
    }

    fn consented() -> Self {
        let journey = Self::asked();
        journey.answer("Accepted");
        journey.world.serve([raw(200, DATA)]);
        journey
    }

    fn answer(&self, status: &str) {
        self.world
            .respond(&self.world.ids()[0], status, OTHER_PERSON);
    }

    async fn read_as(&self, dataset: Dataset, period: Option<Period>) -> Result<String, Problem> {
        let read = Read {
            consumer: &self.bank.consumers.default,
            party: &self.bank.party,
            dataset,
            period,
        };
        let data = self.claims.read(&context(&self.platform), read).await?;
        Ok(String::from_utf8(data.to_vec()).expect("UTF-8"))
    }

    fn read(&self) -> Result<String, Problem> {
        self.platform.run(self.read_as(Dataset::Aapnekrav, None))
    }

    fn read_period(&self, from: &str, to: &str) -> Result<String, Problem> {
        let period = Period::parse(from, to).expect("a period");
        self.platform.run(self.read_as(Dataset::Krav, Some(period)))
    }

    fn kind(&self) -> Kind {
        self.read().expect_err("a problem").kind
    }

    fn calls(&self, host: &str) -> Vec<crate::platform::Request> {
        let requests = self.platform.requests().into_iter();
        requests
            .filter(|request| request.uri().host() == Some(host))
            .collect()
    }
}

fn failure(status: u16, code: &str) -> Response {
    let id = "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55";
    answer(
        status,
        &json!({ "kode": code, "melding": "Noe gikk galt", "korrelasjonsid": id }),
    )
}

/// What the token component says when Maskinporten refuses the consent.
fn refused_consent() -> Response {
    answer(
        400,
        &json!({
            "error": "invalid_grant",
            "error_description": "The party's consent is needed",
            "problem": "consent-required",
            "code": "MP-303",
        }),
    )
}

#[test]
fn data_come_as_sent_with_one_token_for_this_consent() {
    let journey = Journey::consented();
    assert_eq!(journey.read().as_deref(), Ok(DATA));
    let calls = journey.calls(SOURCE);
    let [call] = calls.as_slice() else {
        panic!("one call")
    };
    assert_eq!(call.uri().path(), "/v1/finans/313367002/aapnekrav");
    assert_eq!(call.headers().get_all("authorization").iter().count(), 1);
    let details = journey.calls(TOKEN).into_iter().rev().find_map(|request| {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(request.body())
            .into_owned()
            .collect();
        let value = |wanted: &str| {
            form.iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        assert_eq!(value("resource"), None);
        value("authorization_details").zip(value("scope"))
    });
    let (details, scope) = details.expect("details");
    assert_eq!(scope, "skatteetaten:kravogbetalinger");
    assert_eq!(
        serde_json::from_str::<Value>(&details).expect("JSON"),
        json!([{
            "type": "urn:altinn:consent",
            "id": journey.world.ids()[0],
            "from": "urn:altinn:organization:identifier-no:313367002",
        }])
    );
    // The second read asks nobody but the source.
    let calls = journey.platform.requests().len();
    journey.read().expect("data");
    assert_eq!(journey.platform.requests().len(), calls + 1);
}

#[test]
fn without_a_consent_the_source_is_not_asked() {
    for (status, kind) in [
        (None, Kind::ConsentPending),
        (Some("Rejected"), Kind::ConsentRejected),
        (Some("Revoked"), Kind::ConsentRevoked),
    ] {
        let journey = Journey::asked();
        if let Some(status) = status {
            journey.answer(status);
        }
        assert_eq!(journey.kind(), kind);
        journey
            .platform
            .with_store("consents", std::collections::HashMap::clear);
        assert_eq!(journey.kind(), Kind::ConsentRequired);
        assert!(journey.calls(SOURCE).is_empty());
    }
    let journey = Journey::consented();
    journey.platform.shift(time::Duration::days(91));
    assert_eq!(journey.kind(), Kind::ConsentExpired);
    assert!(journey.calls(SOURCE).is_empty());
}

#[test]
fn a_source_in_trouble_is_tried_three_times_and_heals() {
    for failures in [
        vec![failure(500, "KB-001"), failure(500, "KB-002")],
        vec![failure(500, "DAS-003")],
        vec![raw(503, "<html>"), raw(502, "<html>")],
    ] {
        let journey = Journey::consented();
        let calls = failures.len() + 1;
        for failure in failures {
            journey.world.fail(SOURCE, Ok(failure));
        }
        assert_eq!(journey.read().as_deref(), Ok(DATA));
        assert_eq!(journey.calls(SOURCE).len(), calls);
        let ids: Vec<_> = journey
            .calls(SOURCE)
            .iter()
            .map(|call| call.headers()["korrelasjonsid"].clone())
            .collect();
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "the same for every attempt"
        );
    }
    for (end, kind, code) in [
        (Ok(failure(500, "KB-001")), Kind::SourceDown, Some("KB-001")),
        (Ok(raw(503, "<html>")), Kind::SourceDown, None),
        (
            Err(SendError::Broken("reset".to_owned())),
            Kind::SourceDown,
            None,
        ),
    ] {
        let journey = Journey::consented();
        journey.world.fail_often(SOURCE, &end);
        let problem = journey.read().expect_err("down");
        assert_eq!((problem.kind, problem.source_code.as_deref()), (kind, code));
        assert_eq!(journey.calls(SOURCE).len(), 3);
    }
}

#[test]
fn every_refusal_has_its_own_problem_and_is_not_repeated() {
    for (end, kind, code) in [
        (failure(404, "KB-003"), Kind::SourceRefused, Some("KB-003")),
        (failure(400, "KB-006"), Kind::RequestInvalid, Some("KB-006")),
        (failure(404, "KB-007"), Kind::NothingFound, Some("KB-007")),
        (failure(404, "KB-009"), Kind::PartyUnknown, Some("KB-009")),
        (
            failure(404, "DAS-002"),
            Kind::SourceRefused,
            Some("DAS-002"),
        ),
        (
            failure(403, "DAS-008"),
            Kind::SourceRefused,
            Some("DAS-008"),
        ),
        (
            raw(404, "Unknown instance. ID=17"),
            Kind::SourceRefused,
            None,
        ),
        (raw(429, ""), Kind::TooManyCalls, None),
        (
            raw(200, r#"{"partIdentifikator":"313367002","skjermet":true}"#),
            Kind::Shielded,
            None,
        ),
        (
            raw(200, r#"{"partIdentifikator":"313"#),
            Kind::SourceUnreadable,
            None,
        ),
        (raw(200, "<html>"), Kind::SourceUnreadable, None),
    ] {
        let journey = Journey::consented();
        journey.world.serve([end]);
        let problem = journey.read().expect_err("refused");
        assert_eq!((problem.kind, problem.source_code.as_deref()), (kind, code));
        assert_eq!(problem.source_correlation_id.is_some(), code.is_some());
        assert_eq!(journey.calls(SOURCE).len(), 1, "{kind:?}");
    }
}

#[test]
fn a_slow_source_is_told_from_one_that_is_down() {
    let journey = Journey::consented();
    let mut slow = raw(200, DATA);
    slow.extensions_mut().insert(Delay(Duration::from_secs(60)));
    journey.world.serve([slow]);
    assert_eq!(journey.kind(), Kind::SourceSlow);
    assert_eq!(journey.calls(SOURCE).len(), 1);
}

#[test]
fn a_token_that_is_refused_once_is_minted_anew() {
    let journey = Journey::consented();
    let minted = journey.world.minted();
    journey.world.fail(SOURCE, Ok(failure(401, "KB-004")));
    assert_eq!(journey.read().as_deref(), Ok(DATA));
    assert_eq!(
        journey.world.minted() - minted,
        3,
        "one for Altinn, two for the source"
    );
    let calls = journey.calls(SOURCE);
    assert_ne!(
        calls[0].headers()["authorization"],
        calls[1].headers()["authorization"]
    );
    let last = journey.calls(TOKEN).pop().expect("a call");
    assert!(
        std::str::from_utf8(last.body())
            .expect("a form")
            .contains("skip_cache=true")
    );
}

#[test]
fn whoever_refuses_the_consent_altinn_says_what_it_is_worth() {
    type Refusals = (&'static str, Vec<Response>);
    let refusals: fn() -> [Refusals; 3] = || {
        [
            (SOURCE, vec![failure(403, "KB-005")]),
            (SOURCE, vec![failure(401, "KB-004"), failure(401, "KB-004")]),
            (TOKEN, vec![refused_consent()]),
        ]
    };
    for (status, kind) in [
        ("Revoked", Kind::ConsentRevoked),
        ("Rejected", Kind::ConsentRejected),
    ] {
        for (host, answers) in refusals() {
            let journey = Journey::consented();
            journey
                .platform
                .run(
                    journey
                        .claims
                        .consents
                        .require(&context(&journey.platform), journey.bank.about()),
                )
                .expect("in force");
            journey.answer(status);
            for answer in answers {
                journey.world.fail(host, Ok(answer));
            }
            assert_eq!(journey.kind(), kind, "{host}");
            let calls = journey.platform.requests().len();
            assert_eq!(journey.kind(), kind, "the row is settled");
            assert_eq!(
                journey.platform.requests().len(),
                calls,
                "the next answer is quick"
            );
        }
    }
}

#[test]
fn a_consent_in_force_that_is_refused_is_our_trouble_or_asked_for_anew() {
    // Not taken as a consent: the party is asked anew, and the row no longer says that there is one.
    let journey = Journey::consented();
    journey.world.fail(SOURCE, Ok(failure(403, "KB-005")));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::ConsentRequired, Some("KB-005"))
    );
    journey
        .platform
        .run(journey.bank.start(&journey.platform))
        .expect("started");
    assert_eq!(journey.world.ids().len(), 2);

    // Not taken as a token: nothing that the party could do.
    let journey = Journey::consented();
    journey.world.fail(SOURCE, Ok(failure(401, "KB-004")));
    journey.world.fail(SOURCE, Ok(failure(401, "KB-004")));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::SourceRefused, Some("KB-004"))
    );
    assert_eq!(journey.read().as_deref(), Ok(DATA));

    let journey = Journey::consented();
    journey
        .platform
        .run(
            journey
                .claims
                .consents
                .require(&context(&journey.platform), journey.bank.about()),
        )
        .expect("in force");
    journey.world.fail(TOKEN, Ok(refused_consent()));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::SourceRefused, Some("MP-303"))
    );
}

#[test]
fn a_refused_consent_while_altinn_is_away_is_not_judged() {
    let journey = Journey::consented();
    journey
        .platform
        .run(
            journey
                .claims
                .consents
                .require(&context(&journey.platform), journey.bank.about()),
        )
        .expect("in force");
    journey.world.fail(SOURCE, Ok(failure(403, "KB-005")));
    journey.world.fail_often(ALTINN, &Ok(raw(503, "")));
    assert_eq!(journey.kind(), Kind::SourceDown);
    journey.world.heal();
    assert_eq!(journey.read().as_deref(), Ok(DATA));
}

#[test]
fn a_long_period_is_read_in_windows_and_merged() {
    let journey = Journey::consented();
    let window = |elements: &str| {
        raw(
            200,
            &format!(
                r#"{{"partIdentifikator":"313367002","periode":{{}},"skjermet":false,"krav":[{elements}]}}"#
            ),
        )
    };
    let element = |id: &str| {
        format!(
            r#"{{"partIdentifikator":"313367002","kravidentifikator":"{id}","opprinneligBeloep": 0.10}}"#
        )
    };
    let both = [element("1"), element("2")].join(",");
    journey.world.serve([
        window(&both),
        failure(404, "KB-007"),
        window(&[element("2"), element("3")].join(",")),
    ]);
    let merged = journey
        .read_period("2023-01-01", "2025-06-30")
        .expect("data");
    let expected = format!(
        r#"{{"partIdentifikator":"313367002","periode":{{"fraOgMed":"2023-01-01","tilOgMed":"2025-06-30"}},"skjermet":false,"krav":[{both},{}]}}"#,
        element("3")
    );
    assert_eq!(merged, expected);
    let queries: Vec<_> = journey
        .calls(SOURCE)
        .iter()
        .map(|call| call.uri().query().expect("a query").to_owned())
        .collect();
    assert_eq!(
        queries,
        [
            "fraOgMed=2023-01-01&tilOgMed=2023-12-31",
            "fraOgMed=2024-01-01&tilOgMed=2024-12-30",
            "fraOgMed=2024-12-31&tilOgMed=2025-06-30",
        ]
    );
}

#[test]
fn a_part_is_never_given_for_the_whole() {
    let empty = r#"{"partIdentifikator":"313367002","krav":[]}"#;
    for (ends, kind) in [
        (
            [failure(404, "KB-007"), failure(404, "KB-007")],
            Kind::NothingFound,
        ),
        (
            [raw(200, empty), failure(404, "KB-009")],
            Kind::PartyUnknown,
        ),
        ([raw(200, empty), raw(429, "")], Kind::TooManyCalls),
        (
            [
                raw(200, empty),
                raw(200, r#"{"partIdentifikator":"1","skjermet":true}"#),
            ],
            Kind::Shielded,
        ),
        (
            [
                raw(200, empty),
                raw(200, r#"{"partIdentifikator":"1","krav":{}}"#),
            ],
            Kind::SourceUnreadable,
        ),
        ([raw(200, empty), raw(404, "")], Kind::SourceRefused),
    ] {
        let journey = Journey::consented();
        journey.world.serve(ends);
        let problem = journey
            .read_period("2024-01-01", "2025-06-30")
            .expect_err("a problem");
        assert_eq!(problem.kind, kind);
    }
    // One window goes through as it came.
    let journey = Journey::consented();
    assert_eq!(
        journey.read_period("2025-01-01", "2025-12-31").as_deref(),
        Ok(DATA)
    );
}

#[test]
fn at_most_four_calls_are_open() {
    let journey = Journey::consented();
    journey.read().expect("data");
    let mut slow = raw(200, DATA);
    slow.extensions_mut().insert(Delay(Duration::from_secs(1)));
    journey.world.serve([slow]);
    let start = journey.platform.requests().len();
    let before = crate::platform::Platform::uptime(&journey.platform);
    let reads =
        futures::future::join_all((0..12).map(|_| journey.read_as(Dataset::Aapnekrav, None)));
    let ends = journey.platform.run(reads);
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(journey.platform.requests().len() - start, 12);
    let took = crate::platform::Platform::uptime(&journey.platform) - before;
    assert_eq!(took, Duration::from_secs(3), "twelve, four at a time");
}

#[test]
fn nothing_that_is_logged_names_anybody() {
    let journey = Journey::consented();
    journey.world.fail(SOURCE, Ok(failure(403, "KB-005")));
    journey.read().expect_err("refused");
    let lines = journey.platform.lines();
    assert!(lines.iter().any(|line| line.contains("consent-doubted")));
    assert!(!lines.iter().any(|line| line.contains(OTHER_PERSON)
        || line.contains("token-")
        || line.contains("/v1/")));
}
