//! Tests of the choice of signing key: one of two, local or in a vault.

use super::*;
use crate::fixtures::token_config_with;
use innsyn_core::fixtures::OTHER_KEY;
use innsyn_protocols::fixtures::client;

/// Returns handlers whose consumer has these keys.
fn api(keys: &Value) -> TokenApi {
    let clients = json!([
        client(CONSUMER, keys),
        client(innsyn_core::fixtures::SECOND_CONSUMER, keys)
    ]);
    let clients = clients.to_string();
    TokenApi::from(token_config_with(&[("maskinporten_clients", &clients)]))
}

/// Returns two keys, the new one first, as for a roll-over.
fn two_keys() -> Value {
    json!([{"kid": "new", "key": OTHER_KEY.pem}, {"kid": "old", "key": CLIENT_KEY.pem}])
}

fn transit() -> Value {
    json!([{"kid": "vaulted", "transit": {"key": "innsyn", "version": 1}}])
}

#[test]
fn no_call_fails_while_a_new_key_is_not_known_yet() {
    let (bed, api) = (TestBed::new(), api(&two_keys()));
    bed.platform.run(async {
        let unknown = json!({"error": "invalid_grant", "error_description": "Unknown key identifier (kid) for client."});
        bed.plan(Ok(json_answer(400, &unknown)));
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.ask(&api, "scope=b").await.0, StatusCode::OK);
        assert_eq!(bed.kids(), ["new", "old", "old"], "the one that works goes first");
        bed.platform.advance(Duration::from_mins(5));
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.kids().last().map(String::as_str), Some("new"), "tried again");
    });
    let told = bed.platform.events();
    let told = told
        .iter()
        .find(|event| event["outcome"] == "key-passed-over");
    assert!(
        told.expect("told")["cause"]
            .as_str()
            .expect("why")
            .starts_with("new: ")
    );
}

#[test]
fn an_old_key_that_has_expired_is_passed_over_too() {
    let (bed, api) = (TestBed::new(), api(&two_keys()));
    bed.platform.run(async {
        for code in ["MP-120", "MP-121", "MP-122", "MP-123", "MP-124"] {
            bed.refuse(400, "invalid_grant", code);
            let answer = bed.ask(&api, "scope=a&skip_cache=true").await;
            assert_eq!(answer.0, StatusCode::OK, "{code}");
            bed.platform.advance(Duration::from_mins(6));
        }
    });
}

#[test]
fn what_no_key_can_mend_is_asked_once() {
    let (bed, api) = (TestBed::new(), api(&two_keys()));
    bed.platform.run(async {
        bed.refuse(400, "invalid_scope", "MP-200");
        assert_eq!(bed.ask(&api, "scope=a").await.1["code"], "MP-200");
        assert_eq!(bed.kids(), ["new"]);
        for code in ["MP-124", "MP-121"] {
            bed.refuse(400, "invalid_grant", code);
        }
        let answer = bed.ask(&api, "scope=b").await;
        assert_eq!(
            answer.1["code"], "MP-124",
            "the first key's refusal is told"
        );
        assert_eq!(bed.kids(), ["new", "new", "old"]);
    });
}

#[test]
fn a_roll_over_begins_anew_and_its_order_does_not_matter() {
    let bed = TestBed::new();
    let mut other_order = two_keys();
    other_order.as_array_mut().expect("keys").reverse();
    bed.platform.run(async {
        assert_eq!(
            bed.ask(&api(&two_keys()), "scope=a").await.0,
            StatusCode::OK
        );
        assert_eq!(
            bed.ask(&api(&other_order), "scope=a").await.0,
            StatusCode::OK
        );
        assert_eq!(bed.minted.get(), 1, "from the store");
        let one = json!([{"kid": "old", "key": CLIENT_KEY.pem}]);
        assert_eq!(bed.ask(&api(&one), "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.minted.get(), 2, "other keys, another token");
    });
}

#[test]
fn a_key_in_the_vault_signs_there() {
    let (bed, api) = (TestBed::new(), api(&transit()));
    bed.platform.run(async {
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        assert_eq!(bed.ask(&api, "scope=b").await.0, StatusCode::OK);
    });
    let assertion = bed.assertions().remove(0);
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_audience(&["https://maskinporten.example/"]);
    jsonwebtoken::decode::<Value>(&assertion, &CLIENT_KEY.decoding(), &rules).expect("valid");
    let requests = bed.platform.requests();
    let logins = requests
        .iter()
        .filter(|request| request.uri().path() == "/v1/auth/approle/login");
    assert_eq!(logins.count(), 1, "one login serves many signatures");
    bed.assert_discreet();
}

#[test]
fn a_vault_that_fails_has_its_problems() {
    let denied = || Ok(json_answer(403, &json!({"errors": ["permission denied"]})));
    let login = || {
        Ok(json_answer(
            200,
            &json!({"auth": {"client_token": "hvs.two", "lease_duration": 60}}),
        ))
    };
    for (answers, status, problem) in [
        (
            vec![login(), denied(), login(), denied()],
            502,
            "signing-refused",
        ),
        (
            vec![Ok(json_answer(
                400,
                &json!({"errors": ["invalid role or secret ID"]}),
            ))],
            502,
            "signing-refused",
        ),
        (
            vec![login(), Ok(json_answer(404, &json!({"errors": []})))],
            502,
            "signing-refused",
        ),
        (
            vec![
                login(),
                Ok(json_answer(
                    200,
                    &json!({"data": {"signature": "vault:v2:AAAA"}}),
                )),
            ],
            502,
            "source-unreadable",
        ),
        (
            vec![
                login(),
                Ok(json_answer(503, &json!({"errors": ["Vault is sealed"]}))),
                Ok(json_answer(503, &json!({}))),
            ],
            503,
            "source-down",
        ),
    ] {
        let (bed, api) = (TestBed::new(), api(&transit()));
        bed.vault.borrow_mut().extend(answers);
        let answer = bed.platform.run(bed.ask(&api, "scope=a"));
        assert_eq!(
            (answer.0.as_u16(), answer.1["problem"].as_str()),
            (status, Some(problem))
        );
        assert!(bed.grants().is_empty());
        bed.assert_discreet();
    }
}

#[test]
fn a_login_that_was_taken_back_is_made_anew() {
    let (bed, api) = (TestBed::new(), api(&transit()));
    bed.platform.run(async {
        assert_eq!(bed.ask(&api, "scope=a").await.0, StatusCode::OK);
        let denied = json_answer(403, &json!({"errors": ["permission denied"]}));
        bed.vault.borrow_mut().push_back(Ok(denied));
        assert_eq!(bed.ask(&api, "scope=b").await.0, StatusCode::OK);
    });
}

#[test]
fn a_key_here_steps_in_for_a_vault_that_is_sealed() {
    let keys = json!([{"kid": "vaulted", "transit": {"key": "innsyn", "version": 1}}, {"kid": "old", "key": CLIENT_KEY.pem}]);
    let (bed, api) = (TestBed::new(), api(&keys));
    for _ in 0..2 {
        bed.vault
            .borrow_mut()
            .push_back(Ok(json_answer(503, &json!({}))));
    }
    let answer = bed.platform.run(bed.ask(&api, "scope=a"));
    assert_eq!(answer.0, StatusCode::OK);
    assert_eq!(bed.kids(), ["old"]);
}
