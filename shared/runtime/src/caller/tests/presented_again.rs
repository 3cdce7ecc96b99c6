//! Tests of tokens that an instance receives more than once.

use super::*;

fn customer(platform: &Memory, tokens: &LoginTokens, token: &str) -> Result<Customer, Kind> {
    let end = platform.run(async { tokens.customer(&context(platform), token).await });
    end.map_err(|problem| problem.kind)
}

#[test]
fn times_are_compared_each_time() {
    let (platform, _) = platform(published());
    let tokens = tokens(None);
    let now = platform.now().unix_timestamp();
    let token = LOGIN_KEY.sign(
        Some("one"),
        &claims(&platform, &json!({"exp": now + 60, "nbf": now - 30})),
    );
    assert!(customer(&platform, &tokens, &token).is_ok());
    platform.advance(Duration::from_mins(1));
    assert!(customer(&platform, &tokens, &token).is_ok());
    // Ten seconds of leeway have passed.
    platform.advance(Duration::from_secs(11));
    let end = customer(&platform, &tokens, &token);
    assert_eq!(end.expect_err("refused"), Kind::LoginExpired);
}

#[test]
fn a_changed_token_is_another() {
    let (platform, _) = platform(published());
    let tokens = tokens(None);
    let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &json!({})));
    assert!(customer(&platform, &tokens, &token).is_ok());
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let other = OTHER_KEY.sign(Some("one"), &claims(&platform, &json!({})));
    let (_, foreign) = other.rsplit_once('.').expect("three parts");
    for changed in [
        format!("{signed}."),
        format!("{signed}.{foreign}"),
        format!("{signed}.{signature}="),
        format!("{token} "),
    ] {
        let end = customer(&platform, &tokens, &changed);
        assert_eq!(end.expect_err("refused"), Kind::LoginRequired, "{changed}");
    }
    assert!(customer(&platform, &tokens, &token).is_ok());
}

#[test]
fn a_token_whose_key_was_withdrawn_is_refused_after_the_next_fetch() {
    let platform = Memory::new();
    platform.add_store("keys");
    let asked = Rc::new(Cell::new(0));
    let counter = Rc::clone(&asked);
    platform.respond(move |_| {
        counter.set(counter.get() + 1);
        let keys = match counter.get() {
            1 => published(),
            _ => json!({"keys": [OTHER_KEY.jwk("two")]}),
        };
        Ok(Response::new(Bytes::from(keys.to_string())))
    });
    let tokens = tokens(None);
    let now = platform.now().unix_timestamp();
    let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &json!({"exp": now + 1800})));
    assert!(customer(&platform, &tokens, &token).is_ok());
    platform.advance(Duration::from_secs(299));
    assert!(customer(&platform, &tokens, &token).is_ok());
    assert_eq!(asked.get(), 1, "the set is young");
    // Half of the lifetime has passed: the set is fetched again, ahead of time.
    platform.advance(Duration::from_secs(2));
    let end = customer(&platform, &tokens, &token);
    assert_eq!(end.expect_err("refused"), Kind::LoginRequired);
    assert_eq!(asked.get(), 2);
}
