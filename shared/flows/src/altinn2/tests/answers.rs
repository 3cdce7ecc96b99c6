use super::*;

#[test]
fn each_status_has_its_outcome() {
    for (status, expected) in [
        ("Unopened", Outcome::Pending),
        ("Opened", Outcome::Pending),
        ("Accepted", Outcome::Granted),
        ("ACCEPTED", Outcome::Granted),
        ("Rejected", Outcome::Rejected),
    ] {
        assert_eq!(outcome(&kept(status)), Ok(expected), "{status}");
    }
    let unknown = found(&kept("Paused")).expect_err("unknown");
    assert!(matches!(unknown.reason, Reason::Unreadable(_)));
    let late = datetime!(2026-07-09 10:00 UTC);
    let consent = found(&kept("Accepted")).expect("readable");
    assert_eq!(consent.outcome(&known(PERSON), late), Ok(Outcome::Expired));
}

#[test]
fn what_differs_from_what_was_asked_is_told() {
    for (member, value, mismatch) in [
        ("AuthorizationCode", json!(KEY), Mismatch::Id),
        ("OfferedBy", json!("028290*****"), Mismatch::From),
        ("OfferedBy", json!("148585****"), Mismatch::From),
        ("CoveredBy", json!("310000205"), Mismatch::To),
        ("RequestResources", json!([]), Mismatch::Rights),
        (
            "RequestResources",
            json!([{ "ServiceCode": "4628", "ServiceEditionCode": 2, "Metadata": { "inntektsaar": "2025" } }]),
            Mismatch::Rights,
        ),
        (
            "ValidTo",
            json!("2026-07-09T10:00:00.000"),
            Mismatch::ValidTo,
        ),
        (
            "RequiredDelegator",
            json!("028290*****"),
            Mismatch::ApprovedBy,
        ),
        ("RequiredDelegator", json!(null), Mismatch::ApprovedBy),
    ] {
        let mut body = kept("Accepted");
        body[member] = value;
        assert_eq!(outcome(&body), Err(mismatch), "{member}");
    }
    // Numbers were not masked before release 20.12.
    let mut unmasked = kept("Accepted");
    unmasked["OfferedBy"] = json!(PERSON);
    assert_eq!(outcome(&unmasked), Ok(Outcome::Granted));
}

#[test]
fn a_consent_that_was_given_is_confirmed_while_its_time_lasts() {
    let altinn = altinn();
    let consent = |status| found(&kept(status)).expect("readable");
    let confirmation = |consent: &Consent, now| {
        let request = altinn.confirmation(&known(PERSON), consent, now);
        request
            .expect("no fault")
            .map(|request| request.uri().path().to_owned())
    };
    let accepted = consent("Accepted");
    let path = format!("/api/authorization/token/{CODE}");
    assert_eq!(confirmation(&accepted, NOW), Some(path));
    assert_eq!(confirmation(&accepted, accepted.valid_to), None);
    assert_eq!(confirmation(&consent("Opened"), NOW), None);
    assert_eq!(confirmation(&consent("Rejected"), NOW), None);
}

#[test]
fn refusals_are_told_by_who_has_to_act() {
    let names = json!([{ "ErrorCode": "40332", "ErrorMessage": "Name" }]);
    let described = json!([{ "errorCode": "40332", "errorDescription": "Name" }]);
    let others = json!([{ "ErrorCode": "40300" }, { "ErrorCode": "Brekke" }, {}]);
    for (status, body, reason, codes) in [
        (400, names, Reason::PartyUnknown, vec!["40332"]),
        (400, described, Reason::PartyUnknown, vec!["40332"]),
        (400, others, Reason::Final, vec!["40300"]),
        (400, json!("Required header"), Reason::Final, vec![]),
        (401, json!(null), Reason::Token, vec![]),
        (403, json!(null), Reason::Final, vec![]),
        (410, json!(null), Reason::Final, vec![]),
        (429, json!(null), Reason::TooManyCalls(None), vec![]),
        (500, json!(null), Reason::Down, vec![]),
        (
            204,
            json!(null),
            Reason::Unreadable("an unexpected status"),
            vec![],
        ),
    ] {
        let refused = altinn().created(&requested(PERSON), &answer(status, &body));
        let refusal = refused.expect_err("refused");
        assert_eq!(refusal.reason, reason, "{status} {body}");
        assert_eq!(refusal.codes, codes, "{status} {body}");
    }
}

#[test]
fn nonsense_is_unreadable_and_quotes_nothing() {
    for (member, value) in [
        ("ValidTo", json!("i dag")),
        ("AuthorizationCode", json!("../../etc")),
        ("AuthorizationCode", json!("")),
        ("OfferedBy", json!(14_858_512_450_u64)),
    ] {
        let mut body = kept("Accepted");
        body[member] = value;
        let refusal = found(&body).expect_err(member);
        assert!(matches!(refusal.reason, Reason::Unreadable(_)), "{member}");
        assert!(!format!("{refusal:?}").contains(PERSON));
    }
}
