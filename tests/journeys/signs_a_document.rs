//! Signing: the customer signs, and the app fetches the signed documents.

use journeys::{AGREEMENT, TestBed};
use reqwest::Method;
use sandbox::bank::Overrides;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_order_to_the_signed_document() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    assert_eq!(ragna.job(&id).await["status"], "in_progress");
    ragna
        .send(Method::GET, &format!("/signatures/{id}/pades"), None, None)
        .await
        .problem(409, "signature-not-ready");

    let back = bed
        .browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;

    assert!(back.ends_with("/sign?signature=completed"), "{back}");
    let job = ragna.job(&id).await;
    assert_eq!(job["status"], "completed");
    assert_eq!(job["signers"][0]["status"], "signed");
    let (status, kind, pades) = ragna.fetches(&id, "pades").await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    assert!(pades.starts_with(b"%PDF-") && pades.len() > AGREEMENT.len());
    let (status, kind, xades) = ragna.fetches(&id, "signers/0/xades").await;
    assert_eq!((status, kind.as_str()), (200, "application/xml"));
    assert!(String::from_utf8_lossy(&xades).contains("SignatureValue"));
    bed.log_is_clean(&[&ragna.pid, redirect.rsplit('/').next().expect("a token")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_in_one_form() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let job = ragna.orders_files(&[AGREEMENT, AGREEMENT]).await.json(201);
    let redirect = job["signers"][0]["redirect_url"]
        .as_str()
        .expect("an address");
    bed.browser()
        .signs_and_returns(redirect, "ragna", "sign")
        .await;
    assert_eq!(
        ragna.job(job["id"].as_str().expect("an id")).await["status"],
        "completed"
    );
    let jobs = bed.posten(Method::GET, "/jobs").await;
    assert_eq!(
        jobs[0]["documents"].as_array().expect("a list").len(),
        2,
        "{jobs}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_who_refuses_and_one_who_tries_again() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    let back = bed
        .browser()
        .signs_and_returns(&redirect, "ragna", "reject")
        .await;
    assert!(back.ends_with("?signature=failed"), "{back}");
    assert_eq!(ragna.job(&id).await["signers"][0]["status"], "rejected");

    let (id, redirect) = ragna.orders().await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "fail")
        .await;
    let path = format!("/signatures/{id}/signers/0/redirect");
    let again = ragna.send(Method::POST, &path, None, None).await.json(200);
    let again = again["redirect_url"].as_str().expect("an address");
    assert_ne!(again, redirect);
    let back = bed
        .browser()
        .signs_and_returns(again, "ragna", "sign")
        .await;
    assert!(back.ends_with("?signature=completed"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_sign_where_the_customer_may_have_them() {
    let bed = TestBed::start().await;
    let eirik = bed.customer("eirik").pid;
    let order = |order: &mut serde_json::Value| {
        order["flow"] = json!("portal");
        order
            .as_object_mut()
            .expect("an order")
            .remove("return_address");
        let told = json!({ "email": "signer@example.no" });
        order["signers"] = json!([
            { "notifications": told, "order": 0 },
            { "number": eirik, "notifications": told, "order": 1 },
        ]);
    };
    let ragna = bed.customer("ragna");
    ragna
        .orders_with(order)
        .await
        .problem(403, "party-not-allowed");

    let ragna = ragna.with_login(&Overrides::default().claim("signature_orders", true));
    let job = ragna.orders_with(order).await.json(201);
    let id = job["id"].as_str().expect("an id");
    let [at_posten] = bed.jobs_at_posten().await[..] else {
        panic!("one job")
    };
    bed.everybody_signs(at_posten).await;
    assert_eq!(
        ragna.job(id).await["status"],
        "in_progress",
        "nobody has asked yet"
    );
    bed.drains().await.json(200);

    let job = ragna.job(id).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["signers"][1]["status"], "signed");
    let cancel = format!("/signatures/{id}/cancel");
    ragna
        .send(Method::POST, &cancel, None, None)
        .await
        .problem(409, "signature-too-late");
    bed.customer("eirik")
        .send(Method::GET, &format!("/signatures/{id}"), None, None)
        .await
        .problem(404, "signature-unknown");
    bed.log_is_clean(&[&ragna.pid, &eirik]);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_deleted_and_cancelled() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    let documents = format!("/signatures/{id}/documents");
    ragna
        .send(Method::DELETE, &documents, None, None)
        .await
        .problem(409, "signature-not-ready");
    // Posten allows their deletion a day after the last signature.
    bed.advance(std::time::Duration::from_hours(25));
    let ragna = bed.customer("ragna");
    let deleted = ragna.send(Method::DELETE, &documents, None, None).await;
    assert!((200..300).contains(&deleted.status), "{deleted:#?}");
    assert_ne!(ragna.fetches(&id, "pades").await.0, 200);
    let confirm = format!("/signatures/{id}/confirm");
    let confirmed = ragna.send(Method::POST, &confirm, None, None).await;
    assert_eq!(confirmed.json(200)["status"], "completed");

    let job = ragna
        .orders_with(|order| {
            order["flow"] = json!("portal");
            order
                .as_object_mut()
                .expect("an order")
                .remove("return_address");
            order["signers"] = json!([{ "notifications": { "sms": "+4799999999" } }]);
        })
        .await
        .json(201);
    let id = job["id"].as_str().expect("an id");
    let cancel = format!("/signatures/{id}/cancel");
    let cancelled = ragna.send(Method::POST, &cancel, None, None).await;
    assert!((200..300).contains(&cancelled.status), "{cancelled:#?}");
    bed.drains().await.json(200);
    let job = ragna.job(id).await;
    assert_eq!(job["status"], "failed");
    assert_eq!(job["signers"][0]["status"], "cancelled");
}
