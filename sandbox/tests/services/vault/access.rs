//! Access control: permissions and token lifetimes.

use serde_json::{Value, json};

use crate::vault::support::TestBed;

const INVALID: &str = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";
const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";
const NOTHING: &Value = &Value::Null;

#[tokio::test]
async fn a_login_answers_as_vault_does() {
    let bed = TestBed::start().await;
    let login = json!({ "role_id": bed.vault().role_id(), "secret_id": bed.vault().secret_id() });
    let (status, answer) = bed.call("PUT auth/approle/login", "", &login).await;
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
    let bed = TestBed::start().await;
    let (role, secret) = (bed.vault().role_id(), bed.vault().secret_id());
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
        bed.refused("POST auth/approle/login", "", &login, 400, &[error])
            .await;
    }
}

#[tokio::test]
async fn a_token_lasts_as_long_as_its_lease() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let call = "GET auth/token/lookup-self";
    let about = bed.data(call, &token, NOTHING).await;
    assert_eq!(
        (&about["id"], &about["path"]),
        (&json!(token), &json!("auth/approle/login"))
    );
    assert!((1199..=1200).contains(&about["ttl"].as_i64().unwrap()));

    bed.clock.set_offset(1190);
    bed.data(call, &token, NOTHING).await;
    bed.clock.set_offset(1201);
    bed.refused(call, &token, NOTHING, 403, &[INVALID]).await;
}

#[tokio::test]
async fn a_token_may_come_as_a_bearers() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let address = format!(
        "{}/v1/auth/token/lookup-self",
        bed.sandbox.addresses().vault
    );
    let request = bed.http.get(address).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_revoked_token_is_none() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    bed.admin("/vault/revoke").await;
    let call = "GET transit/keys/vestbanken";
    bed.refused(call, &token, NOTHING, 403, &[INVALID]).await;
    bed.refused(call, "hvs.made-up", NOTHING, 403, &[INVALID])
        .await;
    bed.refused(call, "", NOTHING, 403, &["permission denied"])
        .await;
    bed.data(call, bed.vault().root_token(), NOTHING).await;
}

#[tokio::test]
async fn the_role_may_use_its_one_key_and_nothing_else() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
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
        bed.refused(call, &token, NOTHING, 403, &[DENIED]).await;
    }
}

#[tokio::test]
async fn a_sealed_vault_answers_nobody_but_who_asks_whether_it_is_sealed() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    let (_, open) = bed.call("GET sys/seal-status", "", NOTHING).await;
    assert_eq!(open["sealed"], false);
    bed.admin("/vault/seal").await;

    for call in ["GET transit/keys/vestbanken", "POST auth/approle/login"] {
        bed.refused(call, &token, NOTHING, 503, &["Vault is sealed"])
            .await;
    }
    let (status, health) = bed.call("GET sys/health", "", NOTHING).await;
    assert_eq!((status, &health["sealed"]), (503, &json!(true)));

    bed.admin("/vault/unseal").await;
    assert_eq!(bed.call("HEAD sys/health", "", NOTHING).await.0, 200);
    bed.data("GET transit/keys/vestbanken", &token, NOTHING)
        .await;
}
