//! Tests of settings that name registered claims, of back-end logins, and of token lifetimes.

use super::*;
use crate::config::{BackEndClaim, Login};

const PERSON: &str = "02829090123";
const OTHER: &str = "14858512450";

/// Returns the outcome of a token under these settings.
fn login(change: impl FnOnce(&mut Login), changes: &Value) -> Result<Customer, Problem> {
    let (platform, _) = platform(published());
    let mut config = common_settings();
    change(&mut config.login);
    let tokens = LoginTokens::new(config.login, config.consumers, Environment::Test);
    let mut claims = claims(&platform, changes);
    let members = claims.as_object_mut().expect("an object");
    members.retain(|_, value| value != "absent");
    let token = LOGIN_KEY.sign(Some("one"), &claims);
    platform.run(tokens.customer(&context(&platform), &token))
}

/// Configures back ends to be recognised by `claim` alone.
fn back_end(claim: &str, value: &str) -> impl FnOnce(&mut Login) {
    let claim = BackEndClaim {
        claim: claim.to_owned(),
        value: value.to_owned(),
    };
    move |login| login.back_end_claims = vec![claim]
}

/// Returns scopes that let a back end look up any party.
fn others() -> LookupScopes {
    LookupScopes {
        own: Some("own".to_owned()),
        others: Some("others".to_owned()),
    }
}

fn looks_up_others(customer: &Customer) -> bool {
    customer.looked_up(Some(OTHER), &others()).is_ok()
}

#[test]
fn a_customers_number_may_be_the_subject() {
    let by_subject = |login: &mut Login| {
        login.party_claim = "sub".to_owned();
        login.back_end_claims = Vec::new();
    };
    let changes = json!({"sub": PERSON, "pid": "absent", "scope": "own others"});
    let customer = login(by_subject, &changes).expect("a customer");
    assert_eq!(customer.party(None).expect("their own").expose(), PERSON);
    let own = customer.looked_up(None, &others()).expect("their own");
    assert_eq!(own.expose(), PERSON);
    assert!(!looks_up_others(&customer));

    // A subject that is not a number does not make a back end either.
    let changes = json!({"sub": "case-work", "pid": "absent", "scope": "own others"});
    let customer = login(by_subject, &changes).expect("a login");
    assert!(customer.party(None).is_err());
    assert!(!looks_up_others(&customer));
    let named = |login: &mut Login| {
        login.party_claim = "sub".to_owned();
        back_end("sub", "case-work")(login);
    };
    assert!(looks_up_others(
        &login(named, &changes).expect("a back end")
    ));
    let named = |login: &mut Login| {
        login.party_claim = "sub".to_owned();
        back_end("sub", "case-work")(login);
    };
    let person = json!({"sub": PERSON, "pid": "absent", "scope": "own others"});
    assert!(!looks_up_others(
        &login(named, &person).expect("a customer")
    ));
}

#[test]
fn an_organisation_may_be_the_subject() {
    let by_subject = |login: &mut Login| login.organisations_claim = "sub".to_owned();
    let customer = login(by_subject, &json!({"sub": "313367002"})).expect("a login");
    assert!(customer.party(Some("313367002")).is_ok());
    assert!(customer.party(Some("314055403")).is_err());
}

#[test]
fn the_consumer_may_be_the_subject_or_the_client() {
    for claim in ["sub", "azp", "client_id"] {
        let (platform, _) = platform(published());
        let claims = claims(&platform, &json!({ claim: SECOND_CONSUMER }));
        let token = LOGIN_KEY.sign(Some("one"), &claims);
        let tokens = tokens(Some(claim));
        let customer = platform.run(tokens.customer(&context(&platform), &token));
        assert_eq!(
            customer.expect("a login").consumer.as_str(),
            SECOND_CONSUMER
        );
    }
}

