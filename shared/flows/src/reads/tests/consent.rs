use super::*;

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
fn a_token_that_is_refused_once_is_minted_anew() {
    let journey = Journey::consented();
    let minted = journey.services.minted();
    journey.services.fail(SOURCE, Ok(failure(401, "KB-004")));
    assert_eq!(journey.read().as_deref(), Ok(DATA));
    assert_eq!(
        journey.services.minted() - minted,
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
            journey.use_consent();
            journey.answer(status);
            for answer in answers {
                journey.services.fail(host, Ok(answer));
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
    // Refused as a consent: the party is asked again, and the row no longer says "granted".
    let journey = Journey::consented();
    journey.services.fail(SOURCE, Ok(failure(403, "KB-005")));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::ConsentRequired, Some("KB-005"))
    );
    journey
        .platform
        .run(journey.bank.start(&journey.platform))
        .expect("started");
    assert_eq!(journey.services.ids().len(), 2);

    // Refused as a token: the party cannot remedy that.
    let journey = Journey::consented();
    journey.services.fail(SOURCE, Ok(failure(401, "KB-004")));
    journey.services.fail(SOURCE, Ok(failure(401, "KB-004")));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::SourceRefused, Some("KB-004"))
    );
    assert_eq!(journey.read().as_deref(), Ok(DATA));

    let journey = Journey::consented();
    journey.use_consent();
    journey.services.fail(TOKEN, Ok(refused_consent()));
    let problem = journey.read().expect_err("refused");
    assert_eq!(
        (problem.kind, problem.source_code.as_deref()),
        (Kind::SourceRefused, Some("MP-303"))
    );
}

#[test]
fn a_refused_consent_while_altinn_is_away_is_not_judged() {
    let journey = Journey::consented();
    journey.use_consent();
    journey.services.fail(SOURCE, Ok(failure(403, "KB-005")));
    journey.services.fail_often(ALTINN, &Ok(raw(503, "")));
    assert_eq!(journey.kind(), Kind::SourceDown);
    journey.services.heal();
    assert_eq!(journey.read().as_deref(), Ok(DATA));
}
