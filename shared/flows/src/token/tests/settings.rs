//! Tests of valid and invalid settings of the token component.

use super::*;
use crate::fixtures;
use innsyn_core::fixtures::component_key;
use innsyn_core::platform::memory::Memory;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::fixtures::client;
use innsyn_runtime::config::{ConfigError, DefaultValue, Raw, Settings as _, load};
use innsyn_runtime::fixtures::changed as changed_variables;

/// Returns the faults of the valid settings with `changed`.
pub(in crate::token) fn faults(changed: &[(&'static str, Option<&str>)]) -> Vec<String> {
    let raw = changed_variables(&fixtures::token_variables(), changed);
    match TokenConfig::resolve(&raw) {
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
    const SERVICES: &str = "set it to a JSON array of {subject, public_key or none for a back end with a login token, scopes, authorization_details, consumers, consumer_orgs, resources, systemuser_orgs, external_refs, pid, sweep}";
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
        ("login_max_lifetime", None, "login_max_lifetime is not set: set it to the longest that a login token may live, such as 3600".into()),
        ("maskinporten_origin", Some("http://maskinporten.no"), "maskinporten_origin is not an origin: set it to an origin such as https://host.example, without a path or a slash at the end".into()),
        ("token_store_key", Some("short"), format!("token_store_key is not a key: {KEY}")),
        ("token_store_key", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), format!("token_store_key is not a key: {KEY}")),
        ("token_store_previous_key", Some("short"), format!("token_store_previous_key has a part that is not a key: {KEY}")),
        ("maskinporten_clients", Some("[{]"), format!("maskinporten_clients is not what is expected at line 1, column 3: {CLIENTS}")),
        ("token_services", Some("[{\"subject\":\"x\",\"scopes\":[],\"consumers\":[\"*\"],\"public_key\":\"x\"}]"), format!("token_services number 1 has a public_key that is not base64url of 32 bytes: {SERVICES}")),
        ("token_services", Some("[{\"subject\":\"x\",\"scopes\":[],\"consumers\":[\"*\"]},{\"subject\":\"x\",\"scopes\":[],\"consumers\":[\"*\"]}]"), format!("token_services number 2 has the subject of another: {SERVICES}")),
    ];
    for (name, value, text) in cases {
        assert_eq!(faults(&[(name, *value)]), [text.as_str()], "{name}");
    }
}

#[test]
fn each_fault_of_a_client_is_told() {
    let key = &CLIENT_KEY.pem;
    let keys = serde_json::json!([{"kid": "k", "key": key}]);
    let good = client("310000205", &keys);
    let other = client("310000302", &keys);
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
    let clients =
        serde_json::json!([client("310000205", &keys), client("310000302", &keys)]).to_string();
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
fn everything_that_is_missing_is_told_at_once() {
    let Err(error) = TokenConfig::resolve(&Raw::default()) else {
        panic!("nothing is set")
    };
    let text = error.to_string();
    for setting in TokenConfig::SETTINGS.iter().copied().flatten() {
        let name = setting.name;
        // Read only for a key in a vault, and absent unless it is set.
        let optional = setting.default == DefaultValue::Empty
            || ["vault_origin", "trace_from_callers"].contains(&name);
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
        assert!(TokenConfig::names().any(|known| known == name), "{name}");
        platform.set_variable(name, &value);
    }
    let loaded: Result<TokenConfig, ConfigError> = platform.run(load(&platform));
    assert!(loaded.is_ok());
}

#[test]
fn a_service_may_have_two_keys_while_one_is_changed() {
    let key = component_key().verifying_key().to_text();
    for (keys, good) in [
        (format!(r#""{key}""#), true),
        (format!(r#"["{key}","{key}"]"#), true),
        ("[]".to_owned(), false),
        (format!(r#"["{key}","x"]"#), false),
        ("7".to_owned(), false),
    ] {
        let services =
            format!(r#"[{{"subject":"a","scopes":["a"],"consumers":["*"],"public_key":{keys}}}]"#);
        let faults = faults(&[("token_services", Some(&services))]);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
}
