//! Token endpoint: issued tokens, and the refusals, which are all alike.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::altinn2::support::{
    Answer, BANK, CODE_REFUSED, OTHER_BANK, SUPPLIER, TestBed, claims, organisation,
};

const PATH: &str = "/api/authorization/token";
const READ: &str = "altinn:consenttokens.read";
const WRITE: &str = "altinn:consenttokens.write";

#[tokio::test]
async fn a_code_gives_tokens_again_and_again_in_quotes() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let first = bed.fetch(&code).await;
    assert!(
        first.body.starts_with("\"eyJ") && first.body.ends_with('"'),
        "{first:?}"
    );
    bed.advance(1);
    let second = bed.fetch(&code).await;
    assert_eq!(second.status.as_u16(), 200);
    assert_ne!(first.body, second.body);

    let key = bed.key(BANK);
    let get = |url: String, accept: &str| {
        Answer::receive(
            bed.http
                .get(url)
                .header("ApiKey", key.clone())
                .header("Accept", accept),
        )
    };
    let xml = get(bed.address(&format!("{PATH}/{code}")), "application/xml").await;
    assert!(
        xml.body.starts_with("<string>eyJ") && xml.body.ends_with("</string>"),
        "{xml:?}"
    );
    let by_query = bed.address(&format!("{PATH}?authcode={code}"));
    let hal = get(by_query, "application/hal+json").await;
    assert!(hal.body.starts_with("\"eyJ"), "{hal:?}");
    let unknown = bed.address(&format!("{PATH}?authorizationCode={code}"));
    get(unknown, "application/json")
        .await
        .says(403, CODE_REFUSED);
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_alike() {
    let bed = TestBed::start().await;
    let unanswered = bed.created(&bed.request()).await;
    let refused = bed.created(&bed.request()).await;
    bed.act(&refused, "refuse").await;
    let withdrawn = bed.given(&bed.request()).await;
    bed.act(&withdrawn, "withdraw").await;
    for code in [
        &unanswered,
        &refused,
        &withdrawn,
        &Uuid::new_v4().to_string(),
        "nonsense",
    ] {
        bed.fetch(code).await.says(403, CODE_REFUSED);
    }
    let good = bed.given(&bed.request()).await;
    bed.fetch_as(OTHER_BANK, &good)
        .await
        .says(403, CODE_REFUSED);
    bed.fetch_as(SUPPLIER, &good).await.says(403, CODE_REFUSED);
    let call = bed.http.get(bed.address(&format!("{PATH}/{good}")));
    let call = call.header("ApiKey", Uuid::new_v4().to_string());
    Answer::receive(call).await.says(403, CODE_REFUSED);
    bed.advance(91 * 86_400);
    bed.fetch(&good).await.says(403, CODE_REFUSED);
}

#[tokio::test]
async fn a_supplier_needs_the_owners_register_or_a_delegated_token() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let fetch = async |claims: Value| {
        let call = bed.http.get(bed.address(&format!("{PATH}/{code}")));
        let call = call.header("ApiKey", bed.key(SUPPLIER));
        Answer::receive(call.bearer_auth(bed.token(&claims))).await
    };
    let fetched = fetch(json!({ "scope": READ, "supplier": organisation(SUPPLIER) })).await;
    assert_eq!(fetched.status.as_u16(), 200, "{fetched:?}");
    let said = claims(fetched.json().as_str().unwrap());
    assert_eq!(
        (&said["CoveredBy"], &said["HandledBy"]),
        (&json!(BANK), &json!(SUPPLIER))
    );
    for wrong in [
        json!({ "scope": "altinn:consentrequests.read", "supplier": organisation(SUPPLIER) }),
        json!({ "scope": READ, "supplier": organisation(OTHER_BANK) }),
        json!({ "scope": READ, "supplier": organisation(SUPPLIER), "consumer": organisation(OTHER_BANK) }),
        json!({ "scope": READ }),
    ] {
        fetch(wrong).await.says(403, CODE_REFUSED);
    }

    let mut registered = bed.request();
    registered["RequestResources"] = json!([{ "ServiceCode": "9001", "ServiceEditionCode": 1 }]);
    registered["RequestMessage"] = json!({ "no-nb": "Hei" });
    let code = bed.given(&registered).await;
    let fetched = bed.fetch_as(SUPPLIER, &code).await;
    let said = claims(fetched.json().as_str().unwrap());
    assert_eq!(said["HandledBy"], SUPPLIER);
    assert_eq!(claims(&bed.proof(&code).await)["HandledBy"], Value::Null);
}

