//! Reads by a company's accounting system: no consent, but a system user that the company has made
//! in Altinn. The login states the party; Maskinporten and Skatteetaten enforce that the company
//! may read it.

use std::collections::BTreeMap;

use journeys::{ANOTHER_PROPRIETORSHIP, COMPANY, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use reqwest::Method;
use sandbox::altinn::{DEMO_SYSTEM, DEMO_SYSTEM_USER};
use sandbox::bank::Overrides;
use sandbox::interfaces::SystemUser;
use sandbox::kit::{Content, ExternalService, Fault};
use serde_json::json;
use uuid::Uuid;

const PATH: &str = "/accounting/aapnekrav";

fn system_user(owner: &str, reference: &str) -> SystemUser {
    SystemUser {
        id: Uuid::new_v4(),
        system_id: DEMO_SYSTEM.to_owned(),
        owner_org: owner.to_owned(),
        external_ref: reference.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_has_approved_it_and_needs_no_consent() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");

    let open = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    assert!(open.json(200)["aapentKravMedGjenstaaendeBeloep"].is_array());
    assert_eq!(open.header("cache-control"), "no-store");
    let period = "/accounting/krav?fraOgMed=2025-01-01&tilOgMed=2026-10-31";
    let claims = ragna.get(period, SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(claims["periode"]["tilOgMed"], "2026-10-31");

    assert_eq!(bed.minted(), 1, "one token for both");
    assert_eq!(bed.calls(ExternalService::Altinn), 0);
    // It gives no access to data that banks read by consent.
    let bank = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
    bank.problem(403, "consent-required");
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_that_has_not_is_told_what_to_do() {
    let mut bed = TestBed::start().await;
    let may_ask = Overrides::default().claim("organisations", json!([COMPANY]));
    let ragna = bed.customer("ragna").with_login(&may_ask);

    let refused = ragna.get(PATH, COMPANY).await;
    let told = refused.problem(403, "system-user-required");
    assert_eq!(told["kode"], "MP-303");
    let detail = told["detail"].as_str().expect("what to do");
    assert!(detail.contains("approves the app"), "{detail}");
    assert_eq!(bed.calls(ExternalService::Skatteetaten), 0);
    let log = bed.log.lines().join("\n");
    assert!(log.contains("client_id"), "the operator is told more");

    let made = bed
        .services()
        .altinn
        .make_system_user(system_user(COMPANY, COMPANY));
    made.expect("a system user");
    // For some seconds the app remembers the refusal.
    bed.restart_app().await;
    let ragna = bed.customer("ragna").with_login(&may_ask);
    ragna.get(PATH, COMPANY).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_company_takes_back_is_closed_at_once() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    ragna.get(PATH, SOLE_PROPRIETORSHIP).await.json(200);

    // The company withdraws the right, and then the system user.
    let altinn = &bed.services().altinn;
    assert!(altinn.set_system_user_rights(DEMO_SYSTEM_USER, &[]));
    let refused = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    let told = refused.problem(403, "system-user-required");
    assert_eq!(told["kode"], "KB-005");
    altinn.set_system_user_rights(DEMO_SYSTEM_USER, &["ske-krav-og-betalinger"]);
    ragna.get(PATH, SOLE_PROPRIETORSHIP).await.json(200);

    altinn.delete_system_user(DEMO_SYSTEM_USER);
    let gone = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    gone.problem(403, "system-user-required");
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_for_whom_the_login_lets_and_never_for_a_person() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let other = ragna.get(PATH, ANOTHER_PROPRIETORSHIP).await;
    other.problem(403, "party-not-allowed");
    ragna
        .get(PATH, &ragna.pid)
        .await
        .problem(400, "party-invalid");
    let own = ragna.send(Method::GET, PATH, None, None).await;
    own.problem(400, "party-invalid");
    let unknown = ragna.get("/accounting/oppslag", SOLE_PROPRIETORSHIP).await;
    unknown.problem(404, "route-unknown");
    assert_eq!(bed.minted(), 0);

    let down = Fault::Status {
        code: http::StatusCode::SERVICE_UNAVAILABLE,
        body: Content::Html,
    };
    bed.fault(ExternalService::Skatteetaten, None, down);
    let answer = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    answer.problem(503, "source-down");
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_may_have_its_own_reference_for_each_customer() {
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from([(
            "accounting_system_user".to_owned(),
            "kunde-{party}".to_owned(),
        )]),
        ..TestOptions::default()
    })
    .await;
    let ragna = bed.customer("ragna");
    let none = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    none.problem(403, "system-user-required");

    let user = system_user(COMPANY, &format!("kunde-{COMPANY}"));
    bed.services().altinn.make_system_user(user).expect("made");
    let may_ask = Overrides::default().claim("organisations", json!([COMPANY]));
    let ragna = bed.customer("ragna").with_login(&may_ask);
    ragna.get(PATH, COMPANY).await.json(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_system_user_configured_it_is_closed() {
    let bed = TestBed::with(TestOptions {
        variables: BTreeMap::from([("accounting_system_user".to_owned(), String::new())]),
        ..TestOptions::default()
    })
    .await;
    let ragna = bed.customer("ragna");
    let closed = ragna.get(PATH, SOLE_PROPRIETORSHIP).await;
    closed.problem(403, "caller-not-allowed");
    assert_eq!(bed.minted(), 0);
}
