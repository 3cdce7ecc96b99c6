//! Tests of services that may not ask for every consumer, resource or system user.

use super::*;
use crate::fixtures::token_config_with;
use http::HeaderMap;
use innsyn_core::fixtures::{AUDIENCE, ISSUER, SECOND_CONSUMER};
use innsyn_protocols::fixtures::client;

const THIRD: &str = "310000108";
const CUSTOMER: &str = "313367002";

/// Returns a token component with one service, `payroll`, that has these members.
fn desk_with(members: &Value) -> TokenApi {
    desk_of(members, &[])
}

fn desk_of(members: &Value, changes: &[(&str, &str)]) -> TokenApi {
    let mut service = json!({
        "subject": "payroll",
        "public_key": component_key().verifying_key().to_text(),
        "scopes": ["a"],
        "authorization_details": ["urn:altinn:systemuser"],
    });
    for (name, value) in members.as_object().expect("an object") {
        service[name] = value.clone();
    }
    let services = json!([service]).to_string();
    let changes = [&[("token_services", services.as_str())], changes].concat();
    TokenApi::from(token_config_with(&changes))
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("scope", "a").extend_pairs(fields);
    form.finish()
}

async fn ask(
    bed: &TestBed,
    api: &TokenApi,
    consumer: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, Value) {
    let credential = bed.credential_of("payroll", &component_key(), consumer);
    bed.ask_as(api, &credential, FORM, &form(fields)).await
}

#[test]
fn a_service_does_not_choose_its_consumer() {
    let bed = TestBed::new();
    let api = desk_with(&json!({"consumers": [CONSUMER]}));
    bed.platform.run(async {
        token(&ask(&bed, &api, CONSUMER, &[]).await);
        for other in [SECOND_CONSUMER, THIRD] {
            let answer = ask(&bed, &api, other, &[]).await;
            assert_eq!(error(&answer), (401, "invalid_client", "login-required"));
            let told = answer.1["error_description"].as_str().expect("text");
            assert_eq!(
                told,
                format!("payroll may not ask for {other}: what it may ask for is `consumers` of its entry in token_services")
            );
        }
    });
    assert_eq!(bed.minted.get(), 1);
}

#[test]
fn the_log_says_which_service_asked_for_whom() {
    let bed = TestBed::new();
    let access = access::Access::new(&token_config_with(&[(
        "token_services",
        &json!([{
            "subject": "payroll",
            "public_key": component_key().verifying_key().to_text(),
            "scopes": ["a"],
            "consumers": [CONSUMER],
        }])
        .to_string(),
    )]));
    let mut headers = HeaderMap::new();
    let credential = bed.credential_of("payroll", &component_key(), SECOND_CONSUMER);
    let bearer = HeaderValue::from_str(&credential.header(PATH, "")).expect("a header");
    headers.insert(header::AUTHORIZATION, bearer);
    let context = context(&bed.platform);
    let refused = bed.platform.run(access.identify(&context, &headers, PATH));
    let problem = refused.expect_err("refused");
    let event = innsyn_core::log::Event::from_problem("request", &problem);
    let event = serde_json::to_value(&event).expect("JSON");
    assert_eq!(
        event["cause"],
        format!(
            "the service payroll asks for the consumer {SECOND_CONSUMER}, which is not among its consumers: {CONSUMER}"
        )
    );
    assert_eq!(event["outcome"], "login-required");
    assert!(!event.to_string().contains("eyJ"), "{event}");
}

#[test]
fn a_back_end_with_a_login_has_its_consumers_too() {
    let bed = TestBed::new();
    let members = json!({"public_key": null, "consumers": [CONSUMER]});
    let api = desk_of(&members, &[("consumer_claim", "bank")]);
    let now = bed.platform.now().unix_timestamp();
    let login = |bank: &str| {
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "payroll", "iat": now, "exp": now + 60,
            "scope": "innsyn:token", "bank": bank});
        format!("Bearer {}", LOGIN_KEY.sign(Some("one"), &claims))
    };
    bed.platform.run(async {
        let answer = bed.ask_as(&api, &login(CONSUMER), FORM, "scope=a").await;
        token(&answer);
        let other = login(SECOND_CONSUMER);
        let answer = bed.ask_as(&api, &other, FORM, "scope=a").await;
        assert_eq!(error(&answer), (401, "invalid_client", "login-required"));
    });
    assert_eq!(bed.minted.get(), 1);
}

