//! Refusals of the system register and of requests, with their codes.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ACCOUNTS, ADMINISTRATION, BACK, CHANGE, CLAIMS, REGISTER, REQUEST, SYSTEM, Supplier, code,
    rights,
};

#[tokio::test]
async fn systems_are_refused_with_their_codes() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let call = format!("POST {REGISTER}");
    let agent = "urn:altinn:accesspackage:regnskapsforer-med-signeringsrettighet";
    for (changes, expected) in [
        (json!({}), "STD-00000 AUTH.VLD-00002 AUTH.VLD-00004"),
        (json!({ "id": "310000205_b", "clientId": ["b"] }), ""),
        (
            json!({ "id": "310000302_c" }),
            "STD-00000 AUTH.VLD-00001 AUTH.VLD-00004",
        ),
        (
            json!({ "id": "310000205_d d", "clientId": [] }),
            "STD-00000 AUTH.VLD-00013",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "vendor": { "ID": "310000205" } }),
            "STD-00000 AUTH.VLD-00000",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "allowedRedirectUrls": ["http://a"] }),
            "STD-00000 AUTH.VLD-00005",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "rights": rights(&["nothing"]) }),
            "STD-00000 AUTH.VLD-00003",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "rights": rights(&["ske-samtykke-krav-og-betalinger"]) }),
            "STD-00000 AUTH.VLD-00017",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "rights": rights(&[CLAIMS, CLAIMS]) }),
            "STD-00000 AUTH.VLD-00006",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "rights": [{ "resource": [{ "id": "urn:altinn:org", "value": "x" }] }] }),
            "STD-00000 AUTH.VLD-00009",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "accessPackages": [{ "urn": "x" }] }),
            "STD-00000 AUTH.VLD-00008",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "accessPackages": [{ "urn": agent }] }),
            "STD-00000 AUTH.VLD-00018",
        ),
        (
            json!({ "id": "310000205_d", "clientId": [], "accessPackages": [{ "urn": agent }], "isVisible": false }),
            "",
        ),
    ] {
        let mut system = Supplier::system();
        for (name, value) in changes.as_object().unwrap() {
            system[name] = value.clone();
        }
        let answer = supplier.call(&call, &system).await;
        let status = if expected.is_empty() { 200 } else { 400 };
        assert_eq!(
            code(&answer),
            (status, expected.to_owned()),
            "{changes} {}",
            answer.2
        );
    }
    // A third-party client depends on this text.
    let taken = supplier.call(&call, &Supplier::system()).await;
    assert!(taken.2.to_string().contains("already exists"));
    let unread = supplier.call(&call, &json!({ "id": SYSTEM })).await;
    assert_eq!(
        (unread.0, &unread.2["errors"]["$"][0]),
        (
            400,
            &json!(
                "JSON deserialization was missing required properties, including the following: vendor"
            )
        )
    );
}

#[tokio::test]
async fn requests_are_refused_with_their_codes() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let call = format!("POST {REQUEST}");
    for (changes, expected) in [
        (
            json!({ "systemId": "310000205_nothing" }),
            (404, "AUTH-00011"),
        ),
        (json!({ "partyOrgNo": "313000028" }), (400, "AUTH-00000")),
        (json!({ "rights": null }), (400, "AUTH-00001")),
        (json!({ "rights": [] }), (400, "AUTH-00059")),
        (
            json!({ "rights": rights(&["ske-skattekort"]) }),
            (400, "AUTH-00001"),
        ),
        (
            json!({ "accessPackages": [{ "urn": "urn:altinn:accesspackage:skatt-naering" }] }),
            (400, "AUTH-00063"),
        ),
        (
            json!({ "redirectUrl": "https://supplier.example/elsewhere" }),
            (400, "AUTH-00021"),
        ),
        (
            json!({ "systemId": sandbox::altinn::DEMO_SYSTEM, "redirectUrl": BACK }),
            (400, "AUTH-00026"),
        ),
    ] {
        let mut wish = Supplier::wish();
        for (name, value) in changes.as_object().unwrap() {
            wish[name] = value.clone();
        }
        let answer = supplier.call(&call, &wish).await;
        assert_eq!(
            code(&answer),
            (expected.0, expected.1.to_owned()),
            "{changes}"
        );
    }
    let user = sandbox::altinn::DEMO_SYSTEM_USER;
    let change = |correlation: &str, user: &str| {
        format!("POST {CHANGE}?correlation-id={correlation}&system-user-id={user}")
    };
    let (fresh, user) = (Uuid::new_v4().to_string(), user.to_string());
    let wish = json!({ "requiredRights": rights(&[CLAIMS]) });
    for (call, wish, expected) in [
        (change("", &user), &wish, (400, "")),
        (change(&user, &user), &wish, (400, "")),
        (
            change(&fresh, &Uuid::new_v4().to_string()),
            &wish,
            (404, "AUTH-00015"),
        ),
        (
            change(&fresh, &user),
            &json!({ "requiredRights": rights(&[ACCOUNTS]) }),
            (400, "AUTH-00001"),
        ),
    ] {
        let answer = supplier.call(&call, wish).await;
        assert_eq!(code(&answer), (expected.0, expected.1.to_owned()), "{call}");
    }
    let nothing = supplier.call(&change(&fresh, &user), &json!({})).await;
    assert_eq!(
        (nothing.0, &nothing.2["status"]),
        (200, &json!("NoChangeNeeded"))
    );
}

#[tokio::test]
async fn each_call_needs_its_scope_and_its_vendor() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let made = supplier.asks().await;
    let id = made["id"].as_str().unwrap();
    let bed = &supplier.bed;
    let plain = bed.ask(&bed.grant()).await.token().to_owned();
    let other = bed.certified_grant().with("scope", ADMINISTRATION);
    let other = bed.ask(&other).await.token().to_owned();
    let read = format!("GET {REGISTER}/{SYSTEM}");
    let nothing = Value::Null;
    for (token, call, body, status) in [
        ("x", &read, &nothing, 401),
        (&*plain, &read, &nothing, 403),
        (&*other, &read, &nothing, 403),
        (
            &*plain,
            &format!("POST {REGISTER}"),
            &Supplier::system(),
            403,
        ),
        (&*plain, &format!("POST {REQUEST}"), &Supplier::wish(), 403),
        (&*other, &format!("POST {REQUEST}"), &Supplier::wish(), 404),
        (&*other, &format!("GET {REQUEST}/{id}"), &nothing, 404),
        (
            &*other,
            &format!("GET {REQUEST}/bysystem/{SYSTEM}"),
            &nothing,
            404,
        ),
        (
            &*other,
            &format!("PUT {REGISTER}/{SYSTEM}/rights"),
            &rights(&[CLAIMS]),
            403,
        ),
        (
            &*other,
            &format!("DELETE {REGISTER}/{SYSTEM}"),
            &nothing,
            403,
        ),
    ] {
        let answer = supplier.call_with(token, call, body).await;
        assert_eq!(answer.0, status, "{call} {}", answer.2);
    }
    // Another's name in the body does not help.
    let mut forged = Supplier::system();
    forged["id"] = json!("310000205_forged");
    forged["clientId"] = json!(["forged"]);
    let call = format!("POST {REGISTER}");
    let refused = supplier.call_with(&other, &call, &forged).await;
    assert_eq!(refused.0, 403);
}
