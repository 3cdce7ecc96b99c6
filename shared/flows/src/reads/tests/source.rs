use super::*;
use innsyn_core::platform::Platform as _;

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
            "id": journey.services.ids()[0],
            "from": "urn:altinn:organization:identifier-no:313367002",
        }])
    );
    // The second read calls only the source.
    let calls = journey.platform.requests().len();
    journey.read().expect("data");
    assert_eq!(journey.platform.requests().len(), calls + 1);
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
            journey.services.fail(SOURCE, Ok(failure));
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
        journey.services.fail_often(SOURCE, &end);
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
        journey.services.serve([end]);
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
    slow.extensions_mut().insert(Delay(Duration::from_mins(1)));
    journey.services.serve([slow]);
    assert_eq!(journey.kind(), Kind::SourceSlow);
    assert_eq!(journey.calls(SOURCE).len(), 1);
}

#[test]
fn at_most_four_calls_are_open() {
    let journey = Journey::consented();
    journey.read().expect("data");
    let mut slow = raw(200, DATA);
    slow.extensions_mut().insert(Delay(Duration::from_secs(1)));
    journey.services.serve([slow]);
    let start = journey.platform.requests().len();
    let before = journey.platform.now();
    let reads = futures::future::join_all((0..12).map(|_| journey.read_as("aapnekrav", &[])));
    let ends = journey.platform.run(reads);
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(journey.platform.requests().len() - start, 12);
    let took = journey.platform.now() - before;
    assert_eq!(took, Duration::from_secs(3), "twelve, four at a time");
}

#[test]
fn nothing_that_is_logged_names_anybody() {
    let journey = Journey::consented();
    journey.services.fail(SOURCE, Ok(failure(403, "KB-005")));
    journey.read().expect_err("refused");
    let lines = journey.platform.lines();
    assert!(lines.iter().any(|line| line.contains("consent-doubted")));
    assert!(!lines.iter().any(|line| line.contains(OTHER_PERSON)
        || line.contains("token-")
        || line.contains("/v1/")));
}
