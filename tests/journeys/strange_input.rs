//! Malformed and abusive requests: each gets a problem of its own type.

use journeys::{Answer, SOLE_PROPRIETORSHIP, TestBed, on_spin};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_a_problem_of_its_own() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let party = Some(SOLE_PROPRIETORSHIP);
    let back = format!("{}/", bed.sandbox.addresses().bank_page);

    let megabyte = json!({ "return_address": back, "party": "3".repeat(1 << 20) });
    ragna
        .send(Method::POST, "/consent", None, Some(megabyte))
        .await
        .problem(413, "body-too-large");
    ragna
        .send(Method::POST, "/consent", None, Some(json!("?")))
        .await
        .problem(400, "request-invalid");
    let unknown_member = json!({ "return_address": back, "consumer": "310000302" });
    ragna
        .send(Method::POST, "/consent", None, Some(unknown_member))
        .await
        .problem(400, "request-invalid");
    let unknown_service = json!({ "return_address": back, "service": "alt" });
    ragna
        .send(Method::POST, "/consent", None, Some(unknown_service))
        .await
        .problem(400, "request-invalid");
    for address in [
        "https://elsewhere.example/",
        "javascript:alert(1)",
        "/",
        "http://localhost:1@elsewhere.example/",
    ] {
        let elsewhere = json!({ "return_address": address });
        let answer = ragna
            .send(Method::POST, "/consent", None, Some(elsewhere))
            .await;
        answer.problem(400, "return-address-not-allowed");
    }
    for query in [
        "",
        "?fraOgMed=2026-01-01",
        "?fraOgMed=2026-13-01&tilOgMed=2026-12-31",
        "?fraOgMed=x&tilOgMed=y",
        "?fraOgMed=2026-02-01&tilOgMed=2026-01-01",
        "?fraOgMed=2026-01-01&fraOgMed=2026-01-01&tilOgMed=2026-01-02",
        "?fraOgMed=2026-01-01&tilOgMed=2026-01-02&other=1",
        "?%%%",
        "?fraOgMed=0001-01-01&tilOgMed=9999-12-31",
    ] {
        ragna
            .send(Method::GET, &format!("/claims/krav{query}"), party, None)
            .await
            .problem(400, "request-invalid");
    }
    ragna
        .send(Method::GET, "/claims/", party, None)
        .await
        .problem(404, "route-unknown");
    ragna
        .send(Method::GET, "/claims/aapnekrav/313367002", party, None)
        .await
        .problem(404, "route-unknown");
    ragna
        .send(Method::DELETE, "/claims/aapnekrav", party, None)
        .await
        .problem(405, "method-not-allowed");
    bed.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP, "elsewhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_is_not_for_everybody() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let refused = ragna.send(Method::POST, "/consent/sweep", None, None).await;
    match bed.gateway() {
        Some(_) => refused.problem(404, "route-unknown"),
        None => refused.problem(401, "login-required"),
    };

    let secret = bed.sandbox.variables(&bed.public_url)["maintenance_secret"].clone();
    let sweep = reqwest::Client::new()
        .post(format!("{}/consent/sweep", bed.inside))
        .bearer_auth(secret);
    let swept = Answer::read(sweep.send().await.expect("an answer")).await;
    assert_eq!(swept.json(200)["removed"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_pages_may_call() {
    let bed = TestBed::start().await;
    let preflight = async |origin: &str| {
        let request = reqwest::Client::new()
            .request(
                Method::OPTIONS,
                format!("{}/claims/aapnekrav", bed.public_url),
            )
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .header(
                "Access-Control-Request-Headers",
                "authorization,innsyn-party",
            );
        Answer::read(request.send().await.expect("an answer")).await
    };
    let bank = bed.sandbox.addresses().bank_page.clone();

    let allowed = preflight(&bank).await;
    assert_eq!(allowed.status, 200, "{allowed:#?}");
    assert_eq!(allowed.header("access-control-allow-origin"), bank);
    assert!(allowed.header("vary").to_lowercase().contains("origin"));

    let refused = preflight("https://elsewhere.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_page_reads_what_went_wrong() {
    let bed = TestBed::start().await;
    let bank = bed.sandbox.addresses().bank_page.clone();
    let http = reqwest::Client::new();
    let ask = async |method: Method, path: &str, origin: &str| {
        let request = http.request(method, format!("{}{path}", bed.public_url));
        let request = request.header("Origin", origin);
        Answer::read(request.send().await.expect("an answer")).await
    };
    for (method, path, status, slug) in [
        (Method::GET, "/claims/nothing", 404, "route-unknown"),
        (Method::DELETE, "/claims/krav", 405, "method-not-allowed"),
        (Method::GET, "/claims/krav?a=b", 400, "request-invalid"),
        (Method::GET, "/claims/aapnekrav", 401, "login-required"),
        (Method::POST, "/consent", 401, "login-required"),
        (Method::POST, "/signatures", 401, "login-required"),
    ] {
        let answer = ask(method, path, &bank).await;
        answer.problem(status, slug);
        let readable = answer.header("access-control-allow-origin");
        assert_eq!(readable, bank, "{path}");
    }
    let refused = ask(Method::GET, "/claims/nothing", "https://elsewhere.example").await;
    refused.problem(403, "origin-not-allowed");
    assert_eq!(refused.header("access-control-allow-origin"), "");
    // No component is there: the host or the gateway answers, which know no origins.
    if !on_spin() {
        let answer = ask(Method::GET, "/nothing", &bank).await;
        assert_eq!(
            answer.json(404)["correlation_id"],
            answer.header("correlation-id")
        );
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_has_no_public_route() {
    let bed = TestBed::start().await;
    let http = reqwest::Client::new();
    for path in ["/token", "/token/sweep"] {
        let request = http.post(format!("{}{path}", bed.public_url));
        assert_eq!(request.send().await.expect("an answer").status(), 404);
        let inside = http
            .post(format!("{}{path}", bed.public_url))
            .header("Host", "token.spin.internal");
        assert_eq!(inside.send().await.expect("an answer").status(), 404);
    }
}
