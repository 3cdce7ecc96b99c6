use super::*;
use innsyn_core::fixtures::{AUDIENCE, ISSUER};

#[test]
fn only_those_on_the_list_may_ask() {
    let (bed, api) = (TestBed::new(), api());
    let now = bed.platform.now().unix_timestamp();
    let back_end = |subject: &str, scope: &str| {
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 60, "scope": scope});
        format!("Bearer {}", LOGIN_KEY.sign(Some("one"), &claims))
    };
    let other_key = SigningKey::from_seed(&[9; 32]).expect("a seed");
    bed.platform.run(async {
        for (case, authorization) in [
            ("no token", "Bearer x".to_owned()),
            (
                "another key",
                bed.credential(&other_key, CONSUMER).header(PATH, "scope=a"),
            ),
            (
                "a consumer that is not ours",
                bed.credential(&component_key(), "310000108")
                    .header(PATH, "scope=a"),
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
            let answer = bed.ask_as(&api, &authorization, FORM, "scope=a").await;
            assert_eq!(
                error(&answer),
                (401, "invalid_client", "login-required"),
                "{case}"
            );
        }
        let good = back_end("backend", "innsyn:token");
        assert_eq!(
            token(&bed.ask_as(&api, &good, FORM, "scope=a").await),
            "token-1"
        );
        assert_eq!(
            error(&bed.ask_as(&api, &good, FORM, "scope=b").await),
            (400, "invalid_scope", "request-invalid")
        );
        let answer = bed
            .ask_as(
                &api,
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
    assert_eq!(bed.minted.get(), 1);
}

/// A captured credential can repeat its own request until it expires, and nothing else.
#[test]
fn a_credential_is_good_for_one_request_and_thirty_seconds() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let signs = bed.credential(&component_key(), CONSUMER);
        let captured = signs.header(PATH, "scope=a");
        let ask = async |form: &str| bed.ask_as(&api, &captured, FORM, form).await;
        assert_eq!(token(&ask("scope=a").await), "token-1");
        assert_eq!(token(&ask("scope=a").await), "token-1");
        let refusal = |answer: &(StatusCode, Value), text: &str| {
            assert_eq!(error(answer), (401, "invalid_client", "login-required"));
            let told = answer.1["error_description"].as_str().expect("text");
            assert!(told.contains(text), "{told}");
        };
        refusal(&ask("scope=a&skip_cache=true").await, "another body");
        refusal(&ask("").await, "another body");
        let sweep = signs.header(SWEEP_PATH, "scope=a");
        let elsewhere = bed.ask_as(&api, &sweep, FORM, "scope=a").await;
        refusal(&elsewhere, "another method or path");
        bed.platform.advance(Duration::from_secs(29));
        assert_eq!(token(&ask("scope=a").await), "token-1");
        bed.platform.advance(Duration::from_secs(1));
        refusal(&ask("scope=a").await, "has expired");
    });
}

/// Covers credentials of the former form, without the request: their caller gets the reason.
#[test]
fn a_credential_that_names_no_request_is_told_what_is_missing() {
    let (bed, api) = (TestBed::new(), api());
    let now = bed.platform.now().unix_timestamp();
    let claims = json!({
        "iss": "claims", "sub": "claims", "aud": "token", "consumer": CONSUMER, "jti": "1", "iat": now, "exp": now + 30,
        "method": "POST", "path": "/token",
    });
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    // Encoding of RFC 8410 §7, with the seed of the fixture.
    let prefix = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let key = jsonwebtoken::EncodingKey::from_ed_der(&[&prefix[..], &[7; 32]].concat());
    let former = jsonwebtoken::encode(&header, &claims, &key).expect("signed");
    let former = format!("Bearer {former}");
    let answer = bed.platform.run(bed.ask_as(&api, &former, FORM, "scope=a"));
    assert_eq!(error(&answer), (401, "invalid_client", "login-required"));
    let told = answer.1["error_description"].as_str().expect("text");
    assert!(
        told.contains("names no body digest (body_sha256)"),
        "{told}"
    );
}

