//! The log-ins of the old generation, as they were and as they are answered today.

use reqwest::RequestBuilder;
use sandbox::altinn2::Switches;
use serde_json::{Value, json};

use crate::altinn2::support::{Answer, BANK, READ, TestBed};

const PATH: &str = "/api/authentication/authenticatewithpassword";

async fn log_in(bed: &TestBed, http: &reqwest::Client, query: &str, body: &Value) -> Answer {
    let url = bed.address(&format!("{PATH}{query}"));
    Answer::receive(http.post(url).json(body)).await
}

#[tokio::test]
async fn an_enterprise_user_logs_in_with_password_and_certificate() {
    let bed = TestBed::start().await;
    let user = bed.services().altinn2.enterprise_user();
    let good = json!({ "UserName": user.name, "UserPassword": user.password });
    let forced = "?ForceEIAuthentication";
    let answer = log_in(&bed, &bed.certified, forced, &good).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with(".ASPXAUTH=") && cookie.ends_with("; path=/; secure; HttpOnly"),
        "{cookie}"
    );

    let nobody =
        "Authorization failed: There is no authenticated organization number set on this request.";
    log_in(&bed, &bed.http, forced, &good)
        .await
        .says(401, nobody);
    log_in(&bed, &bed.certified, "", &good)
        .await
        .says(401, nobody);
    let wrong = json!({ "UserName": user.name, "UserPassword": "x" });
    let refused = "Authentication failed: Invalid username or password.";
    log_in(&bed, &bed.certified, forced, &wrong)
        .await
        .says(401, refused);
    let unreadable = json!({ "userName": user.name, "userPassword": user.password });
    assert_eq!(
        log_in(&bed, &bed.certified, forced, &unreadable)
            .await
            .status
            .as_u16(),
        400
    );
}

/// Login method: its name, a call with it, and its status then and today.
type LogIn<'a> = (&'a str, &'a dyn Fn() -> RequestBuilder, [u16; 2]);

#[tokio::test]
async fn each_log_in_then_and_today() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let user = bed.services().altinn2.enterprise_user();
    let password = json!({ "UserName": user.name, "UserPassword": user.password });
    let request = format!("/api/consentRequests/{code}");
    let proof = format!("/api/authorization/token/{code}");
    let exchange = format!(
        "{}/authentication/api/v1/exchange/maskinporten",
        bed.sandbox.addresses().altinn
    );
    let with_key = |client: &reqwest::Client, path: &str| {
        let call = client.get(bed.address(path));
        call.header("ApiKey", bed.key(BANK))
    };
    let as_enterprise_user = |token: &str| {
        let call = bed.http.get(&exchange).bearer_auth(token);
        call.header("X-Altinn-EnterpriseUser-Authentication", "dTpw")
    };
    let token = bed.token(&json!({ "scope": "altinn:instances.read" }));
    let log_ins: [LogIn<'_>; 6] = [
        ("API key", &|| with_key(&bed.http, &proof), [200, 410]),
        (
            "API key and enterprise certificate",
            &|| with_key(&bed.certified, &format!("{request}?ForceEIAuthentication")),
            [200, 410],
        ),
        (
            "API key and Maskinporten's token",
            &|| with_key(&bed.http, &request).bearer_auth(bed.scoped(BANK, READ)),
            [200, 410],
        ),
        (
            "enterprise user and certificate",
            &|| {
                let url = bed.address(&format!("{PATH}?ForceEIAuthentication"));
                bed.certified.post(url).json(&password)
            },
            [200, 410],
        ),
        // At Altinn 3, where only today's answer is published.
        (
            "enterprise user and Maskinporten's token",
            &|| as_enterprise_user(&token),
            [410, 410],
        ),
        (
            "enterprise user and a token that is none",
            &|| as_enterprise_user("x"),
            [401, 401],
        ),
    ];
    for (when, closed) in [false, true].into_iter().enumerate() {
        bed.switch(Switches {
            closed,
            ..Switches::default()
        });
        for (name, call, statuses) in &log_ins {
            let answer = Answer::receive(call()).await;
            assert_eq!(answer.status.as_u16(), statuses[when], "{name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn at_altinn_3_the_enterprise_user_is_told_what_to_use() {
    let bed = TestBed::start().await;
    let origin = &bed.sandbox.addresses().altinn;
    let url = format!("{origin}/authentication/api/v1/exchange/maskinporten");
    let token = bed.token(&json!({ "scope": "altinn:instances.read" }));
    let call = bed.http.get(url).bearer_auth(token);
    let answer =
        Answer::receive(call.header("X-Altinn-EnterpriseUser-Authentication", "dTpw")).await;
    let problem = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &problem["status"]),
        (410, &json!(410))
    );
    let detail = problem["detail"].as_str().unwrap();
    for instead in ["system user", "ID-porten"] {
        assert!(detail.contains(instead), "{detail}");
    }
}
