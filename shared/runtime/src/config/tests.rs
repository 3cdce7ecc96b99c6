use super::*;
use crate::fixtures::{Common, changed, common_variables};

/// Returns the faults of the valid settings with `changes`.
pub(super) fn faults(changes: &[(&'static str, Option<&str>)]) -> Vec<String> {
    match Common::resolve(&changed(&common_variables(), changes)) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn while_something_is_changed_both_hold() {
    const ONE: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
    const TWO: &str = "IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE";
    let pairs = [
        ("key", ONE.to_owned()),
        ("others", format!("{ONE}, {TWO}")),
        ("secret", format!("{ONE},{TWO}")),
        ("short", format!("{ONE},x")),
    ];
    let raw = Raw::from_pairs(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    let mut resolver = Resolver::new(&raw);
    let keys = resolver.store_keys("key", "others").expect("keys");
    assert_eq!(keys.previous.len(), 2);
    assert_eq!(resolver.secrets("secret").map(|all| all.len()), Some(2));
    assert!(resolver.secrets("short").is_none());
}

#[test]
fn the_sections_of_other_components_are_strict_too() {
    let told = |name: &'static str, value: &str, read: fn(&mut Resolver<'_>) -> bool| {
        let raw = Raw::from_pairs([(name, value)]);
        let mut resolver = Resolver::new(&raw);
        let valid = read(&mut resolver);
        let faults = resolver
            .finish(valid.then_some(()))
            .err()
            .map(|error| error.to_string());
        assert_eq!(valid, faults.is_none());
        faults.unwrap_or_default()
    };
    for (name, value, read, text) in [
        (
            "web_origins",
            "https://a.example, https://b.example/",
            (|r| r.web_origins().is_some()) as fn(&mut Resolver<'_>) -> bool,
            "web_origins has a part that is not an origin: set it to an origin such as https://host.example, without a path or a slash at the end",
        ),
        (
            "web_origins",
            "https://a.example, https://b.example",
            |r| r.web_origins().is_some(),
            "",
        ),
        (
            "egress_origins",
            "https://a.example, https://b.example/",
            |r| r.egress("signature", |_| None).is_some(),
            "egress_origins has a part that is not an origin: set it to an origin such as https://host.example, without a path or a slash at the end",
        ),
        (
            "egress_origins",
            "https://egress.example:7165",
            |r| {
                let key = |r: &mut Resolver<'_>| r.signing_key("signature_signing_key");
                r.egress("signature", key).is_some()
            },
            "signature_signing_key is not set: set it to 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url` makes them",
        ),
        (
            "maintenance_secret",
            "sesam",
            |r| r.secrets("maintenance_secret").is_some(),
            "maintenance_secret is too short: set it to at least 24 random characters, or to several such separated by commas",
        ),
        (
            "claims_signing_key",
            "x",
            |r| r.signing_key("claims_signing_key").is_some(),
            "claims_signing_key is not a key: set it to 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url` makes them",
        ),
    ] {
        assert_eq!(told(name, value, read), text);
    }
}
