//! What nobody should send: each gets a clear problem of its own type.

use journeys::{Answer, Bench, SOLE_PROPRIETORSHIP};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_a_problem_of_its_own() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    let party = Some(SOLE_PROPRIETORSHIP);
    let back = format!("{}/", bench.sandbox.addresses().bank_page);

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
    bench.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP, "elsewhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_is_not_for_everybody() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    let refused = ragna.send(Method::POST, "/consent/sweep", None, None).await;
    match bench.gateway() {
        Some(_) => refused.problem(404, "route-unknown"),
        None => refused.problem(401, "login-required"),
    };

    let secret = bench.sandbox.variables(&bench.public_url)["maintenance_secret"].clone();
    let sweep = reqwest::Client::new()
        .post(format!("{}/consent/sweep", bench.inside))
        .bearer_auth(secret);
    let swept = Answer::read(sweep.send().await.expect("an answer")).await;
    assert_eq!(swept.json(200)["removed"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_pages_may_call() {
    let bench = Bench::start().await;
    let preflight = async |origin: &str| {
        let request = reqwest::Client::new()
            .request(
                Method::OPTIONS,
                format!("{}/claims/aapnekrav", bench.public_url),
            )
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .header(
                "Access-Control-Request-Headers",
                "authorization,innsyn-party",
            );
        Answer::read(request.send().await.expect("an answer")).await
    };
    let bank = bench.sandbox.addresses().bank_page.clone();

    let allowed = preflight(&bank).await;
    assert_eq!(allowed.status, 200, "{allowed:#?}");
    assert_eq!(allowed.header("access-control-allow-origin"), bank);
    assert!(allowed.header("vary").to_lowercase().contains("origin"));

    let refused = preflight("https://elsewhere.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_has_no_public_route() {
    let bench = Bench::start().await;
    let http = reqwest::Client::new();
    for path in ["/token", "/token/sweep"] {
        let request = http.post(format!("{}{path}", bench.public_url));
        assert_eq!(request.send().await.expect("an answer").status(), 404);
        let inside = http
            .post(format!("{}{path}", bench.public_url))
            .header("Host", "token.spin.internal");
        assert_eq!(inside.send().await.expect("an answer").status(), 404);
    }
}
