use super::*;
use crate::fixtures;
use crate::platform::memory::Memory;
use crate::problem::{Kind, Problem};

/// What is wrong when `changed` stands in for the valid value.
fn faults(changed: &[(&'static str, Option<&str>)]) -> Vec<String> {
    let variables = fixtures::token_variables();
    let kept = variables
        .iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let pairs = kept.map(|(name, value)| (*name, value.as_str()));
    let pairs = pairs.chain(
        changed
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?))),
    );
    match TokenConfig::resolve(&Raw::from_pairs(pairs)) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn valid_settings_have_no_faults() {
    assert_eq!(faults(&[]), Vec::<String>::new());
    let config = fixtures::token_config();
    assert_eq!(config.login.jwks_address, "https://login.example/jwks");
    assert_eq!(config.clients.len(), 2);
    assert_eq!(config.consumers.claim, None);
}

#[test]
fn each_fault_names_the_variable_and_the_remedy() {
    const KEY: &str = "set it to 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url` makes them";
    const CLIENTS: &str = "set it to a JSON array of {organisation, client_id, keys, and consumers where it is their supplier}, one for each consumer; each key has kid or certificate_chain, and key or transit";
    const SERVICES: &str = "set it to a JSON array of {subject, public_key or none for a back end with a login token, scopes, authorization_details, consumer_orgs, pid, sweep}";
    let cases: &[(&'static str, Option<&str>, String)] = &[
        ("environment", None, "environment is not set: set it to test or production".into()),
        ("environment", Some("prod"), "environment is unknown: set it to test or production".into()),
        ("consumer_organisation", Some("310000206"), "consumer_organisation is not an organisation number: set it to nine digits, the organisation's number".into()),
        ("consumer_organisations", Some("310000302,x"), "consumer_organisations has a part that is not an organisation number: separate the numbers by commas".into()),
        ("login_origin", Some("https://login.example/"), "login_origin is not an origin: set it to an origin such as https://host.example, without a path or a slash at the end".into()),
        ("login_jwks_path", Some("jwks"), "login_jwks_path is not a path: set it to the path of the login service's keys, such as /jwks".into()),
        ("login_issuer", Some(" "), "login_issuer is not set: set it to the `iss` of the login tokens".into()),
        ("login_audience", None, "login_audience is not set: set it to the `aud` that the login tokens have for this app".into()),
        ("login_party_claim", None, "login_party_claim is not set: set it to the claim with the customer's national number, such as pid".into()),
        ("login_organisations_claim", None, "login_organisations_claim is not set: set it to the claim with the organisations that the customer may act for".into()),
        ("maskinporten_origin", Some("http://maskinporten.no"), "maskinporten_origin is not an origin: set it to an origin such as https://host.example, without a path or a slash at the end".into()),
        ("token_store_key", Some("short"), format!("token_store_key is not a key: {KEY}")),
        ("token_store_key", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), format!("token_store_key is not a key: {KEY}")),
        ("token_store_previous_key", Some("short"), format!("token_store_previous_key has a part that is not a key: {KEY}")),
        ("maskinporten_clients", Some("[{]"), format!("maskinporten_clients is not what is expected at line 1, column 3: {CLIENTS}")),
        ("token_services", Some("[{\"subject\":\"x\",\"scopes\":[],\"public_key\":\"x\"}]"), format!("token_services number 1 has a public_key that is not base64url of 32 bytes: {SERVICES}")),
        ("token_services", Some("[{\"subject\":\"x\",\"scopes\":[]},{\"subject\":\"x\",\"scopes\":[]}]"), format!("token_services number 2 has the subject of another: {SERVICES}")),
    ];
    for (name, value, text) in cases {
        assert_eq!(faults(&[(name, *value)]), [text.as_str()], "{name}");
    }
}

