//! Grants and keys, verified by independent libraries.

use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::fixtures::clients;
use crate::maskinporten::*;
use innsyn_core::fixtures::{CLIENT_KEY, CONSUMER, MASKINPORTEN, SECOND_CONSUMER};
use innsyn_core::origin::Origin;

const DETAILS: &str = r#"[{"from":"urn:altinn:person:identifier-no:02829090123","id":"3d2f6a60-9d6c-4cf5-93a3-5d1c9f0c7a04","type":"urn:altinn:consent"}]"#;

/// Returns a grant with only the required members.
fn plain<'a>(client_id: &'a str, key: &'a Key, metadata: &'a Metadata) -> Grant<'a> {
    Grant {
        client_id,
        key,
        metadata,
        scope: "a b",
        consumer_org: None,
        pid: None,
        resource: None,
        authorization_details: None,
        issued_at: datetime!(2026-01-01 12:00 UTC),
        id: "0f4d8ad2-5c0e-4f54-9d0c-1c3f6d7f1a02".to_owned(),
    }
}

/// Returns the assertion in the request of the client of `consumer`.
fn assertion(consumer: &str, resource: Option<&str>, details: Option<&str>) -> String {
    let clients = clients();
    let client = clients
        .iter()
        .find(|client| client.organisation.as_str() == consumer)
        .expect("a client");
    let metadata = Metadata::documented(&Origin::parse(MASKINPORTEN).expect("an origin"));
    let key = &client.keys[0];
    let grant = Grant {
        resource,
        authorization_details: details,
        ..plain(&client.client_id, key, &metadata)
    };
    let input = grant.signing_input().expect("a grant");
    let Signer::Here(rsa) = &key.signer else {
        panic!("a key of our own")
    };
    let signature = rsa.sign(key.algorithm, input.as_bytes()).expect("signed");
    let request = request(&metadata, &input, &signature).expect("a request");
    assert_eq!(
        (
            request.method().as_str(),
            request.uri().to_string().as_str()
        ),
        ("POST", "https://maskinporten.example/token")
    );
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(
        request.headers().get("authorization").is_none(),
        "the signature is the authentication"
    );
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    let [(first, grant_type), (second, assertion)] = fields.as_slice() else {
        panic!("two fields")
    };
    assert_eq!(
        (first.as_str(), grant_type.as_str()),
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
    );
    assert_eq!(second, "assertion");
    assertion.clone()
}

/// Returns the header and claims, after another library has verified the signature.
fn verified(assertion: &str) -> (Value, Value) {
    let mut rules = Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_audience(&["https://maskinporten.example/"]);
    let claims = jsonwebtoken::decode::<Value>(assertion, &CLIENT_KEY.decoding(), &rules)
        .expect("valid")
        .claims;
    let header = URL_SAFE_NO_PAD
        .decode(assertion.split('.').next().expect("a header"))
        .expect("base64url");
    (serde_json::from_slice(&header).expect("JSON"), claims)
}

#[test]
fn a_registered_key_is_named_by_its_kid() {
    let (header, claims) = verified(&assertion(CONSUMER, None, None));
    assert_eq!(header, json!({"alg": "RS256", "kid": "kid-1"}));
    assert_eq!(
        claims,
        json!({
            "aud": "https://maskinporten.example/", "iss": "client-310000205", "scope": "a b",
            "iat": 1_767_268_800, "exp": 1_767_268_860, "jti": "0f4d8ad2-5c0e-4f54-9d0c-1c3f6d7f1a02",
        })
    );
}

#[test]
fn an_enterprise_certificate_goes_along_as_x5c() {
    let (header, _) = verified(&assertion(SECOND_CONSUMER, None, None));
    assert_eq!(
        header,
        json!({"alg": "RS256", "x5c": ["bGVhZg==", "aXNzdWVy"]})
    );
}

#[test]
fn audience_and_consent_are_arrays_of_one() {
    let (_, claims) = verified(&assertion(
        CONSUMER,
        Some("https://api.example/x"),
        Some(DETAILS),
    ));
    assert_eq!(claims["resource"], json!(["https://api.example/x"]));
    assert_eq!(
        claims["authorization_details"],
        serde_json::from_str::<Value>(DETAILS).expect("JSON")
    );
}

#[test]
fn details_that_are_not_json_stop_us() {
    let clients = clients();
    let metadata = Metadata::documented(&Origin::parse(MASKINPORTEN).expect("an origin"));
    let grant = Grant {
        authorization_details: Some("["),
        ..plain("client", &clients[0].keys[0], &metadata)
    };
    assert_eq!(grant.signing_input(), Err(GrantError::Claims));
}

#[test]
fn openssl_verifies_it_too() {
    if !programs::is_installed("openssl", "it verifies no grant") {
        return;
    }
    let assertion = assertion(CONSUMER, None, None);
    let (signed, signature) = assertion.rsplit_once('.').expect("three parts");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(content))
            .expect("written");
        path
    };
    let key = file("key.pem", CLIENT_KEY.pem.as_bytes());
    let signed = file("signed", signed.as_bytes());
    let signature = file(
        "signature",
        &URL_SAFE_NO_PAD.decode(signature).expect("base64url"),
    );
    let mut command = Command::new("openssl");
    command
        .args(["dgst", "-sha256", "-prverify"])
        .arg(key)
        .arg("-signature")
        .arg(signature)
        .arg(signed);
    let output = command.output().expect("openssl");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "Verified OK",
        "{output:?}"
    );
}

