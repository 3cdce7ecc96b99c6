//! Back end that was written for NAV's sidecar texas, and works with ours unchanged. Its requests
//! are those of that project's documentation and tests, with scopes that the sandbox has.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::test_bed::{Answer, TestBed};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const OTHER_SCOPE: &str = "altinn:consentrequests.read";
/// Scope that a customer has delegated.
const DELEGATED_SCOPE: &str = "fjellapi:deliveries.read";
const CUSTOMER: &str = "313367002";
/// Bank of the same deployment that the service may not request tokens for.
const OTHER_BANK: &str = "310000302";
/// Synthetic person.
const PERSON: &str = "04827896468";

#[tokio::test]
async fn it_works_unchanged() {
    let bed = TestBed::start().await;

    tokens_are_kept_until_told_otherwise(&bed).await;
    many_at_once_are_served(&bed).await;
    a_token_is_for_what_was_asked(&bed).await;
    system_users_are_written_in_three_ways(&bed).await;
    two_members_are_ours(&bed).await;
    mistakes_are_named(&bed).await;
    refusals_are_passed_on(&bed).await;
    tokens_are_introspected(&bed).await;
    exchange_is_refused(&bed).await;
    bodies_have_texas_limit(&bed).await;
    browsers_are_shut_out(&bed).await;
    the_service_does_not_choose_its_consumer(&bed).await;
    the_component_itself_serves_nobody_without_a_credential(&bed).await;

    let folder = bed.folder.clone();
    assert!(folder.exists());
    let (sidecar, up) = bed.stop().await;
    assert_eq!(sidecar, "", "it has nothing to complain of");
    for secret in ["eyJ", PERSON] {
        assert!(!up.contains(secret), "{up}");
    }
    let cause = "the service backend asks for the consumer 310000302, which is not among its consumers: 310000205";
    assert!(up.contains(cause), "{up}");
    assert!(!folder.exists(), "keys go with the run");
}

async fn tokens_are_kept_until_told_otherwise(bed: &TestBed) {
    let form = |target| [("identity_provider", "maskinporten"), ("target", target)];
    let json = |target: &str| json!({"identity_provider": "maskinporten", "target": target});

    let first = bed.form(&form(SCOPE)).await.token();
    assert_eq!(bed.json(&json(SCOPE)).await.token(), first);
    assert_ne!(bed.form(&form(OTHER_SCOPE)).await.token(), first);

    let mut request = json(SCOPE);
    request["skip_cache"] = json!(true);
    let renewed = bed.json(&request).await.token();
    assert_ne!(renewed, first);
    assert_eq!(bed.form(&form(SCOPE)).await.token(), renewed);

    let mut fields = form(SCOPE).to_vec();
    fields.push(("skip_cache", "true"));
    assert_ne!(bed.form(&fields).await.token(), renewed);
}

async fn many_at_once_are_served(bed: &TestBed) {
    let request = json!({
        "identity_provider": "maskinporten", "target": SCOPE, "resource": "https://many.example/"
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let request = bed.http.post(&bed.endpoint).json(&request);
        asking.spawn(async { Answer::to(request).await.token() });
    }
    let tokens = asking.join_all().await;
    assert!(tokens.contains(&bed.json(&request).await.token()));
}

async fn a_token_is_for_what_was_asked(bed: &TestBed) {
    let two = format!("{SCOPE} {OTHER_SCOPE}");
    let request = json!({
        "identity_provider": "maskinporten",
        "target": two,
        "resource": "http://resource.example/api",
        "authorization_details": null,
        "something_else": {"that": "is not known"},
    });
    let claims = bed.json(&request).await.claims();
    assert_eq!(claims["aud"], "http://resource.example/api");
    let mut scopes: Vec<_> = claims["scope"].as_str().expect("text").split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, [OTHER_SCOPE, SCOPE]);
    assert_eq!(claims["consumer"]["ID"], "0192:310000205");
}

