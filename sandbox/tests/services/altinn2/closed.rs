//! Altinn 2 since 19 June 2026.

use http::Method;
use sandbox::altinn2::Switches;
use serde_json::json;

use crate::altinn2::page::{Browser, page_of};
use crate::altinn2::support::{Answer, BANK, CLAIMS, COMPANY, TestBed, WRITE};

const CLOSED: &str = "Altinn 2 was closed on 19 June 2026.";

#[tokio::test]
async fn nothing_is_served_any_more() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    bed.switch(Switches {
        closed: true,
        ..Switches::default()
    });
    for path in [
        format!("/api/consentRequests/{code}"),
        format!("/api/authorization/token/{code}"),
        "/api/metadata/jwk".to_owned(),
        "/.well-known/oauth-authorization-server".to_owned(),
    ] {
        let call = bed
            .http
            .get(bed.address(&path))
            .header("ApiKey", bed.key(BANK));
        Answer::receive(call).await.says(410, CLOSED);
    }
    let call = bed.call(Method::POST, "/api/consentRequests", WRITE);
    Answer::receive(call.json(&bed.request()))
        .await
        .says(410, CLOSED);
    let path = "/api/authentication/authenticatewithpassword?ForceEIAuthentication";
    Answer::receive(bed.certified.post(bed.address(path)))
        .await
        .says(410, CLOSED);

    let browser = Browser::new(&bed);
    for path in [
        page_of(&code),
        "/ui/AccessConsent/".into(),
        "/ui/profile".into(),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status.as_u16(), 410, "{path}");
        assert!(page.body.contains("Altinn 2 er stengt"), "{path}");
    }

    // A token that is still fresh is worth nothing at Skatteetaten.
    let token = bed.token(&json!({ "scope": CLAIMS, "aud": null }));
    let origin = &bed.sandbox.addresses().skatteetaten;
    let call = bed
        .http
        .get(format!("{origin}/v1/finans/{COMPANY}/aapnekrav"));
    let answer = Answer::receive(call.bearer_auth(token).header("AltinnSamtykke", proof)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["kode"]),
        (403, &json!("KB-005"))
    );
}
