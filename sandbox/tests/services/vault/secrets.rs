//! The key-value engine: versions, and who may read them.

use serde_json::{Value, json};

use crate::vault::support::TestBed;

const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";
const PATH: &str = "secret/data/innsyn/key";

#[tokio::test]
async fn a_secret_has_versions_and_the_newest_is_read() {
    let bed = TestBed::start().await;
    let root = bed.vault().root_token();
    let read = format!("GET {PATH}");
    bed.refused(&read, root, &Value::Null, 404, &[]).await;
    for version in 1..=2 {
        let body = json!({ "data": { "value": version.to_string() } });
        let written = bed.data(&format!("POST {PATH}"), root, &body).await;
        assert_eq!(written["version"], version);
        let secret = bed.data(&read, root, &Value::Null).await;
        assert_eq!(secret["data"], json!({ "value": version.to_string() }));
        assert_eq!(secret["metadata"], written);
    }
    let first = format!("GET {PATH}?version=1");
    let first = bed.data(&first, root, &Value::Null).await;
    assert_eq!(first["data"]["value"], "1");
    let third = format!("GET {PATH}?version=3");
    bed.refused(&third, root, &Value::Null, 404, &[]).await;
}

#[tokio::test]
async fn ten_versions_are_kept() {
    let bed = TestBed::start().await;
    let root = bed.vault().root_token();
    for version in 1..=11 {
        let body = json!({ "data": { "value": version } });
        bed.data(&format!("PUT {PATH}"), root, &body).await;
    }
    let first = format!("GET {PATH}?version=1");
    bed.refused(&first, root, &Value::Null, 404, &[]).await;
    let second = format!("GET {PATH}?version=2");
    bed.data(&second, root, &Value::Null).await;
}

#[tokio::test]
async fn what_is_deleted_is_not_found_and_still_told_of() {
    let bed = TestBed::start().await;
    let root = bed.vault().root_token();
    let body = json!({ "data": { "value": "s3cret" } });
    bed.data(&format!("POST {PATH}"), root, &body).await;
    let delete = format!("DELETE {PATH}");
    assert_eq!(bed.call(&delete, root, &Value::Null).await.0, 204);
    let read = format!("GET {PATH}");
    let (status, answer) = bed.call(&read, root, &Value::Null).await;
    assert_eq!(status, 404);
    // Not the form of a refusal: it has no errors.
    assert_eq!(answer.get("errors"), None);
    assert_eq!(answer["data"]["data"], Value::Null);
    assert_ne!(answer["data"]["metadata"]["deletion_time"], "");
}

#[tokio::test]
async fn what_is_not_written_right_is_refused() {
    let bed = TestBed::start().await;
    let root = bed.vault().root_token();
    let write = format!("POST {PATH}");
    let nothing = &["no data provided"];
    bed.refused(&write, root, &json!({}), 400, nothing).await;
    let body = json!({ "data": { "value": "1" }, "options": { "cas": 1 } });
    let other = &["check-and-set parameter did not match the current version"];
    bed.refused(&write, root, &body, 400, other).await;
    let body = json!({ "data": { "value": "1" }, "options": { "cas": 0 } });
    bed.data(&write, root, &body).await;
}

#[tokio::test]
async fn spins_token_reads_variables_and_nothing_else() {
    let bed = TestBed::start().await;
    bed.vault().keep_variable("key", "s3cret", bed.clock.now());
    let token = bed.vault().variables_token();
    let read = format!("GET {PATH}");
    let secret = bed.data(&read, token, &Value::Null).await;
    assert_eq!(secret["data"], json!({ "value": "s3cret" }));
    for call in [
        format!("POST {PATH}"),
        format!("DELETE {PATH}"),
        "GET secret/data/other/key".to_owned(),
        "GET transit/keys/vestbanken".to_owned(),
    ] {
        bed.refused(&call, token, &json!({}), 403, &[DENIED]).await;
    }
    let about = bed.data("GET auth/token/lookup-self", token, &Value::Null);
    assert_eq!(about.await["policies"], json!(["innsyn-variables"]));
    let role = bed.vault();
    let login = json!({ "role_id": role.role_id(), "secret_id": role.secret_id() });
    let (_, answer) = bed.call("PUT auth/approle/login", "", &login).await;
    let signer = answer["auth"]["client_token"].as_str().unwrap();
    bed.refused(&read, signer, &Value::Null, 403, &[DENIED])
        .await;
}