#[test]
fn a_supplier_and_a_person_are_claims_of_their_own() {
    let clients = clients();
    let metadata = Metadata::documented(&Origin::parse(MASKINPORTEN).expect("an origin"));
    let grant = Grant {
        consumer_org: Some("313367002"),
        pid: Some("02829090123"),
        ..plain("client", &clients[0].keys[0], &metadata)
    };
    let input = grant.signing_input().expect("a grant");
    let claims = input.split('.').nth(1).expect("claims");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    assert_eq!(
        (&claims["consumer_org"], &claims["pid"]),
        (&json!("313367002"), &json!("02829090123"))
    );
}

/// Parses a configured key.
fn key(raw: &Value) -> Result<Key, ClientError> {
    let raw = json!({"organisation": CONSUMER, "client_id": "client", "keys": [raw]});
    let raw: RawClient = serde_json::from_value(raw).expect("the right shape");
    Client::try_from(raw).map(|client| client.keys[0].clone())
}

#[test]
fn every_algorithm_signs_what_another_library_verifies() {
    for name in ["RS256", "RS384", "RS512"] {
        for raw in [
            json!({"kid": "one", "key": CLIENT_KEY.pem, "algorithm": name}),
            json!({"kid": "one", "key": CLIENT_KEY.private_jwk("two", name)}),
            json!({"key": CLIENT_KEY.private_jwk("one", name)}),
            json!({"key": CLIENT_KEY.private_jwk("one", name).to_string()}),
        ] {
            let key = key(&raw).expect("a good key");
            assert_eq!(key.identifier, KeyIdentifier::Kid("one".to_owned()));
            assert_eq!(key.algorithm.as_str(), name);
            let Signer::Here(rsa) = &key.signer else {
                panic!("a key of our own")
            };
            let signature = rsa.sign(key.algorithm, b"message").expect("signed");
            let verified = jsonwebtoken::crypto::verify(
                &URL_SAFE_NO_PAD.encode(signature),
                b"message",
                &CLIENT_KEY.decoding(),
                name.parse().expect("an algorithm"),
            );
            assert_eq!(verified, Ok(true), "{name}");
            assert!(!format!("{key:?}").contains("BEGIN"), "{key:?}");
        }
    }
}

#[test]
fn a_chain_may_be_a_leaf_a_list_or_pem() {
    let pem = format!(
        "{}some words\n{}",
        innsyn_core::fixtures::pem("CERTIFICATE", b"leaf"),
        innsyn_core::fixtures::pem("CERTIFICATE", b"issuer")
    );
    for (chain, expected) in [
        (json!(["bGVhZg=="]), vec!["bGVhZg=="]),
        (
            json!(["bGVhZg==", "aXNzdWVy"]),
            vec!["bGVhZg==", "aXNzdWVy"],
        ),
        (json!(pem), vec!["bGVhZg==", "aXNzdWVy"]),
    ] {
        let key =
            key(&json!({"certificate_chain": chain, "key": CLIENT_KEY.pem})).expect("a good key");
        let expected = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(key.identifier, KeyIdentifier::Chain(expected));
    }
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let pem = CLIENT_KEY.pem.as_str();
    for (raw, error) in [
        (json!({"key": pem}), KeyError::Identifier),
        (
            json!({"kid": "a", "certificate_chain": ["bGVhZg=="], "key": pem}),
            KeyError::Identifier,
        ),
        (json!({"kid": "a b", "key": pem}), KeyError::Kid),
        (json!({"kid": "", "key": pem}), KeyError::Kid),
        (
            json!({"certificate_chain": [], "key": pem}),
            KeyError::Chain,
        ),
        (
            json!({"certificate_chain": ["-"], "key": pem}),
            KeyError::Chain,
        ),
        (
            json!({"certificate_chain": "no PEM", "key": pem}),
            KeyError::Chain,
        ),
        (
            json!({"key": {"kid": "a", "alg": "PS256"}}),
            KeyError::Algorithm,
        ),
        (json!({"kid": "a"}), KeyError::Signer),
        (
            json!({"kid": "a", "key": pem, "transit": {"key": "b", "version": 1}}),
            KeyError::Signer,
        ),
        (json!({"kid": "a", "key": "no key"}), KeyError::Key),
        (json!({"kid": "a", "key": {"kty": "RSA"}}), KeyError::Key),
        (
            json!({"kid": "a", "key": CLIENT_KEY.jwk("a")}),
            KeyError::Key,
        ),
        (
            json!({"kid": "a", "transit": {"key": "b", "version": 0}}),
            KeyError::Transit,
        ),
        (
            json!({"kid": "a", "transit": {"key": "../sys", "version": 1}}),
            KeyError::Transit,
        ),
        (
            json!({"kid": "a", "transit": {"key": "b", "version": 1, "mount": "a/../b"}}),
            KeyError::Transit,
        ),
    ] {
        assert_eq!(
            key(&raw).map(drop),
            Err(ClientError::Key(1, error)),
            "{raw}"
        );
    }
}

#[test]
fn a_client_has_one_key_or_two() {
    let one = json!({"kid": "a", "key": CLIENT_KEY.pem});
    for (keys, good) in [
        (json!([]), false),
        (json!([one]), true),
        (json!([one, one]), true),
        (json!([one, one, one]), false),
    ] {
        let raw: RawClient =
            serde_json::from_value(crate::fixtures::client(CONSUMER, &keys)).expect("the shape");
        assert_eq!(Client::try_from(raw).is_ok(), good, "{keys}");
    }
}
