//! Tests of tokens and key sets that deviate from the RFCs, and of their causes in the log.

use super::*;

#[test]
fn claims_that_are_not_numbers_give_no_rights_and_the_log_says_why() {
    let (platform, _) = platform(published());
    let tokens = tokens(None);
    let changes = json!({"pid": "313367002", "organisations": ["02829090123", 313_367_002, "x", "0192:314055403"]});
    let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
    let verify = || platform.run(async { tokens.customer(&context(&platform), &token).await });
    let customer = verify().expect("a customer");
    assert!(customer.party(None).is_err());
    assert!(customer.party(Some("02829090123")).is_err());
    for number in ["313367002", "314055403"] {
        assert!(customer.party(Some(number)).is_ok(), "{number}");
    }
    let remarks = || {
        let lines = platform.lines().into_iter();
        let lines = lines.filter(|line| line.contains("login-token"));
        lines.collect::<Vec<_>>()
    };
    for (line, expected) in remarks().iter().zip([
        "the claim pid does not say who the customer is: it is an organisation's number",
        "gives no right",
        "as JSON numbers",
        "with the prefix",
    ]) {
        assert!(line.contains(expected), "{line}");
        assert!(!line.contains("313367002") && !line.contains("02829090123"));
    }
    assert_eq!(remarks().len(), 4);
    assert!(verify().is_ok());
    assert_eq!(remarks().len(), 4, "once for an instance");
}

/// Returns the cause in the problem that `token` meets.
fn cause(platform: &Memory, token: &str) -> String {
    let problem = verify(platform, token).expect_err("refused");
    assert_eq!(problem.kind, Kind::LoginRequired);
    problem.cause.expect("a cause").into()
}

#[test]
fn causes_are_true() {
    let encryption = {
        let mut key = OTHER_KEY.jwk("enc");
        key["use"] = json!("enc");
        key
    };
    let (platform, _) =
        platform(json!({"keys": [LOGIN_KEY.jwk("one"), OTHER_KEY.jwk("two"), encryption]}));
    let good = claims(&platform, &json!({}));
    assert!(verify(&platform, &LOGIN_KEY.sign(Some("one"), &good)).is_ok());
    let with = |changes: Value| LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
    let under = |header: Value| {
        use base64::Engine as _;
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header.to_string());
        format!("{header}.e30.c2ln")
    };
    for (token, expected) in [
        (
            OTHER_KEY.sign(Some("enc"), &good),
            "the key set has no key for RS256 named enc",
        ),
        (
            LOGIN_KEY.sign(Some("a"), &good),
            "the key set has no key for RS256 named a",
        ),
        (
            LOGIN_KEY.sign(None, &good),
            "the token names no key, and the key set has 2 for RS256",
        ),
        (
            OTHER_KEY.sign(Some("one"), &good),
            "the token's signature does not hold",
        ),
        (
            with(json!({"iss": "https://other.example"})),
            "the token's issuer is another",
        ),
        (
            with(json!({"aud": "another"})),
            "the token is for another audience",
        ),
        (
            with(json!({"aud": 7})),
            "the token's claims are not what RFC 7519 has",
        ),
        (
            with(json!({"exp": "tomorrow"})),
            "the token's claims are not what RFC 7519 has",
        ),
        (with(json!({"sub": null})), "the token has no subject"),
        (
            under(json!({"kid": "one"})),
            "the token's header has no alg",
        ),
        (
            under(json!({"alg": "HS256", "kid": "one"})),
            "the token's algorithm is not accepted",
        ),
        (
            under(json!({"alg": "RS256", "jwk": {}})),
            "the token's header holds a key of its own (jwk), which is not accepted",
        ),
        ("a.b".to_owned(), "the token has not three parts"),
    ] {
        assert_eq!(cause(&platform, &token), expected);
    }
    let name = "0".repeat(65);
    let told = cause(&platform, &LOGIN_KEY.sign(Some(&name), &good));
    assert_eq!(told, "the key set has no key for RS256 of the token's name");
}

#[test]
fn what_is_odd_in_a_set_is_logged_when_it_is_fetched() {
    let platform = Memory::new();
    platform.add_store("keys");
    let keys = json!({"keys": [{"kid": "b"}, LOGIN_KEY.jwk("one")]});
    platform.respond(move |_| Ok(Response::new(Bytes::from(format!("\u{feff}{keys}")))));
    let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &json!({})));
    for _ in 0..2 {
        assert!(
            verify(&platform, &token).is_ok(),
            "a new instance each time"
        );
    }
    let lines = platform.lines();
    let remarks = lines.iter().filter(|line| line.contains("irregular"));
    let remarks: Vec<_> = remarks.collect();
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].contains("byte order mark"));
    assert!(remarks[1].contains("key 1 is left out: it has no kty"));
}

#[test]
fn scopes_are_read_in_each_form() {
    let (platform, _) = platform(published());
    for (changes, allowed) in [
        (json!({"scope": ["openid", "innsyn:token"]}), true),
        (json!({"scp": "openid innsyn:token"}), true),
        (json!({"scp": ["innsyn:token"]}), true),
        (json!({"scope": "openid", "scp": "innsyn:token"}), false),
        (json!({"scope": ["innsyn:tokens"]}), false),
        (json!({"scope": {"innsyn:token": true}}), false),
    ] {
        let mut claims = claims(&platform, &changes);
        claims.as_object_mut().expect("an object").remove("pid");
        let token = LOGIN_KEY.sign(Some("one"), &claims);
        let end = platform.run(async { tokens(None).back_end(&context(&platform), &token).await });
        assert_eq!(end.is_ok(), allowed, "{changes}");
    }
}
