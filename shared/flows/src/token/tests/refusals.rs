use super::*;

fn api() -> TokenApi {
    TokenApi::from(token_config())
}

fn parts(answer: &(StatusCode, Value)) -> (u16, &str, &str, &str) {
    let text = |name: &str| answer.1[name].as_str().unwrap_or_default();
    (
        answer.0.as_u16(),
        text("error"),
        text("problem"),
        text("code"),
    )
}

#[test]
fn a_refusal_keeps_its_code_status_and_trace() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.refuse(400, "invalid_scope", "MP-200");
        let answer = bed.ask(&api, "scope=a").await;
        assert_eq!(
            parts(&answer),
            (400, "invalid_scope", "scope-not-on-client", "MP-200")
        );
        assert_eq!(answer.1["trace_id"], "6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b");
        assert_eq!(
            answer.1["error_uri"],
            "https://maskinporten.example/errors/MP-200"
        );
        let said = answer.1["error_description"].as_str().unwrap_or_default();
        assert!(said.contains("add the scope to the client"), "{said}");
        assert!(!answer.1.to_string().contains(PERSON));
    });
    bed.assert_discreet();
}

#[test]
fn a_hard_refusal_is_remembered_for_a_few_seconds() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.refuse(403, "forbidden", "MP-250");
        for _ in 0..5 {
            assert_eq!(
                parts(&bed.ask(&api, "scope=a").await),
                (403, "forbidden", "scope-not-granted", "MP-250")
            );
        }
        assert_eq!(bed.grants().len(), 1);
        assert_eq!(
            bed.ask(&api, "scope=b").await.0,
            StatusCode::OK,
            "another identity"
        );
        bed.platform.advance(Duration::from_secs(10));
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
    });
}

#[test]
fn a_consent_that_does_not_hold_is_said_so() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.refuse(400, "invalid_request", "MP-303");
        let answer = bed.ask(&api, &consent_form("one")).await;
        assert_eq!(
            parts(&answer),
            (400, "invalid_request", "consent-required", "MP-303")
        );
        bed.refuse(400, "invalid_request", "MP-303");
        assert_eq!(
            parts(&bed.ask(&api, "scope=a").await),
            (400, "invalid_request", "system-user-refused", "MP-303")
        );
    });
}

#[test]
fn a_withdrawn_consent_is_not_served_from_memory() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let form = consent_form("one");
        assert_eq!(bed.ask(&api, &form).await.0, StatusCode::OK);
        bed.platform.advance(Duration::from_secs(100));
        bed.refuse(400, "invalid_request", "MP-303");
        let answer = bed.ask(&api, &form).await;
        assert_eq!(answer.1["problem"], "consent-required");
    });
}

#[test]
fn a_deleted_system_user_is_not_served_from_memory() {
    let (bed, api) = (TestBed::new(), api());
    let owner = json!({"authority": "iso6523-actorid-upis", "ID": "0192:313367002"});
    let details = json!([{"type": "urn:altinn:systemuser", "systemuser_org": owner}]);
    let body = json!({"scope": "a", "authorization_details": details}).to_string();
    bed.platform.run(async {
        let ask = async || {
            let credential = bed.credential_of("accounting", &component_key(), CONSUMER);
            let media_type = "application/json";
            bed.ask_as(&api, &credential, media_type, &body).await.1
        };
        let hour = json!({"access_token": "token-x", "token_type": "Bearer", "expires_in": 3600});
        bed.plan(Ok(json_answer(200, &hour)));
        assert_eq!(ask().await["expires_in"], 120);
        bed.platform.advance(Duration::from_secs(100));
        bed.refuse(400, "invalid_altinn_customer_configuration", "MP-303");
        assert_eq!(ask().await["problem"], "system-user-refused");
    });
}

#[test]
fn a_grant_that_was_used_is_signed_anew_once() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.refuse(400, "invalid_grant", "MP-012");
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        let grants = bed.grants();
        assert_eq!(grants.len(), 2);
        assert_ne!(grants[0]["jti"], grants[1]["jti"]);
        bed.refuse(400, "invalid_grant", "MP-130");
        bed.refuse(400, "invalid_grant", "MP-130");
        assert_eq!(
            parts(&bed.ask(&api, "scope=b").await),
            (400, "invalid_grant", "clock-skewed", "MP-130")
        );
        assert_eq!(bed.grants().len(), 4);
    });
}

#[test]
fn each_attempt_carries_a_grant_of_its_own() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.plan(Err(SendError::Broken("reset".to_owned())));
        bed.plan(Ok(json_answer(503, &json!({}))));
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
    });
    let ids: std::collections::BTreeSet<String> = bed
        .grants()
        .iter()
        .map(|grant| grant["jti"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_token_that_still_holds_is_served_while_maskinporten_is_down() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_secs(100));
        for _ in 0..3 {
            bed.plan(Err(SendError::NoConnection("refused".to_owned())));
        }
        let answer = bed.ask(&api, "scope=a").await;
        assert_eq!(answer.1["access_token"], "token-1");
        bed.platform.advance(Duration::from_secs(18));
        for _ in 0..3 {
            bed.plan(Err(SendError::NoConnection("refused".to_owned())));
        }
        let answer = bed.ask(&api, "scope=a").await;
        assert_eq!(
            parts(&answer),
            (503, "temporarily_unavailable", "source-down", ""),
            "it has ended"
        );
    });
}

#[test]
fn each_way_to_fail_has_its_problem() {
    for (answer, status, problem) in [
        (
            Err(SendError::TimedOut(Duration::from_secs(4))),
            504,
            "source-slow",
        ),
        (Err(SendError::TooLarge(1)), 502, "source-unreadable"),
        (
            Ok(json_answer(500, &json!({"error": "server_error"}))),
            503,
            "source-down",
        ),
        (Ok(json_answer(429, &json!({}))), 429, "too-many-calls"),
        (
            Ok(json_answer(200, &json!({"access_token": 1}))),
            502,
            "source-unreadable",
        ),
        (
            Ok(Response::new(Bytes::from_static(b"<html>"))),
            502,
            "source-unreadable",
        ),
    ] {
        let bed = TestBed::new();
        for _ in 0..3 {
            bed.plan(answer.clone());
        }
        let answer = bed.platform.run(bed.ask(&api(), "scope=a"));
        assert_eq!(
            (answer.0.as_u16(), answer.1["problem"].as_str()),
            (status, Some(problem))
        );
    }
}

#[test]
fn without_its_metadata_the_documented_addresses_are_used() {
    let bed = TestBed::new();
    *bed.metadata.borrow_mut() = Err(SendError::Broken("reset".to_owned()));
    bed.platform.run(async {
        let api = api();
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.ask(&api, "scope=b").await.0, StatusCode::OK);
    });
    assert_eq!(bed.grants()[0]["aud"], "https://maskinporten.example/");
    let asked = bed
        .platform
        .requests()
        .iter()
        .filter(|request| request.uri().path().starts_with("/.well-known"))
        .count();
    assert_eq!(asked, 1, "the failure is remembered");
}

#[test]
fn to_another_issuer_nothing_is_sent() {
    let bed = TestBed::new();
    *bed.metadata.borrow_mut() = Ok(
        json!({"issuer": "https://evil.example/", "token_endpoint": "https://evil.example/token"}),
    );
    let answer = bed.platform.run(bed.ask(&api(), "scope=a"));
    assert_eq!(
        parts(&answer),
        (502, "server_error", "source-unreadable", "")
    );
    assert!(bed.grants().is_empty());
}