#[test]
fn no_other_tenant_is_reached_as_its_supplier() {
    let mut supplier = client(CONSUMER, &json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}]));
    supplier["consumers"] = json!([SECOND_CONSUMER]);
    let clients = json!([supplier]).to_string();
    let clients = [("maskinporten_clients", clients.as_str())];
    let bed = TestBed::new();
    bed.platform.run(async {
        let own = json!({"consumers": [CONSUMER], "consumer_orgs": ["*"]});
        let api = desk_of(&own, &clients);
        let answer = ask(&bed, &api, CONSUMER, &[("consumer_org", SECOND_CONSUMER)]).await;
        assert_eq!(error(&answer), (400, "invalid_request", "request-invalid"));
        token(&ask(&bed, &api, CONSUMER, &[("consumer_org", CUSTOMER)]).await);

        let both = json!({"consumers": ["*"], "consumer_orgs": ["*"]});
        let api = desk_of(&both, &clients);
        token(&ask(&bed, &api, CONSUMER, &[("consumer_org", SECOND_CONSUMER)]).await);
        token(&ask(&bed, &api, SECOND_CONSUMER, &[]).await);
    });
    let grants = bed.grants();
    assert_eq!(grants[0]["consumer_org"], CUSTOMER);
    assert_eq!(grants[1]["consumer_org"], SECOND_CONSUMER);
}

#[test]
fn resources_and_system_users_can_be_limited() {
    let system_user = |number: &str, reference: Option<&str>| {
        let mut user = json!({"type": "urn:altinn:systemuser", "systemuser_org":
            {"authority": "iso6523-actorid-upis", "ID": format!("0192:{number}")}});
        if let Some(reference) = reference {
            user["externalRef"] = reference.into();
        }
        json!([user]).to_string()
    };
    let user = |number: &str, reference| ("authorization_details", system_user(number, reference));
    let resource = |text: &str| ("resource", text.to_owned());
    let details = "invalid_authorization_details";
    for (limits, field, refusal) in [
        // Without a list there is no limit.
        (json!({}), Some(resource("https://any.example")), None),
        (json!({}), Some(user("314055403", Some("any"))), None),
        (
            json!({"resources": ["https://api.example"]}),
            Some(resource("https://api.example")),
            None,
        ),
        (
            json!({"resources": ["https://api.example"]}),
            Some(resource("https://api.example/")),
            Some("invalid_target"),
        ),
        // A token without a resource is accepted by each API that does not check: the list is of no
        // use if a request may omit it.
        (
            json!({"resources": ["https://api.example"]}),
            None,
            Some("invalid_target"),
        ),
        (
            json!({"resources": ["https://api.example", ""]}),
            None,
            None,
        ),
        (json!({"resources": []}), None, Some("invalid_target")),
        (
            json!({"systemuser_orgs": [CUSTOMER]}),
            Some(user(CUSTOMER, None)),
            None,
        ),
        (
            json!({"systemuser_orgs": [CUSTOMER]}),
            Some(user("314055403", None)),
            Some(details),
        ),
        (
            json!({"systemuser_orgs": []}),
            Some(user(CUSTOMER, None)),
            Some(details),
        ),
        (
            json!({"external_refs": ["kunde_42"]}),
            Some(user(CUSTOMER, Some("kunde_42"))),
            None,
        ),
        (
            json!({"external_refs": ["kunde_42"]}),
            Some(user(CUSTOMER, Some("kunde_4"))),
            Some(details),
        ),
        (
            json!({"external_refs": ["kunde_42"]}),
            Some(user(CUSTOMER, None)),
            Some(details),
        ),
        (
            json!({"external_refs": [""]}),
            Some(user(CUSTOMER, None)),
            None,
        ),
        // They limit system users, not tokens without any.
        (
            json!({"systemuser_orgs": [], "external_refs": []}),
            None,
            None,
        ),
    ] {
        let mut members = limits.clone();
        members["consumers"] = json!(["*"]);
        let (bed, api) = (TestBed::new(), desk_with(&members));
        let fields: Vec<_> = field
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let answer = bed.platform.run(ask(&bed, &api, CONSUMER, &fields));
        match refusal {
            None => _ = token(&answer),
            Some(refusal) => {
                assert_eq!(
                    error(&answer),
                    (400, refusal, "request-invalid"),
                    "{limits} {field:?}"
                );
            }
        }
        assert_eq!(bed.minted.get(), usize::from(refusal.is_none()));
    }
}
