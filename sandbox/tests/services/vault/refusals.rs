//! Errors of requests, in the vault's words.

use sandbox::kit::{ExternalService, Fault, Rule};
use serde_json::{Value, json};

use crate::vault::support::TestBed;

#[tokio::test]
async fn a_wrong_order_is_refused() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    for (order, status, error) in [
        (
            json!({ "hash_algorithm": "md5" }),
            400,
            "invalid hash algorithm \"md5\"",
        ),
        (
            json!({ "signature_algorithm": "rsa" }),
            500,
            "1 error occurred:\n\t* unsupported rsa signature algorithm rsa\n\n",
        ),
        (
            json!({ "key_version": 2 }),
            500,
            "1 error occurred:\n\t* requested version for signing is higher than the latest key version\n\n",
        ),
        (
            json!({ "key_version": -1 }),
            500,
            "1 error occurred:\n\t* requested version for signing is negative\n\n",
        ),
        (
            json!({ "input": "YQ==", "prehashed": true }),
            500,
            "1 error occurred:\n\t* crypto/rsa: input must be hashed message\n\n",
        ),
        (
            json!({ "salt_length": "-2" }),
            400,
            "salt length is invalid: -2",
        ),
        (
            json!({ "salt_length": "long" }),
            400,
            "salt length neither 'auto', 'hash', nor an int: long",
        ),
    ] {
        bed.refused(
            "POST transit/sign/vestbanken",
            &token,
            &order,
            status,
            &[error],
        )
        .await;
    }
    let order = json!({ "input": "not base64" });
    let (status, answer) = bed
        .call("POST transit/sign/vestbanken", &token, &order)
        .await;
    assert_eq!(status, 400);
    let error = answer["errors"][0].as_str().unwrap();
    assert!(
        error.starts_with("unable to decode input as base64: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_signature_that_is_none_is_refused() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    for (signature, error) in [
        (
            "",
            "neither a 'signature' nor an 'hmac' were given to verify",
        ),
        ("YQ==", "invalid signature: no prefix"),
        ("vault:v1", "invalid signature: wrong number of fields"),
        (
            "vault:vx:YQ==",
            "invalid signature: version number could not be decoded",
        ),
        ("vault:v2:YQ==", "invalid signature: version is too new"),
        ("vault:v1:*", "invalid base64 signature value"),
    ] {
        let question = json!({ "signature": signature });
        bed.refused(
            "POST transit/verify/vestbanken",
            &token,
            &question,
            400,
            &[error],
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bed = TestBed::start().await;
    let root = bed.vault().root_token();
    for (call, status, errors) in [
        ("GET transit/keys/another", 404, &[][..]),
        ("POST transit/sign/another", 400, &["signing key not found"]),
        ("POST transit/keys/another/rotate", 400, &["key not found"]),
        ("GET secret/data/x", 404, &[]),
        (
            "GET another/data/x",
            404,
            &["no handler for route \"another/data/x\". route entry not found."],
        ),
        (
            "GET transit/sign/vestbanken",
            405,
            &["1 error occurred:\n\t* unsupported operation\n\n"],
        ),
    ] {
        bed.refused(call, root, &Value::Null, status, errors).await;
    }
    let question = json!({ "signature": "vault:v1:YQ==" });
    let error = "signature verification key not found";
    bed.refused(
        "POST transit/verify/another",
        root,
        &question,
        400,
        &[error],
    )
    .await;
}

#[tokio::test]
async fn faults_and_the_journal_concern_it_too() {
    let bed = TestBed::start().await;
    let token = bed.log_in().await;
    bed.sandbox.services().faults.order(Rule {
        service: ExternalService::Vault,
        path: Some("/v1/transit/sign".to_owned()),
        times: Some(1),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let order = json!({ "input": "" });
    let call = "POST transit/sign/vestbanken/sha2-256";
    assert_eq!(bed.call(call, &token, &order).await.0, 429);
    assert_eq!(bed.call(call, &token, &order).await.0, 200);
    bed.call(call, "hvs.made-up", &order).await;

    let journal = bed.sandbox.services().journal.entries();
    let last = journal.last().unwrap();
    assert_eq!(last.route, "/v1/transit/sign/{name}/{hash}");
    assert_eq!((last.service, last.status), (ExternalService::Vault, 403));
    assert_eq!(
        last.note.as_deref(),
        Some("2 errors occurred: * permission denied * invalid token")
    );
}
