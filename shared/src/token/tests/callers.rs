use super::*;
use crate::fixtures::{AUDIENCE, ISSUER};

#[test]
fn only_those_on_the_list_may_ask() {
    let (world, desk) = (World::new(), desk());
    let now = world.platform.now().unix_timestamp();
    let back_end = |subject: &str, scope: &str| {
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": now + 60, "scope": scope});
        format!("Bearer {}", LOGIN_KEY.sign(Some("one"), &claims))
    };
    let other_key = SigningKey::from_seed(&[9; 32]).expect("a seed");
    world.platform.run(async {
        for (case, authorization) in [
            ("no token", "Bearer x".to_owned()),
            ("another key", world.credential(&other_key, CONSUMER)),
            (
                "a consumer that is not ours",
                world.credential(&component_key(), "310000108"),
            ),
            (
                "a back end without the scope",
                back_end("backend", "openid"),
            ),
            (
                "a back end that is not on the list",
                back_end("another", "innsyn:token"),
            ),
            (
                "a login token in the name of a component",
                back_end("claims", "innsyn:token"),
            ),
        ] {
            let answer = world.ask_as(&desk, &authorization, FORM, "scope=a").await;
            assert_eq!(
                error(&answer),
                (401, "invalid_client", "login-required"),
                "{case}"
            );
        }
        let good = back_end("backend", "innsyn:token");
        assert_eq!(
            token(&world.ask_as(&desk, &good, FORM, "scope=a").await),
            "token-1"
        );
        assert_eq!(
            error(&world.ask_as(&desk, &good, FORM, "scope=b").await),
            (400, "invalid_scope", "request-invalid")
        );
        let answer = world
            .ask_as(
                &desk,
                &good,
                FORM,
                &consent_form("one").replace("skatteetaten%3Akravogbetalinger", "a"),
            )
            .await;
        assert_eq!(
            error(&answer),
            (400, "invalid_authorization_details", "request-invalid")
        );
    });
    assert_eq!(world.minted.get(), 1);
}

#[test]
fn requests_are_read_strictly() {
    let (world, desk) = (World::new(), desk());
    world.platform.run(async {
        for form in [
            "",
            "scope=",
            "scope=a&scope=b",
            "scope=a&consumer=310000302",
            "scope=a&skip_cache=1",
            "scope=%22",
            "scope=a&resource=",
            "scope=a&resource=a+b",
            "scope=a&resource=https://api.example/%23x",
            "scope=a&consumer_org=313367003",
            "scope=a&pid=1",
            "scope=a&authorization_details=x",
            "scope=a&authorization_details=%7B%7D",
            "scope=a&authorization_details=%5B%5D",
            "scope=a&authorization_details=%5B%7B%7D%5D",
        ] {
            assert_eq!(
                error(&world.ask(&desk, form).await),
                (400, "invalid_request", "request-invalid"),
                "{form}"
            );
        }
        let credential = world.credential(&component_key(), CONSUMER);
        let answer = world
            .ask_as(&desk, &credential, "text/plain", "scope=a")
            .await;
        assert_eq!(
            error(&answer),
            (415, "invalid_request", "media-type-unsupported")
        );
        let answer = world
            .ask_as(
                &desk,
                &credential,
                "application/json",
                r#"{"scope":"a","consumer":"310000302"}"#,
            )
            .await;
        assert_eq!(error(&answer), (400, "invalid_request", "request-invalid"));
    });
    assert_eq!(world.minted.get(), 0);
}

#[test]
fn a_member_that_stands_twice_is_refused_in_a_form_and_in_json() {
    let (world, desk) = (World::new(), desk());
    let good = format!(
        r#"[{{"type":"urn:altinn:consent","id":"{}","from":"urn:altinn:person:identifier-no:{PERSON}"}}]"#,
        consent_id("one")
    );
    let twice = [
        r#""type":"urn:altinn:systemuser","type":"urn:altinn:consent""#,
        r#""type":"urn:altinn:consent","Type":"urn:altinn:systemuser""#,
        r#""type":"urn:altinn:consent","id":"x""#,
    ]
    .map(|members| good.replace(r#""type":"urn:altinn:consent""#, members));
    world.platform.run(async {
        let credential = world.credential(&component_key(), CONSUMER);
        for (details, status) in [
            (&good, 200),
            (&twice[0], 400),
            (&twice[1], 400),
            (&twice[2], 400),
        ] {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("scope", "skatteetaten:kravogbetalinger");
            form.append_pair("authorization_details", details);
            let answer = world.ask(&desk, &form.finish()).await;
            assert_eq!(answer.0, status, "{details}");
            let json = format!(
                r#"{{"scope":"skatteetaten:kravogbetalinger","authorization_details":{details}}}"#
            );
            let answer = world
                .ask_as(&desk, &credential, "application/json", &json)
                .await;
            assert_eq!(answer.0, status, "{details}");
        }
        let json = r#"{"scope":"skatteetaten:kravogbetalinger","SCOPE":"b"}"#;
        let answer = world
            .ask_as(&desk, &credential, "application/json", json)
            .await;
        assert_eq!(error(&answer), (400, "invalid_request", "request-invalid"));
    });
}

#[test]
fn no_body_is_read_for_a_caller_without_a_credential() {
    let (world, desk) = (World::new(), desk());
    let mut arrived = arrived("Bearer x", FORM, "");
    let never = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<Bytes>, std::convert::Infallible>,
    >());
    arrived.body = UnreadBody::new(&HeaderMap::new(), never);
    let context = context(&world.platform);
    let answer = world.platform.run(desk.token(&context, &arrived));
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(world.platform.uptime(), Duration::ZERO);
}

#[test]
fn the_sweep_is_for_those_who_may() {
    let (world, desk) = (World::new(), desk());
    let now = world.platform.now().unix_timestamp();
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "backend", "exp": now + 600, "scope": "innsyn:token"});
    let back_end = format!("Bearer {}", LOGIN_KEY.sign(Some("one"), &claims));
    world.platform.run(async {
        world.ask(&desk, "scope=a").await;
        world.platform.advance(Duration::from_mins(2));
        let sweep = async |authorization: &str| {
            desk.sweep(&context(&world.platform), &arrived(authorization, FORM, ""))
                .await
        };
        assert_eq!(sweep(&back_end).await.status(), 401);
        let component = world.credential(&component_key(), CONSUMER);
        assert_eq!(sweep(&component).await.body().as_ref(), br#"{"removed":1}"#);
        assert_eq!(sweep(&component).await.body().as_ref(), br#"{"removed":0}"#);
    });
}
