//! Tests of the fields of token requests, and of the rights to use them.

use super::*;

const CUSTOMER: &str = "313367002";
const SYSTEM_USER: &str = r#"[{"type":"urn:altinn:systemuser","systemuser_org":{"authority":"iso6523-actorid-upis","ID":"0192:313367002"},"externalRef":"kunde_42"}]"#;

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

async fn ask_as(
    bed: &TestBed,
    api: &TokenApi,
    subject: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    let credential = bed.credential_of(subject, &component_key(), CONSUMER);
    let answer = bed.ask_as(api, &credential, FORM, &form(fields)).await;
    let said = answer.1["error"].as_str().unwrap_or("ok").to_owned();
    (answer.0.as_u16(), said)
}

#[test]
fn every_field_reaches_maskinporten_and_tells_tokens_apart() {
    let (bed, api) = (TestBed::new(), TokenApi::from(token_config()));
    bed.platform.run(async {
        for fields in [
            &[("scope", "a")][..],
            &[("scope", "a"), ("consumer_org", CUSTOMER)],
            &[("scope", "a"), ("pid", PERSON)],
            &[("scope", "a"), ("authorization_details", SYSTEM_USER)],
            &[("scope", "a"), ("resource", "an API of its own")],
        ] {
            let answer = ask_as(&bed, &api, "accounting", fields).await;
            let expected = if fields.last() == Some(&("resource", "an API of its own")) {
                400
            } else {
                200
            };
            assert_eq!(answer.0, expected, "{fields:?} {answer:?}");
        }
    });
    let grants = bed.grants();
    assert_eq!(bed.minted.get(), 4);
    assert_eq!(grants[1]["consumer_org"], CUSTOMER);
    assert_eq!(grants[2]["pid"], PERSON);
    assert_eq!(
        grants[3]["authorization_details"],
        serde_json::from_str::<Value>(SYSTEM_USER).expect("JSON")
    );
    assert!(grants[0].get("consumer_org").is_none() && grants[0].get("pid").is_none());
    bed.assert_discreet();
}

#[test]
fn details_may_be_a_text_in_json() {
    let (bed, api) = (TestBed::new(), TokenApi::from(token_config()));
    bed.platform.run(async {
        let credential = bed.credential_of("accounting", &component_key(), CONSUMER);
        let body = json!({"scope": "a", "authorization_details": SYSTEM_USER}).to_string();
        let answer = bed
            .ask_as(&api, &credential, "application/json", &body)
            .await;
        assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
    });
}

#[test]
fn each_service_has_a_list_of_its_own() {
    let (bed, api) = (TestBed::new(), TokenApi::from(token_config()));
    let consent = consent_form("one").replace("skatteetaten%3Akravogbetalinger", "a");
    let consent: Vec<(String, String)> = url::form_urlencoded::parse(consent.as_bytes())
        .into_owned()
        .collect();
    let consent: Vec<(&str, &str)> = consent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    bed.platform.run(async {
        for (subject, fields, error) in [
            ("accounting", &[("scope", "b")][..], "invalid_scope"),
            ("accounting", &consent, "invalid_authorization_details"),
            (
                "accounting",
                &[("scope", "a"), ("consumer_org", "314055403")],
                "invalid_request",
            ),
            (
                "claims",
                &[("scope", "a"), ("consumer_org", CUSTOMER)],
                "invalid_request",
            ),
            (
                "claims",
                &[("scope", "a"), ("pid", PERSON)],
                "invalid_request",
            ),
            (
                "claims",
                &[("scope", "a"), ("authorization_details", SYSTEM_USER)],
                "invalid_authorization_details",
            ),
        ] {
            let answer = ask_as(&bed, &api, subject, fields).await;
            assert_eq!(answer, (400, error.to_owned()), "{subject} {fields:?}");
        }
    });
    assert_eq!(bed.minted.get(), 0);
}

#[test]
fn a_real_person_is_not_named_outside_production() {
    let (bed, api) = (TestBed::new(), TokenApi::from(token_config()));
    // The same number without the 80 in its month would have other check digits: they are computed
    // here.
    let real = real_person();
    bed.platform.run(async {
        let answer = ask_as(&bed, &api, "accounting", &[("scope", "a"), ("pid", &real)]).await;
        assert_eq!(answer, (400, "invalid_request".to_owned()));
    });
    bed.assert_discreet();
}

/// Returns an invented number of the form that real persons have.
fn real_person() -> String {
    (0..1000)
        .map(|serial| format!("010100{serial:03}"))
        .find_map(|body| {
            let ends = (0..100).map(|end| format!("{body}{end:02}"));
            ends.into_iter()
                .find(|number| innsyn_core::party::PersonNumber::parse(number).is_ok())
        })
        .expect("a number")
}