async fn system_users_are_written_in_three_ways(bed: &TestBed) {
    // With two members that occur in tokens, as in the example of that project.
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}")},
        "systemuser_id": ["33a0911a-5459-456f-bc57-3d37ef9a016c"],
        "system_id": "974761076_skatt_demo_system",
    }]);
    let text = details.to_string();
    let with = |details: Value| json!({"identity_provider": "maskinporten", "target": SCOPE, "authorization_details": details});
    for answer in [
        bed.json(&with(details)).await,
        bed.json(&with(text.as_str().into())).await,
        bed.form(&[
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

async fn two_members_are_ours(bed: &TestBed) {
    let request = json!({
        "identity_provider": "maskinporten", "target": DELEGATED_SCOPE, "consumer_org": CUSTOMER
    });
    let claims = bed.json(&request).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{CUSTOMER}"));
    assert_eq!(claims["supplier"]["ID"], "0192:310000205");

    let fields = [
        ("identity_provider", "maskinporten"),
        ("target", SCOPE),
        ("pid", PERSON),
    ];
    assert_eq!(bed.form(&fields).await.claims()["pid"], PERSON);
}

async fn mistakes_are_named(bed: &TestBed) {
    let unknown = json!({"target": "dontcare", "identity_provider": "invalid"});
    let fields = [("target", "dontcare"), ("identity_provider", "invalid")];
    for answer in [bed.json(&unknown).await, bed.form(&fields).await] {
        let description = answer.refusal(400, "invalid_request");
        let expected = "unknown variant `invalid`, expected one of `azuread`, `entra_id`, `tokenx`, `maskinporten`, `idporten`, `ansattporten`";
        assert!(description.contains(expected), "{description}");
    }
    for name in ["azuread", "entra_id", "tokenx", "idporten", "ansattporten"] {
        let request = json!({"target": "some_target", "identity_provider": name});
        let description = bed.json(&request).await.refusal(400, "invalid_request");
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
    ] {
        let request = bed.http.post(&bed.endpoint);
        let request = request.header("content-type", media_type);
        let answer = Answer::to(request.body(body.to_owned())).await;
        let description = answer.refusal(400, "invalid_request");
        assert!(description.contains(reason), "{description}");
    }
    let elsewhere = bed.endpoint.replace("/token", "/tokens");
    Answer::to(bed.http.post(elsewhere))
        .await
        .refusal(404, "invalid_request");
    for path in ["token", "token/exchange", "introspect"] {
        let endpoint = bed.endpoint.replace("token", path);
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = Answer::to(bed.http.request(method, &endpoint)).await;
            answer.refusal(405, "invalid_request");
            assert_eq!(answer.headers["allow"], "POST", "{path}");
        }
    }
}

/// Validates `token`, in both forms of the request.
async fn introspect(bed: &TestBed, provider: &str, token: &str) -> Value {
    let endpoint = bed.endpoint.replace("/token", "/introspect");
    let fields = json!({"identity_provider": provider, "token": token});
    let json = Answer::to(bed.http.post(&endpoint).json(&fields)).await;
    let form = Answer::to(bed.http.post(&endpoint).form(&fields)).await;
    for answer in [&json, &form] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(json.body, form.body);
    json.body
}

async fn tokens_are_introspected(bed: &TestBed) {
    let request = json!({
        "identity_provider": "maskinporten", "target": SCOPE, "resource": "https://api.example/"
    });
    let answer = bed.json(&request).await;
    let (token, mut claims) = (answer.token(), answer.claims());
    claims["active"] = json!(true);
    assert_eq!(introspect(bed, "maskinporten", &token).await, claims);

    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    for (provider, token, reason) in [
        (
            "maskinporten",
            format!("{signed}.{other}{}", &signature[1..]),
            "signature",
        ),
        ("maskinporten", "not a jwt".to_owned(), "three parts"),
        ("maskinporten", String::new(), "three parts"),
        ("tokenx", token.clone(), "'tokenx' is not enabled"),
        ("azuread", token.clone(), "'entra_id' is not enabled"),
    ] {
        let body = introspect(bed, provider, &token).await;
        assert_eq!(body["active"], false, "{body}");
        assert!(
            body["error"].as_str().expect("text").contains(reason),
            "{body}"
        );
        assert_eq!(body.as_object().expect("an object").len(), 2, "{body}");
    }

    let endpoint = bed.endpoint.replace("/token", "/introspect");
    for body in [
        json!({"identity_provider": "maskinporten"}),
        json!({"token": "x"}),
        json!({"token": "x", "identity_provider": "invalid"}),
    ] {
        let answer = Answer::to(bed.http.post(&endpoint).json(&body)).await;
        answer.refusal(400, "invalid_request");
    }
}

async fn exchange_is_refused(bed: &TestBed) {
    let endpoint = format!("{}/exchange", bed.endpoint);
    for (provider, reason) in [
        ("maskinporten", "does not support token exchange"),
        ("tokenx", "is not enabled"),
    ] {
        let body = json!({"identity_provider": provider, "target": "a", "user_token": "x"});
        for request in [
            bed.http.post(&endpoint).json(&body),
            bed.http.post(&endpoint).form(&body),
        ] {
            let told = Answer::to(request).await.refusal(400, "invalid_request");
            assert!(told.contains(reason), "{told}");
        }
    }
    let body = json!({"identity_provider": "maskinporten", "target": "a"});
    let answer = Answer::to(bed.http.post(&endpoint).json(&body)).await;
    let told = answer.refusal(400, "invalid_request");
    assert!(told.contains("missing field `user_token`"), "{told}");
}

async fn bodies_have_texas_limit(bed: &TestBed) {
    const LARGEST: usize = 2 * 1024 * 1024;
    let body = |size: usize| {
        let start = format!(r#"{{"identity_provider":"maskinporten","target":"{SCOPE}","more":""#);
        let filler = "x".repeat(size - start.len() - 2);
        let request = bed.http.post(&bed.endpoint);
        let request = request.header("content-type", "application/json");
        request.body(format!("{start}{filler}\"}}"))
    };
    Answer::to(body(LARGEST)).await.token();
    let told = Answer::to(body(LARGEST + 1)).await;
    let told = told.refusal(400, "invalid_request");
    assert!(told.contains("length limit"), "{told}");
}

async fn refusals_are_passed_on(bed: &TestBed) {
    let request = |target| json!({"identity_provider": "maskinporten", "target": target});
    // By the token component: this service may not have the scope.
    let answer = bed.json(&request("some-scope")).await;
    assert!(answer.refusal(400, "invalid_scope").contains("some-scope"));
    // OAuth's extension errors for a resource and for details, as texas passes them on.
    for (member, value, error) in [
        ("resource", json!("an API"), "invalid_target"),
        (
            "resource",
            json!("https://api.example/#x"),
            "invalid_target",
        ),
        (
            "authorization_details",
            json!([{"type": "payment"}]),
            "invalid_authorization_details",
        ),
        (
            "authorization_details",
            json!([{"type": "urn:altinn:consent", "id": "x"}]),
            "invalid_authorization_details",
        ),
    ] {
        let mut refused = request(SCOPE);
        refused[member] = value;
        bed.json(&refused).await.refusal(400, error);
    }
    // By Maskinporten: the customer may not have the scope, so has not delegated it.
    let mut not_delegated = request(SCOPE);
    not_delegated["consumer_org"] = json!(CUSTOMER);
    let answer = bed.json(&not_delegated).await;
    assert!(
        answer
            .refusal(403, "forbidden")
            .contains("has not been granted")
    );
    // Maskinporten is down for a while.
    let mut renewed = request(SCOPE);
    renewed["skip_cache"] = json!(true);
    bed.fault(Some(json!({"status": {"code": 503, "body": "html"}})))
        .await;
    let answer = bed.json(&renewed).await;
    answer.refusal(answer.status, "temporarily_unavailable");
    assert!((500..600).contains(&answer.status), "{answer:?}");
    bed.fault(None).await;
    bed.json(&renewed).await.token();
}

async fn browsers_are_shut_out(bed: &TestBed) {
    let ask = || {
        let fields = [("identity_provider", "maskinporten"), ("target", SCOPE)];
        Client::new().post(&bed.endpoint).form(&fields)
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

async fn the_service_does_not_choose_its_consumer(bed: &TestBed) {
    let fields = [("identity_provider", "maskinporten"), ("target", SCOPE)];
    let (answer, complaints) = bed.asks_for(OTHER_BANK, &fields).await;
    let description = answer.refusal(401, "invalid_client");
    assert!(description.contains("--consumer"), "{description}");
    assert!(complaints.contains("--consumer"), "{complaints}");
}

async fn the_component_itself_serves_nobody_without_a_credential(bed: &TestBed) {
    let request = bed.http.post(format!("{}/token", bed.app));
    let answer = Answer::to(request.form(&[("scope", SCOPE)])).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.body["error"], "invalid_client");
}
