//! Tests of the log events about an enterprise certificate that expires soon.

use super::*;
use crate::events::EndingCertificate;
use crate::fixtures::token_config_with;
use crate::token::SweepBody;
use innsyn_core::fixtures::{OTHER_KEY, SECOND_CONSUMER};
use innsyn_protocols::fixtures::client;
use innsyn_protocols::x509::plan::Plan;

/// Returns handlers whose consumer has certificates that expire so long after now.
fn api(bed: &TestBed, ends: &[i64]) -> TokenApi {
    let keys = ends
        .iter()
        .zip([&CLIENT_KEY, &OTHER_KEY])
        .map(|(seconds, key)| {
            let plan = Plan {
                until: bed.platform.now() + time::Duration::seconds(*seconds),
                ..Plan::new(&format!("NTRNO-{CONSUMER}"))
            };
            json!({"certificate_chain": [STANDARD.encode(plan.der()), "bGVhZg=="], "key": key.pem})
        });
    let keys = Value::Array(keys.collect());
    let other = json!([{"certificate_chain": ["bGVhZg=="], "key": CLIENT_KEY.pem}]);
    let clients = json!([client(CONSUMER, &keys), client(SECOND_CONSUMER, &other)]).to_string();
    TokenApi::from(token_config_with(&[("maskinporten_clients", &clients)]))
}

/// Returns level, outcome and cause of the log events about certificates.
fn told(bed: &TestBed) -> Vec<(String, String, String)> {
    let events = bed.platform.events().into_iter();
    let events = events.filter(|event| event["event"] == "certificate");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    events
        .map(|event| {
            (
                text(&event["level"]),
                text(&event["outcome"]),
                text(&event["cause"]),
            )
        })
        .collect()
}

const DAY: i64 = 24 * 60 * 60;

#[test]
fn a_certificate_that_ends_within_sixty_days_is_told_once() {
    let bed = TestBed::new();
    let api = api(&bed, &[60 * DAY]);
    bed.platform.run(async {
        for scope in ["scope=a", "scope=b"] {
            assert_eq!(bed.ask(&api, scope).await.0, StatusCode::OK);
        }
    });
    let cause =
        "the enterprise certificate of 310000205 ends on 2026-03-02, in 60 days: order a new one";
    assert_eq!(
        told(&bed),
        [("warn".into(), "ends-soon".into(), cause.into())]
    );
    bed.assert_discreet();
}

#[test]
fn the_sweep_says_which_certificates_end_soon() {
    let bed = TestBed::new();
    let api = api(&bed, &[20 * DAY, 61 * DAY]);
    let credential = bed.credential(&component_key(), CONSUMER);
    let credential = credential.header(SWEEP_PATH, "");
    let request = request(SWEEP_PATH, &credential, FORM, Full::new(Bytes::new()));
    let answer = bed.platform.run(respond(&bed.platform, &api, request));
    let swept: SweepBody = serde_json::from_slice(answer.body()).expect("JSON");
    let expected = EndingCertificate {
        consumer: CONSUMER.to_owned(),
        organisation: CONSUMER.to_owned(),
        ends: bed.platform.now().unix_timestamp() + 20 * DAY,
    };
    assert_eq!(swept.certificates, [expected]);
}

#[test]
fn its_end_is_told_as_well() {
    let bed = TestBed::new();
    let api = api(&bed, &[-DAY, 0]);
    bed.platform.run(async {
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        bed.platform.advance(Duration::from_secs(1));
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
    });
    let told = told(&bed);
    let outcomes: Vec<_> = told
        .iter()
        .map(|(level, outcome, _)| (level.as_str(), outcome.as_str()))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("error", "ended"),
            ("warn", "ends-soon"),
            ("error", "ended")
        ]
    );
    assert_eq!(
        told[0].2,
        "the enterprise certificate of 310000205 ended on 2025-12-31"
    );
}

#[test]
fn nothing_is_told_of_one_that_lasts_or_cannot_be_read() {
    let bed = TestBed::new();
    let api = api(&bed, &[61 * DAY]);
    bed.platform.run(async {
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
    });
    assert!(told(&bed).is_empty());
}
