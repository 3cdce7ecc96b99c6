//! A back end that was written for NAV's sidecar texas asks ours, and notices nothing. Its requests are those of
//! that project's documentation and tests, with scopes that the sandbox has.

use reqwest::Client;
use serde_json::{Value, json};

use crate::stage::{Answer, Stage};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const OTHER_SCOPE: &str = "altinn:consentrequests.read";
/// A customer has delegated this one.
const DELEGATED_SCOPE: &str = "fjellapi:deliveries.read";
const CUSTOMER: &str = "313367002";
/// A synthetic person.
const PERSON: &str = "04827896468";

#[tokio::test]
async fn it_works_unchanged() {
    let stage = Stage::start().await;

    tokens_are_kept_until_told_otherwise(&stage).await;
    many_at_once_are_served(&stage).await;
    a_token_is_for_what_was_asked(&stage).await;
    system_users_are_written_in_three_ways(&stage).await;
    two_members_are_ours(&stage).await;
    mistakes_are_named(&stage).await;
    refusals_are_passed_on(&stage).await;
    browsers_are_shut_out(&stage).await;
    the_component_itself_serves_nobody_without_a_credential(&stage).await;

    let folder = stage.folder.clone();
    assert!(folder.exists());
    let (sidecar, up) = stage.stop().await;
    assert_eq!(sidecar, "", "it has nothing to complain of");
    for secret in ["eyJ", PERSON] {
        assert!(!up.contains(secret), "{up}");
    }
    assert!(!folder.exists(), "keys go with the run");
}

async fn tokens_are_kept_until_told_otherwise(stage: &Stage) {
    let form = |target| [("identity_provider", "maskinporten"), ("target", target)];
    let json = |target: &str| json!({"identity_provider": "maskinporten", "target": target});

    let first = stage.form(&form(SCOPE)).await.token();
    assert_eq!(stage.json(&json(SCOPE)).await.token(), first);
    assert_ne!(stage.form(&form(OTHER_SCOPE)).await.token(), first);

    let mut request = json(SCOPE);
    request["skip_cache"] = json!(true);
    let renewed = stage.json(&request).await.token();
    assert_ne!(renewed, first);
    assert_eq!(stage.form(&form(SCOPE)).await.token(), renewed);

    let mut fields = form(SCOPE).to_vec();
    fields.push(("skip_cache", "true"));
    assert_ne!(stage.form(&fields).await.token(), renewed);
}

async fn many_at_once_are_served(stage: &Stage) {
    let request = json!({
        "identity_provider": "maskinporten", "target": SCOPE, "resource": "https://many.example/"
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let request = stage.http.post(&stage.endpoint).json(&request);
        asking.spawn(async { Answer::to(request).await.token() });
    }
    let tokens = asking.join_all().await;
    assert!(tokens.contains(&stage.json(&request).await.token()));
}

async fn a_token_is_for_what_was_asked(stage: &Stage) {
    let two = format!("{SCOPE} {OTHER_SCOPE}");
    let request = json!({
        "identity_provider": "maskinporten",
        "target": two,
        "resource": "http://resource.example/api",
        "authorization_details": null,
        "something_else": {"that": "is not known"},
    });
    let claims = stage.json(&request).await.claims();
    assert_eq!(claims["aud"], "http://resource.example/api");
    let mut scopes: Vec<_> = claims["scope"].as_str().expect("text").split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, [OTHER_SCOPE, SCOPE]);
    assert_eq!(claims["consumer"]["ID"], "0192:310000205");
}

async fn system_users_are_written_in_three_ways(stage: &Stage) {
    // With two members that stand in tokens, as in the example of that project.
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}")},
        "systemuser_id": ["33a0911a-5459-456f-bc57-3d37ef9a016c"],
        "system_id": "974761076_skatt_demo_system",
    }]);
    let text = details.to_string();
    let with = |details: Value| json!({"identity_provider": "maskinporten", "target": SCOPE, "authorization_details": details});
    for answer in [
        stage.json(&with(details)).await,
        stage.json(&with(text.as_str().into())).await,
        stage
            .form(&[
                ("identity_provider", "maskinporten"),
                ("target", SCOPE),
                ("authorization_details", &text),
            ])
            .await,
    ] {
        let claims = answer.claims();
        let user = &claims["authorization_details"][0];
        assert_eq!(user["systemuser_org"]["ID"], format!("0192:{CUSTOMER}"));
        assert_eq!(user["system_id"], "310000205_fjordbanken");
    }
}

