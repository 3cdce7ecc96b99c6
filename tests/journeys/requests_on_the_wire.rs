//! Requests of the app as bytes on the wire: each has a content length, and accepts no content
//! encoding.

use std::collections::BTreeSet;
use std::time::Duration;

use journeys::{Customer, Generation, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use reqwest::Method;
use sandbox::bank::Overrides;
use sandbox::kit::{ExternalService, Head, Heads};
use sandbox::population::VESTBANKEN;
use serde_json::json;

/// Runs the consent of one party and its reads, with Altinn 2 beside.
async fn consents_and_reads(bed: &TestBed) {
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.consent_status(SOLE_PROPRIETORSHIP).await;
    ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    if bed.altinn() == Generation::Two {
        let withdrawn = ragna.withdraws_consent(SOLE_PROPRIETORSHIP).await;
        assert_eq!(withdrawn, "revoked");
    }
}

/// Runs the reads without a consent, and the one for which a vault signs.
async fn other_reads(bed: &TestBed) {
    let ragna = bed.customer("ragna");
    let accounting = "/accounting/aapnekrav";
    ragna.get(accounting, SOLE_PROPRIETORSHIP).await.json(200);
    let login = Overrides::default().claim("scope", "openid innsyn:person");
    let looking = ragna.with_login(&login);
    let person = looking.send(Method::GET, "/persons/oppslag", None, None);
    person.await.json(200);
    let scope = [("scope", "skatteetaten:kravogbetalinger")];
    bed.back_end_asks(VESTBANKEN, &scope).await.json(200);
}

/// Runs a job that is signed, fetched, deleted and confirmed, and one that is cancelled.
async fn signatures(bed: &TestBed) {
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    let failed = bed.browser();
    failed.signs_and_returns(&redirect, "ragna", "fail").await;
    let again = format!("/signatures/{id}/signers/0/redirect");
    let again = act(&ragna, Method::POST, &again).await;
    let redirect = again["redirect_url"].as_str().expect("an address");
    let signed = bed.browser();
    signed.signs_and_returns(redirect, "ragna", "sign").await;
    assert_eq!(ragna.job(&id).await["status"], "completed");
    for path in ["pades", "signers/0/xades"] {
        assert_eq!(ragna.fetches(&id, path).await.0, 200, "{path}");
    }
    // Posten lets documents be deleted a day after the last signature.
    bed.advance(Duration::from_hours(25));
    let ragna = bed.customer("ragna");
    act(
        &ragna,
        Method::DELETE,
        &format!("/signatures/{id}/documents"),
    )
    .await;
    act(&ragna, Method::POST, &format!("/signatures/{id}/confirm")).await;

    let portal = |order: &mut serde_json::Value| {
        order["flow"] = json!("portal");
        let order_members = order.as_object_mut().expect("an order");
        order_members.remove("return_address");
        order["signers"] = json!([{ "notifications": { "sms": "+4799999999" } }]);
    };
    let job = ragna.orders_with(portal).await.json(201);
    let id = job["id"].as_str().expect("an id");
    act(&ragna, Method::POST, &format!("/signatures/{id}/cancel")).await;
    bed.drains().await.json(200);
}

async fn act(customer: &Customer<'_>, method: Method, path: &str) -> serde_json::Value {
    let answer = customer.send(method, path, None, None).await;
    assert!((200..300).contains(&answer.status), "{path}: {answer:#?}");
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// Checks the framing that a server needs before it reads a body (RFC 9112 §6): a server that does
/// not accept chunks answers 411.
fn is_framed(head: &Head) {
    let (method, path) = head.line();
    let lengths: Vec<&str> = head.field("content-length").collect();
    assert_eq!(head.field("transfer-encoding").count(), 0, "{head:#?}");
    match method {
        "GET" | "HEAD" => assert_eq!(lengths, [""; 0], "{method} {path}"),
        _ => {
            let [length] = lengths[..] else {
                panic!("one Content-Length: {head:#?}")
            };
            let length: usize = length.parse().expect("a number");
            let is_typed = head.field("content-type").next().is_some();
            assert_eq!(length > 0, is_typed, "{head:#?}");
        }
    }
    assert!(head.field("accept-encoding").eq(["identity"]), "{head:#?}");
    assert_eq!(head.field("host").count(), 1, "{head:#?}");
}

/// Returns the kind of a request: the service, with the method and the last word of the path.
fn kind(head: &Head) -> (ExternalService, String) {
    let (method, path) = head.line();
    let path = path.split('?').next().unwrap_or_default();
    let word = path.rsplit('/').find(|segment| {
        segment
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte))
    });
    let word = word.unwrap_or_default();
    (head.service, format!("{method} {word}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_says_how_long_it_is() {
    let mut seen = BTreeSet::new();
    for altinn in Generation::BOTH {
        let heads = Heads::default();
        let mut bed = TestBed::with(TestOptions {
            altinn,
            token_is_public: true,
            heads: Some(heads.clone()),
            ..TestOptions::default()
        })
        .await;
        let of_vestbanken =
            bed.services_with_back_end(|back_end| back_end["consumers"] = json!([VESTBANKEN]));
        bed.restart_app_with([of_vestbanken].into()).await;
        consents_and_reads(&bed).await;
        if altinn == Generation::Three {
            other_reads(&bed).await;
            signatures(&bed).await;
        }
        let heads = heads.all();
        heads.iter().for_each(is_framed);
        let count = |requests: &[Head], of| {
            let of = requests.iter().filter(|head| head.service == of);
            u64::try_from(of.count()).expect("few")
        };
        for counterparty in [
            ExternalService::Maskinporten,
            ExternalService::Posten,
            ExternalService::Skatteetaten,
            altinn.counterparty(),
        ] {
            let answered = bed.calls(counterparty);
            assert_eq!(count(&heads, counterparty), answered, "{counterparty:?}");
        }
        seen.extend(heads.iter().map(kind));
    }
    let expected = [
        (
            ExternalService::Maskinporten,
            "GET oauth-authorization-server",
        ),
        (ExternalService::Maskinporten, "POST token"),
        (ExternalService::Altinn, "POST consentrequests"),
        (ExternalService::Altinn, "GET consentrequests"),
        (ExternalService::Skatteetaten, "GET aapnekrav"),
        (ExternalService::PersonLookup, "GET personer"),
        (ExternalService::Login, "GET jwks"),
        (ExternalService::Vault, "POST login"),
        (ExternalService::Vault, "POST vestbanken"),
        (ExternalService::Altinn2, "POST api"),
        (ExternalService::Altinn2, "GET token"),
        (ExternalService::Altinn2, "DELETE token"),
        (ExternalService::Posten, "POST signature-jobs"),
        (ExternalService::Posten, "GET status"),
        (ExternalService::Posten, "POST signers"),
        (ExternalService::Posten, "GET pades"),
        (ExternalService::Posten, "GET xades"),
        (ExternalService::Posten, "GET signature-jobs"),
        // Confirmations, at the address that Posten gives for them.
        (ExternalService::Posten, "POST complete"),
        (ExternalService::Posten, "POST cancel"),
        (ExternalService::Posten, "DELETE delete-documents"),
    ];
    let missing: Vec<_> = expected
        .into_iter()
        .map(|(counterparty, kind)| (counterparty, kind.to_owned()))
        .filter(|kind| !seen.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?} in {seen:#?}");
}
