//! The key-value engine: versions, and who may read them.

use serde_json::{Value, json};

use crate::support::Bench;

const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";
const PATH: &str = "secret/data/innsyn/key";

#[tokio::test]
async fn a_secret_has_versions_and_the_newest_is_read() {
    let bench = Bench::start().await;
    let root = bench.vault().root_token();
    let read = format!("GET {PATH}");
    bench.refused(&read, root, &Value::Null, 404, &[]).await;
    for version in 1..=2 {
        let body = json!({ "data": { "value": version.to_string() } });
        let written = bench.data(&format!("POST {PATH}"), root, &body).await;
        assert_eq!(written["version"], version);
        let secret = bench.data(&read, root, &Value::Null).await;
        assert_eq!(secret["data"], json!({ "value": version.to_string() }));
        assert_eq!(secret["metadata"], written);
    }
    let first = format!("GET {PATH}?version=1");
    let first = bench.data(&first, root, &Value::Null).await;
    assert_eq!(first["data"]["value"], "1");
    let third = format!("GET {PATH}?version=3");
    bench.refused(&third, root, &Value::Null, 404, &[]).await;
}

#[tokio::test]
async fn ten_versions_are_kept() {
    let bench = Bench::start().await;
    let root = bench.vault().root_token();
    for version in 1..=11 {
        let body = json!({ "data": { "value": version } });
        bench.data(&format!("PUT {PATH}"), root, &body).await;
    }
    let first = format!("GET {PATH}?version=1");
    bench.refused(&first, root, &Value::Null, 404, &[]).await;
    let second = format!("GET {PATH}?version=2");
    bench.data(&second, root, &Value::Null).await;
}

#[tokio::test]
async fn what_is_deleted_is_not_found_and_still_told_of() {
    let bench = Bench::start().await;
    let root = bench.vault().root_token();
    let body = json!({ "data": { "value": "s3cret" } });
    bench.data(&format!("POST {PATH}"), root, &body).await;
    let delete = format!("DELETE {PATH}");
    assert_eq!(bench.call(&delete, root, &Value::Null).await.0, 204);
    let read = format!("GET {PATH}");
    let (status, answer) = bench.call(&read, root, &Value::Null).await;
    assert_eq!(status, 404);
    // Not the form of a refusal: it has no errors.
    assert_eq!(answer.get("errors"), None);
    assert_eq!(answer["data"]["data"], Value::Null);
    assert_ne!(answer["data"]["metadata"]["deletion_time"], "");
}

#[tokio::test]
async fn what_is_not_written_right_is_refused() {
    let bench = Bench::start().await;
    let root = bench.vault().root_token();
    let write = format!("POST {PATH}");
    let nothing = &["no data provided"];
    bench.refused(&write, root, &json!({}), 400, nothing).await;
    let body = json!({ "data": { "value": "1" }, "options": { "cas": 1 } });
    let other = &["check-and-set parameter did not match the current version"];
    bench.refused(&write, root, &body, 400, other).await;
    let body = json!({ "data": { "value": "1" }, "options": { "cas": 0 } });
    bench.data(&write, root, &body).await;
}

#[tokio::test]
async fn spins_token_reads_variables_and_nothing_else() {
    let bench = Bench::start().await;
    bench
        .vault()
        .keep_variable("key", "s3cret", bench.clock.now());
    let token = bench.vault().variables_token();
    let read = format!("GET {PATH}");
    let secret = bench.data(&read, token, &Value::Null).await;
    assert_eq!(secret["data"], json!({ "value": "s3cret" }));
    for call in [
        format!("POST {PATH}"),
        format!("DELETE {PATH}"),
        "GET secret/data/other/key".to_owned(),
        "GET transit/keys/vestbanken".to_owned(),
    ] {
        bench
            .refused(&call, token, &json!({}), 403, &[DENIED])
            .await;
    }
    let about = bench.data("GET auth/token/lookup-self", token, &Value::Null);
    assert_eq!(about.await["policies"], json!(["innsyn-variables"]));
    let role = bench.vault();
    let login = json!({ "role_id": role.role_id(), "secret_id": role.secret_id() });
    let (_, answer) = bench.call("PUT auth/approle/login", "", &login).await;
    let signer = answer["auth"]["client_token"].as_str().unwrap();
    bench
        .refused(&read, signer, &Value::Null, 403, &[DENIED])
        .await;
}