async fn two_members_are_ours(stage: &Stage) {
    let request = json!({
        "identity_provider": "maskinporten", "target": DELEGATED_SCOPE, "consumer_org": CUSTOMER
    });
    let claims = stage.json(&request).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{CUSTOMER}"));
    assert_eq!(claims["supplier"]["ID"], "0192:310000205");

    let fields = [
        ("identity_provider", "maskinporten"),
        ("target", SCOPE),
        ("pid", PERSON),
    ];
    assert_eq!(stage.form(&fields).await.claims()["pid"], PERSON);
}

async fn mistakes_are_named(stage: &Stage) {
    let unknown = json!({"target": "dontcare", "identity_provider": "invalid"});
    let fields = [("target", "dontcare"), ("identity_provider", "invalid")];
    for answer in [stage.json(&unknown).await, stage.form(&fields).await] {
        let description = answer.refusal(400, "invalid_request");
        let expected = "unknown variant `invalid`, expected one of `azuread`, `entra_id`, `tokenx`, `maskinporten`, `idporten`, `ansattporten`";
        assert!(description.contains(expected), "{description}");
    }
    for name in ["azuread", "entra_id", "tokenx", "idporten", "ansattporten"] {
        let request = json!({"target": "some_target", "identity_provider": name});
        let description = stage.json(&request).await.refusal(400, "invalid_request");
        assert!(description.contains("is not enabled"), "{description}");
    }
    for (media_type, body, reason) in [
        ("text/plain", "some plain text", "unsupported media type"),
        ("application/json", "{", "EOF"),
        (
            "application/json",
            r#"{"identity_provider":"maskinporten"}"#,
            "missing field `target`",
        ),
        ("application/json", &" ".repeat(65 * 1024), "length limit"),
    ] {
        let request = stage.http.post(&stage.endpoint);
        let request = request.header("content-type", media_type);
        let answer = Answer::to(request.body(body.to_owned())).await;
        let description = answer.refusal(400, "invalid_request");
        assert!(description.contains(reason), "{description}");
    }
    let elsewhere = stage.endpoint.replace("/token", "/introspect");
    Answer::to(stage.http.post(elsewhere))
        .await
        .refusal(404, "invalid_request");
    Answer::to(stage.http.get(&stage.endpoint))
        .await
        .refusal(404, "invalid_request");
}

async fn refusals_are_passed_on(stage: &Stage) {
    let request = |target| json!({"identity_provider": "maskinporten", "target": target});
    // By the token component: this service may not have it.
    let answer = stage.json(&request("some-scope")).await;
    assert!(answer.refusal(400, "invalid_scope").contains("some-scope"));
    // By Maskinporten: the customer may not have this one, so has not delegated it.
    let mut not_delegated = request(SCOPE);
    not_delegated["consumer_org"] = json!(CUSTOMER);
    let answer = stage.json(&not_delegated).await;
    assert!(
        answer
            .refusal(403, "forbidden")
            .contains("has not been granted")
    );
    // Maskinporten is down for a while.
    let mut renewed = request(SCOPE);
    renewed["skip_cache"] = json!(true);
    stage
        .fault(Some(json!({"status": {"code": 503, "body": "html"}})))
        .await;
    let answer = stage.json(&renewed).await;
    answer.refusal(answer.status, "temporarily_unavailable");
    assert!((500..600).contains(&answer.status), "{answer:?}");
    stage.fault(None).await;
    stage.json(&renewed).await.token();
}

async fn browsers_are_shut_out(stage: &Stage) {
    let ask = || {
        let fields = [("identity_provider", "maskinporten"), ("target", SCOPE)];
        Client::new().post(&stage.endpoint).form(&fields)
    };
    for (header, value) in [
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
        ("host", "elsewhere.example"),
        ("host", "localhost.elsewhere.example:7164"),
    ] {
        let answer = Answer::to(ask().header(header, value)).await;
        answer.refusal(403, "invalid_request");
    }
    for host in ["localhost", "localhost:7164", "127.0.0.1", "[::1]:7164"] {
        Answer::to(ask().header("host", host)).await.token();
    }
}

async fn the_component_itself_serves_nobody_without_a_credential(stage: &Stage) {
    let request = stage.http.post(format!("{}/token", stage.app));
    let answer = Answer::to(request.form(&[("scope", SCOPE)])).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.body["error"], "invalid_client");
}
