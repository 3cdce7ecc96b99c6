//! Contents of the system register.

use serde_json::{Value, json};

use super::{ACCOUNTS, CLAIMS, REGISTER, REQUEST, SYSTEM, Supplier, rights};

#[tokio::test]
async fn the_register_keeps_its_systems_and_their_log() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let at = |rest: &str| format!("{REGISTER}/{SYSTEM}{rest}");
    let (_, _, read) = supplier
        .call(&format!("GET {}", at("")), &Value::Null)
        .await;
    assert_eq!(
        (&read["id"], &read["isDeleted"], &read["isVisible"]),
        (&json!(SYSTEM), &json!(false), &json!(true))
    );
    assert_eq!(read["rights"], rights(&[CLAIMS, ACCOUNTS]));
    let set = supplier
        .call(&format!("PUT {}", at("/rights")), &rights(&[CLAIMS]))
        .await;
    assert_eq!(set.0, 200);
    let packages = json!([{ "urn": "urn:altinn:accesspackage:skatt-naering" }]);
    let set = supplier
        .call(&format!("PUT {}", at("/accesspackages")), &packages)
        .await;
    assert_eq!(set.0, 200);
    let (_, _, listed) = supplier
        .call(&format!("GET {REGISTER}"), &Value::Null)
        .await;
    let own = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|system| system["systemId"] == SYSTEM);
    assert_eq!(own.unwrap()["accessPackages"], packages);

    // A package gives its content.
    let mut wish = Supplier::wish();
    wish["rights"] = json!([]);
    wish["accessPackages"] = packages;
    let (status, _, made) = supplier.call(&format!("POST {REQUEST}"), &wish).await;
    assert_eq!(status, 201, "{made}");
    let approve = format!(
        "POST /altinn/systemuserrequests/{}/approve",
        made["id"].as_str().unwrap()
    );
    supplier.bed.done(&approve, &json!({})).await;
    assert!(supplier.may(CLAIMS) && !supplier.may(ACCOUNTS));

    let deleted = supplier
        .call(&format!("DELETE {}", at("")), &Value::Null)
        .await;
    assert_eq!(deleted.2, json!({ "succeeded": true }));
    let refused = supplier
        .call(&format!("PUT {}", at("/rights")), &rights(&[CLAIMS]))
        .await;
    assert_eq!(refused.0, 400);
    let (_, _, log) = supplier
        .call(&format!("GET {}", at("/changelog")), &Value::Null)
        .await;
    let kinds: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["changeType"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["create", "rightsupdate", "accesspackageupdate", "delete"]
    );
}