#[tokio::test]
async fn the_consumer_can_give_the_consent_up() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let path = format!("{PATH}/{code}");
    let call = bed.call(Method::DELETE, &path, READ);
    assert_eq!(Answer::receive(call).await.status.as_u16(), 403);
    let call = bed.call_as(OTHER_BANK, Method::DELETE, &path, WRITE);
    Answer::receive(call).await.says(403, CODE_REFUSED);
    assert_eq!(bed.fetch(&code).await.status.as_u16(), 200);

    let call = bed.call(Method::DELETE, &path, WRITE);
    assert_eq!(Answer::receive(call).await.status.as_u16(), 204);
    bed.fetch(&code).await.says(403, CODE_REFUSED);
    assert_eq!(bed.status(&code).await, "Accepted");
    let call = bed.call(Method::DELETE, &path, WRITE);
    Answer::receive(call).await.says(403, CODE_REFUSED);
}

async fn log_use(bed: &TestBed, code: &str, body: &Value) -> Answer {
    let url = bed.address(&format!("{PATH}/{code}/loguse"));
    Answer::receive(
        bed.http
            .post(url)
            .header("ApiKey", bed.key(BANK))
            .json(body),
    )
    .await
}

#[tokio::test]
async fn use_is_logged_and_ends_a_consent_for_one_use() {
    let bed = TestBed::start().await;
    let used = |code: &str, edition: u32| json!({ "ServiceCode": code, "ServiceEditionCode": edition, "UsageDateTime": "2026-02-28T10:20:05" });
    let lasting = bed.given(&bed.request()).await;
    let logged = log_use(&bed, &lasting, &used("5928", 202_301)).await;
    assert_eq!(logged.status.as_u16(), 204);
    assert_eq!(bed.fetch(&lasting).await.status.as_u16(), 200);
    let of_another = log_use(&bed, &lasting, &used("4628", 210_607)).await;
    of_another.says(403, CODE_REFUSED);

    let mut one_time = bed.request();
    one_time["RequestResources"] = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    one_time["RequestMessage"] = json!({ "no-nb": "Hei" });
    let code = bed.given(&one_time).await;
    assert_eq!(bed.fetch(&code).await.status.as_u16(), 200);
    assert_eq!(
        log_use(&bed, &code, &used("9002", 1)).await.status.as_u16(),
        204
    );
    bed.fetch(&code).await.says(403, CODE_REFUSED);
    log_use(&bed, &code, &used("9002", 1))
        .await
        .says(403, CODE_REFUSED);
    assert_eq!(bed.status(&code).await, "Accepted");
}

#[tokio::test]
async fn the_form_of_a_use_is_strict() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let good = json!({ "ServiceCode": "5928", "ServiceEditionCode": 202_301, "UsageDateTime": "2026-02-28T10:20:05" });
    for (member, value) in [
        ("ServiceEditionCode", json!("202301")),
        ("UsageDateTime", json!("28.02.2026 10:20:05")),
        ("UsageDateTime", json!("2026-02-28")),
        ("UsageDateTime", json!("2026-28-02T10:20:05")),
        ("Another", json!(1)),
    ] {
        let mut used = good.clone();
        used[member] = value;
        let refused = log_use(&bed, &code, &used).await;
        refused.says(400, "The request body could not be read.");
    }
}
