//! Tests of tokens for consumers whose supplier the deployment is: the credential names the
//! consumer, never the request.

use super::*;
use crate::fixtures::{token_config_with, token_variables};
use innsyn_core::fixtures::SECOND_CONSUMER;
use innsyn_protocols::fixtures::client;

const CUSTOMER: &str = "313367002";

/// Returns handlers whose second consumer has no client, and has delegated to the first one.
fn supplier() -> TokenApi {
    let mut only = client(CONSUMER, &json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}]));
    only["consumers"] = json!([SECOND_CONSUMER]);
    let clients = json!([only]).to_string();
    let mut variables = token_variables().into_iter();
    let services = variables.find(|(name, _)| *name == "token_services");
    let (_, services) = services.expect("services");
    let mut services: Value = serde_json::from_str(&services).expect("JSON");
    for service in services.as_array_mut().expect("a list") {
        service["consumer_orgs"] = json!([SECOND_CONSUMER, CUSTOMER]);
    }
    let services = services.to_string();
    TokenApi::from(token_config_with(&[
        ("maskinporten_clients", &clients),
        ("token_services", &services),
    ]))
}

#[test]
fn the_suppliers_client_asks_in_the_name_of_the_verified_consumer() {
    let (bed, api) = (TestBed::new(), supplier());
    bed.platform.run(async {
        for consumer in [CONSUMER, SECOND_CONSUMER, SECOND_CONSUMER] {
            let credential = bed.credential(&component_key(), consumer);
            let (status, _) = bed.ask_as(&api, &credential, FORM, "scope=a").await;
            assert_eq!(status, StatusCode::OK);
        }
    });
    let grants = bed.grants();
    assert_eq!(grants.len(), 2, "the third is the second's");
    assert!(grants[0].get("consumer_org").is_none(), "its own");
    assert_eq!(grants[1]["consumer_org"], SECOND_CONSUMER);
    assert_eq!(grants[0]["iss"], grants[1]["iss"]);
}

#[test]
fn what_another_has_delegated_to_the_supplier_is_not_the_consumers() {
    let (bed, api) = (TestBed::new(), supplier());
    bed.platform.run(async {
        let ask = async |consumer: &str, customer: &str| {
            let credential = bed.credential_of("accounting", &component_key(), consumer);
            let form = format!("scope=a&consumer_org={customer}");
            bed.ask_as(&api, &credential, FORM, &form).await
        };
        let (status, body) = ask(SECOND_CONSUMER, CUSTOMER).await;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request"))
        );
        assert!(bed.grants().is_empty());
        assert_eq!(ask(CONSUMER, CUSTOMER).await.0, StatusCode::OK);
    });
}

#[test]
fn nobody_is_its_own_supplier() {
    let keys = json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}]);
    for consumers in [json!([CONSUMER]), json!(["x"])] {
        let mut wrong = client(CONSUMER, &keys);
        wrong["consumers"] = consumers;
        let error = innsyn_protocols::maskinporten::Client::of_json(&wrong).expect_err("refused");
        assert!(error.to_string().contains("`consumers`"), "{error}");
    }
}
