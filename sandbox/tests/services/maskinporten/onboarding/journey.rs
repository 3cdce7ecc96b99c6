//! From registration to revocation, and what the customer sees.

use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ACCOUNTS, BACK, CHANGE, CLAIMS, CUSTOMER, REGISTER, REQUEST, SYSTEM, Supplier, USERS, code,
    rights,
};

#[tokio::test]
async fn from_registration_to_revocation() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    // The demo's system has the client; the new one takes it over, as a client has one system.
    let demo = json!({ "id": sandbox::altinn::DEMO_SYSTEM, "client_ids": [] });
    supplier.bed.done("PUT /altinn/systems", &demo).await;
    let mut system = Supplier::system();
    system["clientId"] = json!([supplier.client_id()]);
    let replaced = supplier
        .call(&format!("PUT {REGISTER}/{SYSTEM}"), &system)
        .await;
    assert_eq!(
        (replaced.0, &replaced.2),
        (200, &json!({ "succeeded": true }))
    );

    let made = supplier.asks().await;
    let (id, confirm) = (
        made["id"].as_str().unwrap(),
        made["confirmUrl"].as_str().unwrap(),
    );
    assert_eq!(made["status"], "New");
    assert!(confirm.ends_with(&format!(
        "/accessmanagement/ui/systemuser/request?id={id}&DONTCHOOSEREPORTEE=true"
    )));
    assert_eq!(supplier.grant().await.code(), "MP-303");
    assert_eq!(supplier.status(REQUEST, id).await, "New");

    // A repeated request is the same one; a person without the right to answer gets an error.
    let again = supplier
        .call(&format!("POST {REQUEST}"), &Supplier::wish())
        .await;
    assert_eq!((again.0, &again.2["id"]), (200, &made["id"]));
    let (status, _) = supplier.answers(confirm, "odd", "approve").await;
    assert_eq!(status, 403);
    let way_back = supplier.answers(confirm, "ragna", "approve").await;
    assert_eq!(way_back, (302, format!("{BACK}?case=7")));
    assert_eq!(supplier.status(REQUEST, id).await, "Accepted");

    let token = supplier.grant().await.claims();
    let detail = &token["authorization_details"][0];
    assert_eq!(detail["systemuser_id"], json!([id]));
    assert_eq!(detail["system_id"], SYSTEM);
    assert!(supplier.may(CLAIMS) && !supplier.may(ACCOUNTS));
    let users = supplier
        .call(&format!("GET {USERS}/bysystem/{SYSTEM}"), &Value::Null)
        .await;
    assert_eq!(users.2["links"], json!({}));
    let user = &users.2["data"][0];
    assert_eq!(
        (&user["id"], &user["reporteeOrgNo"]),
        (&json!(id), &json!(CUSTOMER))
    );
    assert_eq!(
        (&user["userType"], &user["supplierOrgno"]),
        (&json!("standard"), &json!(FJORDBANKEN))
    );

    // A change of rights, under an identifier of the vendor's choice.
    let change = Uuid::new_v4();
    let call = format!("POST {CHANGE}?correlation-id={change}&system-user-id={id}");
    let wish =
        json!({ "requiredRights": rights(&[ACCOUNTS]), "unwantedRights": rights(&[CLAIMS]) });
    let asked = supplier.call(&call, &wish).await;
    assert_eq!((asked.0, &asked.2["status"]), (201, &json!("New")));
    assert_eq!(asked.2["systemUserId"], json!(id));
    assert!(supplier.may(CLAIMS) && !supplier.may(ACCOUNTS));
    let confirm = asked.2["confirmUrl"].as_str().unwrap();
    // Without a return address the browser stays at Altinn.
    assert_eq!(
        supplier.answers(confirm, "ragna", "approve").await,
        (302, "/".to_owned())
    );
    assert!(!supplier.may(CLAIMS) && supplier.may(ACCOUNTS));
    assert_eq!(
        supplier.status(CHANGE, &change.to_string()).await,
        "Accepted"
    );
    assert_eq!(supplier.grant().await.status, 200);

    // Revoked in the portal, by its owner only.
    let page = &supplier.bed.sandbox.addresses().altinn_page;
    let revoke = format!("{page}/accessmanagement/ui/systemuser/{id}/revoke");
    for (person, status) in [("solveig", 403), ("ragna", 303)] {
        let login = format!("{page}/accessmanagement/ui/login");
        let form = [("person", person)];
        let logged_in = supplier
            .browser
            .post(login)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(logged_in.status(), 303);
        let revoked = supplier.browser.post(&revoke).send().await.unwrap();
        assert_eq!(revoked.status(), status, "{person}");
    }
    assert_eq!(supplier.grant().await.code(), "MP-303");
    let gone = supplier
        .call(&format!("GET {REQUEST}/{id}"), &Value::Null)
        .await;
    assert_eq!(code(&gone), (404, "AUTH-00010".to_owned()));
}

