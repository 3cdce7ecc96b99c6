use serde_json::{Value, json};

use crate::fixtures::token_config_with;
use crate::token::tests::settings::faults;
use crate::token::{ConsumerOrgs, RequestLimits, TokenConfig, TokenService};
use innsyn_core::fixtures::{CLIENT_KEY, CONSUMER, SECOND_CONSUMER, consumer};
use innsyn_core::party::OrganisationNumber;
use innsyn_protocols::fixtures::client;

/// Returns a service with these members beside the required ones.
fn service(members: &Value) -> String {
    let mut service = json!({"subject": "a", "scopes": ["a"]});
    for (name, value) in members.as_object().expect("an object") {
        service[name] = value.clone();
    }
    json!([service]).to_string()
}

/// Returns the fault of a service that has these members, in a deployment with two consumers.
fn wrong(members: &Value) -> Vec<String> {
    faults(&[("token_services", Some(&service(members)))])
}

fn only(config: &TokenConfig) -> &TokenService {
    config.services.first().expect("a service")
}

#[test]
fn a_deployments_only_consumer_is_each_services_own() {
    let services = service(&json!({}));
    let keys = json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}]);
    let clients = json!([client(CONSUMER, &keys)]).to_string();
    let config = token_config_with(&[
        ("consumer_organisations", ""),
        ("maskinporten_clients", &clients),
        ("token_services", &services),
    ]);
    assert_eq!(only(&config).consumers, [consumer(CONSUMER)]);
    assert_eq!(only(&config).consumer_orgs, ConsumerOrgs::Only(Vec::new()));
    assert_eq!(only(&config).limits, RequestLimits::default());
}

#[test]
fn of_several_consumers_a_service_says_which() {
    assert_eq!(
        wrong(&json!({})),
        [
            "token_services number 1 has no consumers, and this deployment has several: give each service `consumers`: organisations of this deployment for which it may ask, or [\"*\"] for all of them"
        ]
    );
    for (consumers, all) in [
        (json!(["*"]), &[CONSUMER, SECOND_CONSUMER][..]),
        (json!([SECOND_CONSUMER]), &[SECOND_CONSUMER]),
        (
            json!([CONSUMER, SECOND_CONSUMER]),
            &[CONSUMER, SECOND_CONSUMER],
        ),
    ] {
        let services = service(&json!({"consumers": consumers}));
        let config = token_config_with(&[("token_services", &services)]);
        let found: Vec<&str> = only(&config)
            .consumers
            .iter()
            .map(OrganisationNumber::as_str)
            .collect();
        assert_eq!(found, all);
    }
    for consumers in [
        json!([]),
        json!(["313367002"]),
        json!(["*", CONSUMER]),
        json!([CONSUMER, "x"]),
    ] {
        let faults = wrong(&json!({"consumers": consumers}));
        let text = "token_services number 1 has consumers that are neither organisations of this deployment nor \"*\" alone";
        assert!(faults[0].starts_with(text), "{faults:?}");
    }
}

#[test]
fn a_consumer_whose_supplier_is_asked_must_be_among_consumer_orgs() {
    let mut supplier = client(CONSUMER, &json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}]));
    supplier["consumers"] = json!([SECOND_CONSUMER]);
    let clients = json!([supplier]).to_string();
    for (consumers, orgs, good) in [
        (json!(["*"]), json!([]), false),
        (json!([SECOND_CONSUMER]), json!(["313367002"]), false),
        (json!(["*"]), json!([SECOND_CONSUMER]), true),
        (json!(["*"]), json!(["*"]), true),
        // A consumer with its own client asks without `consumer_org`.
        (json!([CONSUMER]), json!([]), true),
    ] {
        let services = service(&json!({"consumers": consumers, "consumer_orgs": orgs}));
        let faults = faults(&[
            ("maskinporten_clients", Some(&clients)),
            ("token_services", Some(&services)),
        ]);
        let told = "token_services number 1 asks for 310000302, which has delegated to a client's owner, and has it not in consumer_orgs: add the consumer to `consumer_orgs` of the service, or take it out of its `consumers`";
        let expected: &[&str] = if good { &[] } else { &[told] };
        assert_eq!(faults, expected, "{services}");
    }
}

#[test]
fn lists_of_a_service_hold_what_they_are_for() {
    for (members, reason) in [
        (json!({"consumer_orgs": ["*"]}), None),
        (json!({"consumer_orgs": ["313367002"]}), None),
        (json!({"consumer_orgs": []}), None),
        (
            json!({"consumer_orgs": ["*", "313367002"]}),
            Some("consumer_orgs that are neither organisation numbers nor \"*\" alone"),
        ),
        (
            json!({"consumer_orgs": ["313367003"]}),
            Some("consumer_orgs that are neither organisation numbers nor \"*\" alone"),
        ),
        (json!({"resources": ["https://api.example/", ""]}), None),
        (json!({"resources": []}), None),
        (
            json!({"resources": ["a b"]}),
            Some("resources with a space in them"),
        ),
        (json!({"systemuser_orgs": ["313367002"]}), None),
        (
            json!({"systemuser_orgs": ["*"]}),
            Some("systemuser_orgs that are not organisation numbers"),
        ),
        (
            json!({"systemuser_orgs": ["0192:313367002"]}),
            Some("systemuser_orgs that are not organisation numbers"),
        ),
        (json!({"external_refs": ["kunde_42", ""]}), None),
        (
            json!({"external_refs": ["a\nb"]}),
            Some("external_refs with a space in them"),
        ),
    ] {
        let mut all = members.clone();
        all["consumers"] = json!(["*"]);
        let faults = wrong(&all);
        match reason {
            None => assert!(faults.is_empty(), "{members}: {faults:?}"),
            Some(reason) => assert!(faults[0].contains(reason), "{members}: {faults:?}"),
        }
    }
}