#[test]
fn requests_are_read_strictly() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        for (form, word) in [
            ("", "invalid_request"),
            ("scope=", "invalid_request"),
            ("scope=a&scope=b", "invalid_request"),
            ("scope=a&consumer=310000302", "invalid_request"),
            ("scope=a&skip_cache=1", "invalid_request"),
            ("scope=%22", "invalid_request"),
            ("scope=a&consumer_org=313367003", "invalid_request"),
            ("scope=a&pid=1", "invalid_request"),
            ("scope=a&resource=", "invalid_target"),
            ("scope=a&resource=a+b", "invalid_target"),
            (
                "scope=a&resource=https://api.example/%23x",
                "invalid_target",
            ),
            (
                "scope=a&authorization_details=x",
                "invalid_authorization_details",
            ),
            (
                "scope=a&authorization_details=%7B%7D",
                "invalid_authorization_details",
            ),
            (
                "scope=a&authorization_details=%5B%5D",
                "invalid_authorization_details",
            ),
            (
                "scope=a&authorization_details=%5B%7B%7D%5D",
                "invalid_authorization_details",
            ),
        ] {
            assert_eq!(
                error(&bed.ask(&api, form).await),
                (400, word, "request-invalid"),
                "{form}"
            );
        }
        let credential = bed.credential(&component_key(), CONSUMER);
        let answer = bed.ask_as(&api, &credential, "text/plain", "scope=a").await;
        assert_eq!(
            error(&answer),
            (415, "invalid_request", "media-type-unsupported")
        );
        let answer = bed
            .ask_as(
                &api,
                &credential,
                "application/json",
                r#"{"scope":"a","consumer":"310000302"}"#,
            )
            .await;
        assert_eq!(error(&answer), (400, "invalid_request", "request-invalid"));
    });
    assert_eq!(bed.minted.get(), 0);
}

#[test]
fn a_member_that_stands_twice_is_refused_in_a_form_and_in_json() {
    let (bed, api) = (TestBed::new(), api());
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
    bed.platform.run(async {
        let credential = bed.credential(&component_key(), CONSUMER);
        for (details, status) in [
            (&good, 200),
            (&twice[0], 400),
            (&twice[1], 400),
            (&twice[2], 400),
        ] {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("scope", "skatteetaten:kravogbetalinger");
            form.append_pair("authorization_details", details);
            let answer = bed.ask(&api, &form.finish()).await;
            assert_eq!(answer.0, status, "{details}");
            let json = format!(
                r#"{{"scope":"skatteetaten:kravogbetalinger","authorization_details":{details}}}"#
            );
            let answer = bed
                .ask_as(&api, &credential, "application/json", &json)
                .await;
            assert_eq!(answer.0, status, "{details}");
        }
        let json = r#"{"scope":"skatteetaten:kravogbetalinger","SCOPE":"b"}"#;
        let answer = bed
            .ask_as(&api, &credential, "application/json", json)
            .await;
        assert_eq!(error(&answer), (400, "invalid_request", "request-invalid"));
    });
}

#[test]
fn no_body_is_read_for_a_caller_without_a_credential() {
    let (bed, api) = (TestBed::new(), api());
    let never = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<Bytes>, std::convert::Infallible>,
    >());
    let request = request(PATH, "Bearer x", FORM, never);
    let answer = respond(&bed.platform, &api, request);
    let answer = bed.platform.run(answer);
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bed.platform.uptime(), Duration::ZERO);
}

#[test]
fn the_sweep_is_for_those_who_may() {
    let (bed, api) = (TestBed::new(), api());
    let now = bed.platform.now().unix_timestamp();
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "backend", "iat": now, "exp": now + 600, "scope": "innsyn:token"});
    let back_end = format!("Bearer {}", LOGIN_KEY.sign(Some("one"), &claims));
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_mins(2));
        let sweep = async |authorization: &str, body: &str| {
            let body = Full::new(Bytes::from(body.to_owned()));
            let request = request(SWEEP_PATH, authorization, FORM, body);
            respond(&bed.platform, &api, request).await
        };
        assert_eq!(sweep(&back_end, "").await.status(), 401);
        let component = bed.credential(&component_key(), CONSUMER);
        let elsewhere = component.header(PATH, "");
        assert_eq!(sweep(&elsewhere, "").await.status(), 401);
        let component = component.header(SWEEP_PATH, "");
        assert_eq!(sweep(&component, "another body").await.status(), 401);
        let swept = sweep(&component, "").await;
        assert_eq!(swept.body().as_ref(), br#"{"removed":1}"#);
        let again = sweep(&component, "").await;
        assert_eq!(again.body().as_ref(), br#"{"removed":0}"#);
    });
}
