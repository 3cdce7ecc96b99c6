//! Grants with a fault of their own, refused for any client.

use sandbox::maskinporten::{ErrorStyle, ResourceForm, Switches, UnknownClaims};
use sandbox::population::FJORDBANKEN;
use serde_json::json;

use crate::maskinporten::support::{Answer, GRANT_TYPE, TestBed, assert_refused};

#[tokio::test]
async fn what_is_wrong_with_the_grant_itself() {
    let bed = TestBed::start().await;
    let grant = || bed.grant();
    let invalid = |code, text| (400, "invalid_grant", code, text);
    let malformed = (400, "invalid_request", "MP-011", "Invalid assertion");
    let target = (400, "invalid_target", "", "");
    let table = [
        ("no aud", grant().without("aud"), invalid("MP-110", "aud")),
        ("no iss", grant().without("iss"), malformed),
        ("no scope", grant().without("scope"), malformed),
        ("exp as text", grant().with("exp", "soon"), malformed),
        (
            "unknown claim",
            grant().with("consumer_orgno", FJORDBANKEN),
            malformed,
        ),
        (
            "pid of ten digits",
            grant().with("pid", "0282909012"),
            malformed,
        ),
        (
            "consumer of eight digits",
            grant().with("consumer_org", "31000010"),
            malformed,
        ),
        (
            "two resources",
            grant().with("resource", json!(["https://a", "https://b"])),
            target,
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn switches_make_it_stricter() {
    let bed = TestBed::start().await;
    let now = bed.clock.now().unix_timestamp();
    let endpoint = bed.token_endpoint();
    let default = Switches::default;
    let old = bed.grant().with("iat", now - 60).with("exp", now + 50);
    let table = [
        (
            Switches {
                accept_token_endpoint_aud: false,
                ..default()
            },
            bed.grant().with("aud", endpoint),
            "MP-110",
        ),
        (
            Switches {
                unknown_claims: UnknownClaims::Strict,
                ..default()
            },
            bed.grant().with("nbf", now),
            "MP-011",
        ),
        (
            Switches {
                iat_max_age_s: Some(10),
                ..default()
            },
            old,
            "MP-011",
        ),
        (
            Switches {
                resource_form: ResourceForm::Array,
                ..default()
            },
            bed.grant().with("resource", "https://a.example"),
            "",
        ),
        (
            Switches {
                strict_resource: true,
                ..default()
            },
            bed.grant().with("resource", json!(["orders"])),
            "",
        ),
    ];
    for (switches, grant, code) in table {
        bed.maskinporten().set_switches(switches);
        let answer = bed.ask(&grant).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{answer:?}");
    }
    let lenient = Switches {
        unknown_claims: UnknownClaims::Lenient,
        max_grant_lifetime_s: 180,
        error_style: ErrorStyle::Legacy,
        ..default()
    };
    bed.maskinporten().set_switches(lenient);
    let grant = bed.grant().with("exp", now + 180).with("anything", true);
    assert_eq!(bed.ask(&grant).await.status, 200);
    let refused = bed.ask(&grant).await;
    assert!(
        refused.description().contains(" (correlation id: "),
        "{refused:?}"
    );
    assert!(refused.body.get("error_uri").is_none());
}

#[tokio::test]
async fn a_request_that_is_no_grant() {
    let bed = TestBed::start().await;
    let assertion = bed.grant().assertion();
    let endpoint = bed.token_endpoint();
    let form = |form: &[(&str, &str)]| bed.http.post(&endpoint).form(form);
    let table = [
        ("nothing", form(&[]), "invalid_request"),
        (
            "no assertion",
            form(&[("grant_type", GRANT_TYPE)]),
            "invalid_request",
        ),
        (
            "two assertions",
            form(&[
                ("grant_type", GRANT_TYPE),
                ("assertion", "a"),
                ("assertion", "b"),
            ]),
            "invalid_request",
        ),
        (
            "another grant type",
            form(&[
                ("grant_type", "client_credentials"),
                ("assertion", &assertion),
            ]),
            "unsupported_grant_type",
        ),
        (
            "JSON",
            bed.http
                .post(&endpoint)
                .json(&json!({ "grant_type": GRANT_TYPE })),
            "invalid_request",
        ),
    ];
    for (name, request, error) in table {
        let answer = Answer::receive(request).await;
        assert_eq!(
            (answer.status, answer.error(), answer.code()),
            (400, error, ""),
            "{name}"
        );
    }
    assert_eq!(bed.http.get(&endpoint).send().await.unwrap().status(), 405);
}
