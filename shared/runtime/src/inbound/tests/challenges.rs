//! Tests of `WWW-Authenticate` (RFC 6750 §3).

use super::*;

fn challenge(target: &str, method: &str, headers: &[(&str, &str)]) -> Option<String> {
    let (answer, _) = ask(method, target, headers, "");
    let challenge = answer.headers().get("www-authenticate");
    challenge.map(|value| value.to_str().expect("text").to_owned())
}

#[test]
fn a_token_that_was_sent_is_called_invalid_and_a_missing_one_is_asked_for() {
    let refused = |authorization: &str| {
        challenge("/ignore", "POST", &[("authorization", authorization)]).expect("a challenge")
    };
    for sent in ["Bearer a.b.c", "bearer x", "BEARER  x", "Bearer "] {
        assert_eq!(refused(sent), r#"Bearer error="invalid_token""#, "{sent}");
    }
    for other in ["", "Bearer", "Basic YTpi", "Bearerx y", "DPoP a.b.c"] {
        assert_eq!(refused(other), "Bearer", "{other}");
    }
    let twice = [("authorization", "Basic x"), ("authorization", "Bearer x")];
    let told = challenge("/ignore", "POST", &twice).expect("a challenge");
    assert_eq!(told, r#"Bearer error="invalid_token""#);
    assert_eq!(challenge("/ignore", "POST", &[]).as_deref(), Some("Bearer"));
}

#[test]
fn a_login_without_the_scope_is_told_that() {
    let sent = [("authorization", "Bearer x")];
    assert_eq!(
        challenge("/narrow", "GET", &sent).as_deref(),
        Some(r#"Bearer error="insufficient_scope""#)
    );
}

#[test]
fn other_answers_challenge_nobody() {
    let sent = [("authorization", "Bearer x")];
    for (method, target) in [
        ("GET", "/thing"),
        ("GET", "/fail"),
        ("GET", "/nothing"),
        ("PUT", "/thing"),
    ] {
        assert_eq!(challenge(target, method, &sent), None, "{target}");
    }
}