#[tokio::test]
async fn the_page_and_the_overview_say_who_asks_for_what() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let made = supplier.asks().await;
    let confirm = made["confirmUrl"].as_str().unwrap();
    let read = async |address: &str, language: &str| {
        let request = supplier
            .browser
            .get(address)
            .header("accept-language", language);
        request.send().await.unwrap().text().await.unwrap()
    };
    let norwegian = read(confirm, "nb").await;
    for text in [
        "Gi systemtilgang til Regnskap",
        "Fjordbanken",
        "Fjordvik Snekkerverksted",
        "Krav og betalinger",
        "Godkjenn",
        "Avvis",
    ] {
        assert!(norwegian.contains(text), "{text}: {norwegian}");
    }
    let english = read(confirm, "en").await;
    for text in [
        "Give system access to Regnskap",
        "Claims and payments",
        "Approve",
        "Reject",
    ] {
        assert!(english.contains(text), "{text}");
    }
    for number in [CUSTOMER, "04827896468"] {
        assert!(!norwegian.contains(number), "{number}");
    }

    let page = &supplier.bed.sandbox.addresses().altinn_page;
    let login = format!("{page}/accessmanagement/ui/login");
    supplier
        .browser
        .post(login)
        .form(&[("person", "ragna")])
        .send()
        .await
        .unwrap();
    let overview = format!("{page}/accessmanagement/ui/systemuser/overview");
    let listed = read(&overview, "en").await;
    assert!(listed.contains("Waiting for an answer") && listed.contains("Fjordbanken regnskap"));

    // A form of another site answers nothing.
    let form = [("person", "ragna"), ("answer", "approve")];
    let foreign = supplier
        .browser
        .post(confirm)
        .header("origin", "https://evil.example");
    assert_eq!(foreign.form(&form).send().await.unwrap().status(), 403);
    assert_eq!(supplier.answers(confirm, "ragna", "reject").await.0, 302);
    assert_eq!(
        supplier.status(REQUEST, made["id"].as_str().unwrap()).await,
        "Rejected"
    );
    let (status, _) = supplier.answers(confirm, "ragna", "approve").await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn a_rejected_request_is_deleted_before_it_is_made_again() {
    let supplier = Supplier::start().await;
    supplier.registers().await;
    let first = supplier.asks().await;
    let id = first["id"].as_str().unwrap();
    let reject = format!("POST /altinn/systemuserrequests/{id}/reject");
    supplier
        .bed
        .done(&reject, &json!({ "person": "ragna" }))
        .await;
    let again = supplier
        .call(&format!("POST {REQUEST}"), &Supplier::wish())
        .await;
    assert_eq!((again.0, &again.2["status"]), (200, &json!("Rejected")));
    let deleted = supplier
        .call(&format!("DELETE {REQUEST}/{id}"), &Value::Null)
        .await;
    assert_eq!(deleted.0, 202);
    let second = supplier.asks().await;
    assert_ne!(second["id"], first["id"]);

    let listed = supplier
        .bed
        .read(&format!(
            "{}/altinn/systemuserrequests",
            supplier.bed.sandbox.addresses().admin
        ))
        .await;
    assert_eq!(listed[0]["status"], "New");
    let id = second["id"].as_str().unwrap();
    let approve = format!("POST /altinn/systemuserrequests/{id}/approve");
    supplier.bed.done(&approve, &json!({})).await;
    assert_eq!(
        code(
            &supplier
                .call(&format!("POST {REQUEST}"), &Supplier::wish())
                .await
        ),
        (400, "AUTH-00004".to_owned())
    );
}
