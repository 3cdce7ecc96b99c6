//! The log-ins of the old generation.

use serde_json::{Value, json};

use crate::support::{Answer, Bench};

const PATH: &str = "/api/authentication/authenticatewithpassword";

async fn log_in(bench: &Bench, http: &reqwest::Client, query: &str, body: &Value) -> Answer {
    let url = bench.address(&format!("{PATH}{query}"));
    Answer::of(http.post(url).json(body)).await
}

#[tokio::test]
async fn an_enterprise_user_logs_in_with_password_and_certificate() {
    let bench = Bench::start().await;
    let user = bench.world().altinn2.enterprise_user();
    let good = json!({ "UserName": user.name, "UserPassword": user.password });
    let forced = "?ForceEIAuthentication";
    let answer = log_in(&bench, &bench.certified, forced, &good).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with(".ASPXAUTH=") && cookie.ends_with("; path=/; secure; HttpOnly"),
        "{cookie}"
    );

    let nobody =
        "Authorization failed: There is no authenticated organization number set on this request.";
    log_in(&bench, &bench.http, forced, &good)
        .await
        .says(401, nobody);
    log_in(&bench, &bench.certified, "", &good)
        .await
        .says(401, nobody);
    let wrong = json!({ "UserName": user.name, "UserPassword": "x" });
    let refused = "Authentication failed: Invalid username or password.";
    log_in(&bench, &bench.certified, forced, &wrong)
        .await
        .says(401, refused);
    let unreadable = json!({ "userName": user.name, "userPassword": user.password });
    assert_eq!(
        log_in(&bench, &bench.certified, forced, &unreadable)
            .await
            .status
            .as_u16(),
        400
    );
}

#[tokio::test]
async fn at_altinn_3_the_same_log_in_is_gone() {
    let bench = Bench::start().await;
    let origin = &bench.sandbox.addresses().altinn;
    let url = format!("{origin}/authentication/api/v1/exchange/maskinporten");
    let token = bench.token(&json!({ "scope": "altinn:instances.read" }));
    let call = bench.http.get(url).bearer_auth(token);
    let answer = Answer::of(call.header("X-Altinn-EnterpriseUser-Authentication", "dTpw")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["status"]),
        (410, &json!(410))
    );
}
