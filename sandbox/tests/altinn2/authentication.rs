//! Who may call: API key, enterprise certificate, Maskinporten's token.

use http::Method;
use sandbox::altinn2::{ApiKey, Resource};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Answer, BANK, Bench, COMPANY, HAL, OTHER_BANK, READ, SUPPLIER, WRITE, organisation,
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
    let bench = Bench::start().await;
    Answer::of(bench.http.post(bench.address(PATH)))
        .await
        .says(400, NO_KEY);
    let url = bench.address(&format!("/api/authorization/token/{}", Uuid::new_v4()));
    Answer::of(bench.http.get(&url)).await.says(400, NO_KEY);
    Answer::of(bench.http.post(format!("{url}/loguse")))
        .await
        .says(400, NO_KEY);
}

#[tokio::test]
async fn a_key_alone_is_no_log_in() {
    let bench = Bench::start().await;
    let call = bench
        .http
        .post(bench.address(PATH))
        .header("ApiKey", bench.key(BANK));
    let answer = Answer::of(call.json(&bench.request())).await;
    answer.says(401, NO_ORGANISATION);
    let journal = bench.world().journal.entries();
    let last = journal.last().unwrap();
    assert_eq!((last.status, last.route.as_str()), (401, PATH));
    assert_eq!(last.note.as_deref(), Some(NO_ORGANISATION));
}

#[tokio::test]
async fn a_certificate_counts_only_where_the_address_asks_for_it() {
    let bench = Bench::start().await;
    for (query, status) in [
        ("", 401),
        ("?ForceEIAuthentication", 201),
        ("?forceeiauthentication=true", 201),
        ("?Force", 401),
    ] {
        let url = bench.address(&format!("{PATH}{query}"));
        let call = bench.certified.post(url).header("ApiKey", bench.key(BANK));
        let answer = Answer::of(call.json(&bench.request())).await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {answer:?}");
    }
    // Asked for, and not shown.
    let url = bench.address(&format!("{PATH}?ForceEIAuthentication"));
    let call = bench.http.post(url).header("ApiKey", bench.key(BANK));
    Answer::of(call.json(&bench.request()))
        .await
        .says(401, NO_ORGANISATION);
}

#[tokio::test]
async fn the_keys_organisation_is_the_certificates() {
    let bench = Bench::start().await;
    let url = bench.address(&format!("{PATH}?ForceEIAuthentication"));
    let call = bench
        .certified
        .post(url)
        .header("ApiKey", bench.key(OTHER_BANK));
    Answer::of(call.json(&bench.request()))
        .await
        .says(403, WRONG_KEY);
}

#[tokio::test]
async fn a_token_must_be_good_and_meant_for_altinn() {
    let bench = Bench::start().await;
    let origin = &bench.sandbox.addresses().altinn2;
    let mut expired = bench.token(&json!({ "scope": WRITE }));
    bench.advance(131);
    for (name, token, status) in [
        (
            "with the slash",
            bench.token(&json!({ "scope": WRITE })),
            201,
        ),
        (
            "without",
            bench.token(&json!({ "scope": WRITE, "aud": origin })),
            201,
        ),
        (
            "old name",
            bench.scoped(BANK, "altinn:enduser/consentrequest.write"),
            201,
        ),
        ("several", bench.scoped(BANK, &format!("a {WRITE}")), 201),
        (
            "elsewhere",
            bench.token(&json!({ "scope": WRITE, "aud": "https://x/" })),
            401,
        ),
        (
            "nowhere",
            bench.token(&json!({ "scope": WRITE, "aud": null })),
            401,
        ),
        (
            "nobody's",
            bench.token(&json!({ "scope": WRITE, "consumer": null })),
            401,
        ),
        ("expired", std::mem::take(&mut expired), 401),
        ("nonsense", "a.b.c".to_owned(), 401),
        ("another scope", bench.scoped(BANK, READ), 403),
    ] {
        let call = bench
            .http
            .post(bench.address(PATH))
            .header("ApiKey", bench.key(BANK));
        let answer = Answer::of(call.bearer_auth(token).json(&bench.request())).await;
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
    let bench = Bench::start().await;
    let reads_only = ApiKey {
        key: Uuid::new_v4(),
        organisation: BANK.to_owned(),
        resources: vec![Resource::AuthorizationRead, Resource::MessageRead],
    };
    bench.world().altinn2.register(reads_only.clone());
    for key in [
        bench.key(OTHER_BANK),
        reads_only.key.to_string(),
        Uuid::new_v4().to_string(),
        "nonsense".to_owned(),
    ] {
        let call = bench.http.post(bench.address(PATH)).header("ApiKey", key);
        let call = call.bearer_auth(bench.scoped(BANK, WRITE));
        Answer::of(call.json(&bench.request()))
            .await
            .says(403, WRONG_KEY);
    }
}

#[tokio::test]
async fn a_supplier_uses_its_own_key() {
    let bench = Bench::start().await;
    let token = bench.token(&json!({ "scope": WRITE, "supplier": organisation(SUPPLIER) }));
    for (key, status) in [(SUPPLIER, 201), (BANK, 403)] {
        let call = bench
            .http
            .post(bench.address(PATH))
            .header("ApiKey", bench.key(key));
        let answer = Answer::of(call.bearer_auth(&token).json(&bench.request())).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        if status == 201 {
            assert_eq!(answer.json()["HandledBy"], SUPPLIER);
        }
    }
}

#[tokio::test]
async fn every_spelling_of_the_path_is_known() {
    let bench = Bench::start().await;
    for path in [
        "/api/ConsentRequests",
        "/api/ConsentRequest",
        "/api/consentrequests",
    ] {
        let call = bench.call(Method::POST, path, WRITE).header("Accept", HAL);
        let answer = Answer::of(call.json(&bench.request())).await;
        assert_eq!(answer.status.as_u16(), 201, "{path}: {answer:?}");
        assert_eq!(answer.json()["OfferedBy"], COMPANY);
    }
}