#[test]
fn a_back_end_is_recognised_by_a_claim_and_its_value() {
    let nobody = json!({"pid": "absent", "scope": "openid others"});
    let with = |name: &str, value: Value| {
        let mut changes = nobody.clone();
        changes[name] = value;
        changes
    };
    for (claim, value, changes, is_back_end) in [
        (
            "client_id",
            "case-work",
            with("client_id", json!("case-work")),
            true,
        ),
        ("azp", "case-work", with("azp", json!("case-work")), true),
        ("sub", "case-work", with("sub", json!("case-work")), true),
        ("scope", "others", nobody.clone(), true),
        ("roles", "batch", with("roles", json!(["x", "batch"])), true),
        ("machine", "true", with("machine", json!(true)), true),
        // A login that does not identify the customer is not a customer's.
        ("client_id", "case-work", nobody.clone(), false),
        (
            "client_id",
            "case-work",
            with("client_id", json!("app")),
            false,
        ),
        (
            "client_id",
            "case-work",
            with("client_id", json!("case-work app")),
            false,
        ),
        (
            "client_id",
            "case-work",
            with("client_id", json!(null)),
            false,
        ),
        (
            "client_id",
            "case-work",
            with("client_id", json!({"id": "case-work"})),
            false,
        ),
        ("scope", "other", nobody.clone(), false),
        ("machine", "true", with("machine", json!(1)), false),
    ] {
        let found = login(back_end(claim, value), &changes).expect("a login");
        assert_eq!(looks_up_others(&found), is_back_end, "{claim} {changes}");
    }
    let none = |login: &mut Login| login.back_end_claims = Vec::new();
    let found = login(none, &with("client_id", json!("case-work"))).expect("a login");
    assert!(!looks_up_others(&found));
}

#[test]
fn a_token_that_names_a_person_is_never_a_back_ends() {
    for pid in [json!(PERSON), json!("x"), json!(null), json!(7)] {
        let changes = json!({"pid": pid, "client_id": "case-work", "scope": "others"});
        let found = login(back_end("client_id", "case-work"), &changes).expect("a login");
        assert!(!looks_up_others(&found), "{changes}");

        let (platform, _) = platform(published());
        let changes = json!({"pid": pid, "sub": "backend", "scope": "innsyn:token"});
        let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
        let end = platform.run(async { tokens(None).back_end(&context(&platform), &token).await });
        let problem = end.expect_err("refused");
        assert_eq!(problem.kind, Kind::LoginRequired);
        assert_eq!(
            problem.cause.as_deref(),
            Some("the token names a person, so it is not a back end's")
        );
    }
}

#[test]
fn a_token_lives_for_an_hour_at_most_unless_configured() {
    let (platform, _) = platform(published());
    let now = platform.now().unix_timestamp();
    let longest = |seconds: u64| move |login: &mut Login| login.max_lifetime = seconds;
    for (most, changes, cause) in [
        (3600, json!({"exp": now + 3600}), None),
        (3600, json!({"iat": now - 3000, "exp": now + 600}), None),
        (3600, json!({"iat": now + 9, "exp": now + 3609}), None),
        (
            3600,
            json!({"exp": now + 3601}),
            Some("the token lives for 3601 s from iat to exp, and login_max_lifetime is 3600 s"),
        ),
        // The time that it has already lived does not matter.
        (
            3600,
            json!({"iat": now - 3590, "exp": now + 20}),
            Some("the token lives for 3610 s from iat to exp, and login_max_lifetime is 3600 s"),
        ),
        (86_400, json!({"exp": now + 86_400}), None),
        (
            60,
            json!({"exp": now + 300}),
            Some("the token lives for 300 s from iat to exp, and login_max_lifetime is 60 s"),
        ),
        // `nbf` does not show when the token was issued.
        (
            3600,
            json!({"iat": "absent", "nbf": now}),
            Some("the token does not say when it was issued (iat)"),
        ),
        (
            3600,
            json!({"exp": "absent"}),
            Some("the token has no expiry (exp)"),
        ),
    ] {
        let found = login(longest(most), &changes);
        let told = found
            .as_ref()
            .err()
            .and_then(|problem| problem.cause.as_deref());
        assert_eq!(told, cause, "{changes}");
        if let Err(problem) = found {
            assert_eq!(problem.kind, Kind::LoginRequired);
        }
    }
}
