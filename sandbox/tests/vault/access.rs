//! Who may do what, and for how long.

use serde_json::{Value, json};

use crate::support::Bench;

const INVALID: &str = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";
const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";
const NOTHING: &Value = &Value::Null;

#[tokio::test]
async fn a_login_answers_as_vault_does() {
    let bench = Bench::start().await;
    let login =
        json!({ "role_id": bench.vault().role_id(), "secret_id": bench.vault().secret_id() });
    let (status, answer) = bench.call("PUT auth/approle/login", "", &login).await;
    assert_eq!(status, 200);
    for member in [
        "request_id",
        "lease_id",
        "renewable",
        "lease_duration",
        "data",
        "wrap_info",
    ] {
        assert!(answer.get(member).is_some(), "{member}");
    }
    assert_eq!((&answer["data"], &answer["warnings"]), (NOTHING, NOTHING));
    assert_eq!(answer["auth"]["lease_duration"], 1200);
    assert_eq!(answer["auth"]["token_type"], "service");
    assert!(
        answer["auth"]["client_token"]
            .as_str()
            .unwrap()
            .starts_with("hvs.")
    );
}

#[tokio::test]
async fn a_login_that_proves_nothing_is_refused_without_saying_why() {
    let bench = Bench::start().await;
    let (role, secret) = (bench.vault().role_id(), bench.vault().secret_id());
    for (login, error) in [
        (json!({}), "missing role_id"),
        (json!({ "role_id": role }), "missing secret_id"),
        (
            json!({ "role_id": role, "secret_id": role }),
            "invalid role or secret ID",
        ),
        (
            json!({ "role_id": secret, "secret_id": secret }),
            "invalid role or secret ID",
        ),
    ] {
        bench
            .refused("POST auth/approle/login", "", &login, 400, &[error])
            .await;
    }
}

#[tokio::test]
async fn a_token_lasts_as_long_as_its_lease() {
    let bench = Bench::start().await;
    let token = bench.log_in().await;
    let call = "GET auth/token/lookup-self";
    let about = bench.data(call, &token, NOTHING).await;
    assert_eq!(
        (&about["id"], &about["path"]),
        (&json!(token), &json!("auth/approle/login"))
    );
    assert!((1199..=1200).contains(&about["ttl"].as_i64().unwrap()));

    bench.clock.set_offset(1190);
    bench.data(call, &token, NOTHING).await;
    bench.clock.set_offset(1201);
    bench.refused(call, &token, NOTHING, 403, &[INVALID]).await;
}

#[tokio::test]
async fn a_token_may_come_as_a_bearers() {
    let bench = Bench::start().await;
    let token = bench.log_in().await;
    let address = format!(
        "{}/v1/auth/token/lookup-self",
        bench.sandbox.addresses().vault
    );
    let request = bench.http.get(address).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_revoked_token_is_none() {
    let bench = Bench::start().await;
    let token = bench.log_in().await;
    bench.admin("/vault/revoke").await;
    let call = "GET transit/keys/vestbanken";
    bench.refused(call, &token, NOTHING, 403, &[INVALID]).await;
    bench
        .refused(call, "hvs.made-up", NOTHING, 403, &[INVALID])
        .await;
    bench
        .refused(call, "", NOTHING, 403, &["permission denied"])
        .await;
    bench.data(call, bench.vault().root_token(), NOTHING).await;
}

#[tokio::test]
async fn the_role_may_use_its_one_key_and_nothing_else() {
    let bench = Bench::start().await;
    let token = bench.log_in().await;
    for call in [
        "POST transit/keys/vestbanken/rotate",
        "POST transit/keys/vestbanken",
        "DELETE transit/keys/vestbanken",
        "GET transit/keys/another",
        "POST transit/sign/another",
        "POST transit/sign/vestbanken2",
        "GET transit/sign/vestbanken",
        "GET transit/export/signing-key/vestbanken",
        "GET secret/data/anything",
        "POST sys/seal",
    ] {
        bench.refused(call, &token, NOTHING, 403, &[DENIED]).await;
    }
}

#[tokio::test]
async fn a_sealed_vault_answers_nobody_but_who_asks_whether_it_is_sealed() {
    let bench = Bench::start().await;
    let token = bench.log_in().await;
    let (_, open) = bench.call("GET sys/seal-status", "", NOTHING).await;
    assert_eq!(open["sealed"], false);
    bench.admin("/vault/seal").await;

    for call in ["GET transit/keys/vestbanken", "POST auth/approle/login"] {
        bench
            .refused(call, &token, NOTHING, 503, &["Vault is sealed"])
            .await;
    }
    let (status, health) = bench.call("GET sys/health", "", NOTHING).await;
    assert_eq!((status, &health["sealed"]), (503, &json!(true)));

    bench.admin("/vault/unseal").await;
    assert_eq!(bench.call("HEAD sys/health", "", NOTHING).await.0, 200);
    bench
        .data("GET transit/keys/vestbanken", &token, NOTHING)
        .await;
}