#[test]
fn each_fault_of_a_client_is_told() {
    let key = &fixtures::CLIENT_KEY.pem;
    let keys = serde_json::json!([{"kid": "k", "key": key}]);
    let good = fixtures::client("310000205", &keys);
    let other = fixtures::client("310000302", &keys);
    let changed = |name: &str, value: serde_json::Value| {
        let mut client = good.clone();
        client[name] = value;
        serde_json::json!([client, other]).to_string()
    };
    for (clients, part) in [
        (
            changed("organisation", "310000206".into()),
            "number 1 has an `organisation` that is not an organisation number",
        ),
        (
            changed("client_id", "".into()),
            "number 1 has an empty `client_id`",
        ),
        (
            changed("keys", serde_json::json!([])),
            "number 1 needs one key in `keys`, or two while they are rolled over",
        ),
        (
            changed("keys", serde_json::json!([{"kid": "k"}])),
            "number 1 has a key, number 1, that needs exactly one of `key` and `transit`",
        ),
        (
            changed(
                "keys",
                serde_json::json!([{"kid": "k", "key": format!("-----BEGIN {}-----", "PRIVATE KEY")}]),
            ),
            "number 1 has a key, number 1, that has a `key` that cannot be read: line 1: the block has no END line",
        ),
        (
            serde_json::json!([good, good, other]).to_string(),
            "has 310000205 twice",
        ),
        (
            serde_json::json!([other]).to_string(),
            "has no client for the consumer 310000205",
        ),
    ] {
        let faults = faults(&[("maskinporten_clients", Some(&clients))]);
        assert!(
            faults.iter().any(|fault| fault.contains(part)),
            "{faults:?} has not {part}"
        );
        assert!(
            faults.iter().all(|fault| !fault.contains("BEGIN")),
            "a key in {faults:?}"
        );
    }
}

#[test]
fn a_key_in_a_vault_needs_one_way_to_log_in_there() {
    let keys = serde_json::json!([{"kid": "k", "transit": {"key": "innsyn", "version": 1}}]);
    let clients = serde_json::json!([
        fixtures::client("310000205", &keys),
        fixtures::client("310000302", &keys)
    ])
    .to_string();
    for (token, role, secret, good) in [
        (None, Some("role"), Some("secret"), true),
        (Some("token"), None, None, true),
        (None, None, None, false),
        (None, Some("role"), None, false),
        (Some("token"), Some("role"), Some("secret"), false),
    ] {
        let faults = faults(&[
            ("maskinporten_clients", Some(&clients)),
            ("vault_token", token),
            ("vault_role_id", role),
            ("vault_secret_id", secret),
        ]);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
    let faults = faults(&[
        ("maskinporten_clients", Some(&clients)),
        ("vault_origin", None),
    ]);
    assert!(
        faults[0].starts_with("vault_origin is not set"),
        "{faults:?}"
    );
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

    let key = fixtures::component_key().verifying_key().to_text();
    for (keys, good) in [
        (format!(r#""{key}""#), true),
        (format!(r#"["{key}","{key}"]"#), true),
        ("[]".to_owned(), false),
        (format!(r#"["{key}","x"]"#), false),
        ("7".to_owned(), false),
    ] {
        let services = format!(r#"[{{"subject":"a","scopes":["a"],"public_key":{keys}}}]"#);
        let faults = faults(&[("token_services", Some(&services))]);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
}

#[test]
fn a_service_may_ask_for_consumers_that_are_numbers_or_for_any() {
    for (consumers, good) in [
        (r#"["*"]"#, true),
        (r#"["313367002"]"#, true),
        ("[]", true),
        (r#"["*", "313367002"]"#, false),
        (r#"["313367003"]"#, false),
    ] {
        let services = format!(r#"[{{"subject":"a","scopes":["a"],"consumer_orgs":{consumers}}}]"#);
        let faults = faults(&[("token_services", Some(&services))]);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let Err(error) = TokenConfig::resolve(&Raw::default()) else {
        panic!("nothing is set")
    };
    let text = error.to_string();
    for name in TokenConfig::VARIABLES {
        let optional = [
            "budgeted_origins",
            "consumer_organisations",
            "consumer_claim",
            "vault_origin",
            "vault_namespace",
            "vault_token",
            "vault_role_id",
            "vault_secret_id",
            "token_store_previous_key",
            "trace_from_callers",
        ]
        .contains(name);
        assert_ne!(
            text.contains(&format!("{name} is not set")),
            optional,
            "{name}"
        );
    }
    let problem = Problem::from(error);
    assert_eq!(problem.kind, Kind::ConfigurationMissing);
    let answer = String::from_utf8(problem.response("id").body().to_vec()).expect("JSON");
    assert!(
        !answer.contains("login_issuer"),
        "the cause is for the log: {answer}"
    );
}

#[test]
fn every_variable_that_is_asked_for_is_in_the_list() {
    let platform = Memory::new();
    for (name, value) in fixtures::token_variables() {
        assert!(TokenConfig::VARIABLES.contains(&name), "{name}");
        platform.set_variable(name, &value);
    }
    let loaded: Result<TokenConfig, ConfigError> = platform.run(load(&platform));
    assert!(loaded.is_ok());
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
