//! The token endpoint: who gets a token, and everything that is refused alike.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Answer, BANK, Bench, CODE_REFUSED, OTHER_BANK, SUPPLIER, claims, organisation,
};

const PATH: &str = "/api/authorization/token";
const READ: &str = "altinn:consenttokens.read";
const WRITE: &str = "altinn:consenttokens.write";

#[tokio::test]
async fn a_code_gives_tokens_again_and_again_in_quotes() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    let first = bench.fetch(&code).await;
    assert!(
        first.body.starts_with("\"eyJ") && first.body.ends_with('"'),
        "{first:?}"
    );
    bench.advance(1);
    let second = bench.fetch(&code).await;
    assert_eq!(second.status.as_u16(), 200);
    assert_ne!(first.body, second.body);

    let key = bench.key(BANK);
    let get = |url: String, accept: &str| {
        Answer::of(
            bench
                .http
                .get(url)
                .header("ApiKey", key.clone())
                .header("Accept", accept),
        )
    };
    let xml = get(bench.address(&format!("{PATH}/{code}")), "application/xml").await;
    assert!(
        xml.body.starts_with("<string>eyJ") && xml.body.ends_with("</string>"),
        "{xml:?}"
    );
    let by_query = bench.address(&format!("{PATH}?authcode={code}"));
    let hal = get(by_query, "application/hal+json").await;
    assert!(hal.body.starts_with("\"eyJ"), "{hal:?}");
    let unknown = bench.address(&format!("{PATH}?authorizationCode={code}"));
    get(unknown, "application/json")
        .await
        .says(403, CODE_REFUSED);
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_alike() {
    let bench = Bench::start().await;
    let unanswered = bench.created(&bench.request()).await;
    let refused = bench.created(&bench.request()).await;
    bench.act(&refused, "refuse").await;
    let withdrawn = bench.given(&bench.request()).await;
    bench.act(&withdrawn, "withdraw").await;
    for code in [
        &unanswered,
        &refused,
        &withdrawn,
        &Uuid::new_v4().to_string(),
        "nonsense",
    ] {
        bench.fetch(code).await.says(403, CODE_REFUSED);
    }
    let good = bench.given(&bench.request()).await;
    bench
        .fetch_as(OTHER_BANK, &good)
        .await
        .says(403, CODE_REFUSED);
    bench
        .fetch_as(SUPPLIER, &good)
        .await
        .says(403, CODE_REFUSED);
    let call = bench.http.get(bench.address(&format!("{PATH}/{good}")));
    let call = call.header("ApiKey", Uuid::new_v4().to_string());
    Answer::of(call).await.says(403, CODE_REFUSED);
    bench.advance(91 * 86_400);
    bench.fetch(&good).await.says(403, CODE_REFUSED);
}

#[tokio::test]
async fn a_supplier_needs_the_owners_register_or_a_delegated_token() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    let fetch = async |claims: Value| {
        let call = bench.http.get(bench.address(&format!("{PATH}/{code}")));
        let call = call.header("ApiKey", bench.key(SUPPLIER));
        Answer::of(call.bearer_auth(bench.token(&claims))).await
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

    let mut registered = bench.request();
    registered["RequestResources"] = json!([{ "ServiceCode": "9001", "ServiceEditionCode": 1 }]);
    registered["RequestMessage"] = json!({ "no-nb": "Hei" });
    let code = bench.given(&registered).await;
    let fetched = bench.fetch_as(SUPPLIER, &code).await;
    let said = claims(fetched.json().as_str().unwrap());
    assert_eq!(said["HandledBy"], SUPPLIER);
    assert_eq!(claims(&bench.proof(&code).await)["HandledBy"], Value::Null);
}

#[tokio::test]
async fn the_consumer_can_give_the_consent_up() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
    let path = format!("{PATH}/{code}");
    let call = bench.call(Method::DELETE, &path, READ);
    assert_eq!(Answer::of(call).await.status.as_u16(), 403);
    let call = bench.call_as(OTHER_BANK, Method::DELETE, &path, WRITE);
    Answer::of(call).await.says(403, CODE_REFUSED);
    assert_eq!(bench.fetch(&code).await.status.as_u16(), 200);

    let call = bench.call(Method::DELETE, &path, WRITE);
    assert_eq!(Answer::of(call).await.status.as_u16(), 204);
    bench.fetch(&code).await.says(403, CODE_REFUSED);
    assert_eq!(bench.status(&code).await, "Accepted");
    let call = bench.call(Method::DELETE, &path, WRITE);
    Answer::of(call).await.says(403, CODE_REFUSED);
}

async fn log_use(bench: &Bench, code: &str, body: &Value) -> Answer {
    let url = bench.address(&format!("{PATH}/{code}/loguse"));
    Answer::of(
        bench
            .http
            .post(url)
            .header("ApiKey", bench.key(BANK))
            .json(body),
    )
    .await
}

#[tokio::test]
async fn use_is_logged_and_ends_a_consent_for_one_use() {
    let bench = Bench::start().await;
    let used = |code: &str, edition: u32| json!({ "ServiceCode": code, "ServiceEditionCode": edition, "UsageDateTime": "2026-02-28T10:20:05" });
    let lasting = bench.given(&bench.request()).await;
    let logged = log_use(&bench, &lasting, &used("5928", 202_301)).await;
    assert_eq!(logged.status.as_u16(), 204);
    assert_eq!(bench.fetch(&lasting).await.status.as_u16(), 200);
    let of_another = log_use(&bench, &lasting, &used("4628", 210_607)).await;
    of_another.says(403, CODE_REFUSED);

    let mut one_time = bench.request();
    one_time["RequestResources"] = json!([{ "ServiceCode": "9002", "ServiceEditionCode": 1 }]);
    one_time["RequestMessage"] = json!({ "no-nb": "Hei" });
    let code = bench.given(&one_time).await;
    assert_eq!(bench.fetch(&code).await.status.as_u16(), 200);
    assert_eq!(
        log_use(&bench, &code, &used("9002", 1))
            .await
            .status
            .as_u16(),
        204
    );
    bench.fetch(&code).await.says(403, CODE_REFUSED);
    log_use(&bench, &code, &used("9002", 1))
        .await
        .says(403, CODE_REFUSED);
    assert_eq!(bench.status(&code).await, "Accepted");
}

#[tokio::test]
async fn the_form_of_a_use_is_strict() {
    let bench = Bench::start().await;
    let code = bench.given(&bench.request()).await;
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
        let refused = log_use(&bench, &code, &used).await;
        refused.says(400, "The request body could not be read.");
    }
}
