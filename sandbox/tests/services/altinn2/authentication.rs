//! Authentication: API key, enterprise certificate, Maskinporten's token.

use http::Method;
use sandbox::altinn2::{ApiKey, Resource};
use serde_json::json;
use uuid::Uuid;

use crate::altinn2::support::{
    Answer, BANK, COMPANY, HAL, OTHER_BANK, READ, SUPPLIER, TestBed, WRITE, organisation,
};

const PATH: &str = "/api/consentRequests";
const NO_KEY: &str = "Required header 'ApiKey' is missing.";
const NO_ORGANISATION: &str =
    "Authorization failed: There is no authenticated organization number set on this request.";
const WRONG_KEY: &str = "The API key is not authorized for this operation";
const WRONG_SCOPE: &str =
    "Authorization failed: The token does not have the scope of this operation.";

#[tokio::test]
async fn without_an_api_key_nothing_else_is_looked_at() {
    let bed = TestBed::start().await;
    Answer::receive(bed.http.post(bed.address(PATH)))
        .await
        .says(400, NO_KEY);
    let url = bed.address(&format!("/api/authorization/token/{}", Uuid::new_v4()));
    Answer::receive(bed.http.get(&url)).await.says(400, NO_KEY);
    Answer::receive(bed.http.post(format!("{url}/loguse")))
        .await
        .says(400, NO_KEY);
}

#[tokio::test]
async fn a_key_alone_is_no_log_in() {
    let bed = TestBed::start().await;
    let call = bed
        .http
        .post(bed.address(PATH))
        .header("ApiKey", bed.key(BANK));
    let answer = Answer::receive(call.json(&bed.request())).await;
    answer.says(401, NO_ORGANISATION);
    let journal = bed.services().journal.entries();
    let last = journal.last().unwrap();
    assert_eq!((last.status, last.route.as_str()), (401, PATH));
    assert_eq!(last.note.as_deref(), Some(NO_ORGANISATION));
}

#[tokio::test]
async fn a_certificate_counts_only_where_the_address_asks_for_it() {
    let bed = TestBed::start().await;
    for (query, status) in [
        ("", 401),
        ("?ForceEIAuthentication", 201),
        ("?forceeiauthentication=true", 201),
        ("?Force", 401),
    ] {
        let url = bed.address(&format!("{PATH}{query}"));
        let call = bed.certified.post(url).header("ApiKey", bed.key(BANK));
        let answer = Answer::receive(call.json(&bed.request())).await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {answer:?}");
    }
    // Required, and not presented.
    let url = bed.address(&format!("{PATH}?ForceEIAuthentication"));
    let call = bed.http.post(url).header("ApiKey", bed.key(BANK));
    Answer::receive(call.json(&bed.request()))
        .await
        .says(401, NO_ORGANISATION);
}

#[tokio::test]
async fn the_keys_organisation_is_the_certificates() {
    let bed = TestBed::start().await;
    let url = bed.address(&format!("{PATH}?ForceEIAuthentication"));
    let call = bed
        .certified
        .post(url)
        .header("ApiKey", bed.key(OTHER_BANK));
    Answer::receive(call.json(&bed.request()))
        .await
        .says(403, WRONG_KEY);
}

#[tokio::test]
async fn a_token_must_be_good_and_meant_for_altinn() {
    let bed = TestBed::start().await;
    let origin = &bed.sandbox.addresses().altinn2;
    let mut expired = bed.token(&json!({ "scope": WRITE }));
    bed.advance(131);
    for (name, token, status) in [
        ("with the slash", bed.token(&json!({ "scope": WRITE })), 201),
        (
            "without",
            bed.token(&json!({ "scope": WRITE, "aud": origin })),
            201,
        ),
        (
            "old name",
            bed.scoped(BANK, "altinn:enduser/consentrequest.write"),
            201,
        ),
        ("several", bed.scoped(BANK, &format!("a {WRITE}")), 201),
        (
            "elsewhere",
            bed.token(&json!({ "scope": WRITE, "aud": "https://x/" })),
            401,
        ),
        (
            "nowhere",
            bed.token(&json!({ "scope": WRITE, "aud": null })),
            401,
        ),
        (
            "nobody's",
            bed.token(&json!({ "scope": WRITE, "consumer": null })),
            401,
        ),
        ("expired", std::mem::take(&mut expired), 401),
        ("nonsense", "a.b.c".to_owned(), 401),
        ("another scope", bed.scoped(BANK, READ), 403),
    ] {
        let call = bed
            .http
            .post(bed.address(PATH))
            .header("ApiKey", bed.key(BANK));
        let answer = Answer::receive(call.bearer_auth(token).json(&bed.request())).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {answer:?}");
        match status {
            401 => answer.says(401, NO_ORGANISATION),
            403 => answer.says(403, WRONG_SCOPE),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_key_must_be_the_callers_and_for_this() {
    let bed = TestBed::start().await;
    let reads_only = ApiKey {
        key: Uuid::new_v4(),
        organisation: BANK.to_owned(),
        resources: vec![Resource::AuthorizationRead, Resource::MessageRead],
    };
    bed.services().altinn2.register(reads_only.clone());
    for key in [
        bed.key(OTHER_BANK),
        reads_only.key.to_string(),
        Uuid::new_v4().to_string(),
        "nonsense".to_owned(),
    ] {
        let call = bed.http.post(bed.address(PATH)).header("ApiKey", key);
        let call = call.bearer_auth(bed.scoped(BANK, WRITE));
        Answer::receive(call.json(&bed.request()))
            .await
            .says(403, WRONG_KEY);
    }
}

#[tokio::test]
async fn a_supplier_uses_its_own_key() {
    let bed = TestBed::start().await;
    let token = bed.token(&json!({ "scope": WRITE, "supplier": organisation(SUPPLIER) }));
    for (key, status) in [(SUPPLIER, 201), (BANK, 403)] {
        let call = bed
            .http
            .post(bed.address(PATH))
            .header("ApiKey", bed.key(key));
        let answer = Answer::receive(call.bearer_auth(&token).json(&bed.request())).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        if status == 201 {
            assert_eq!(answer.json()["HandledBy"], SUPPLIER);
        }
    }
}

#[tokio::test]
async fn every_spelling_of_the_path_is_known() {
    let bed = TestBed::start().await;
    for path in [
        "/api/ConsentRequests",
        "/api/ConsentRequest",
        "/api/consentrequests",
    ] {
        let call = bed.call(Method::POST, path, WRITE).header("Accept", HAL);
        let answer = Answer::receive(call.json(&bed.request())).await;
        assert_eq!(answer.status.as_u16(), 201, "{path}: {answer:?}");
        assert_eq!(answer.json()["OfferedBy"], COMPANY);
    }
}
