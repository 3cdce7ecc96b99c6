//! Which routes and headers get through.

use std::fs;
use std::path::Path;

use http::Method;
use journeys::{GatewaySetup, SOLE_PROPRIETORSHIP};
use reqwest::Client;

use super::{App, raw, sent, url};

/// Routes of the API that are for timers and back ends, and not for customers.
const PRIVATE: [&str; 5] = [
    "/consent/sweep",
    "/signatures/drain",
    "/signatures/sweep",
    "/token",
    "/token/sweep",
];

/// Every path of the API with a method, and something that fits in its places.
fn documented() -> Vec<(Method, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.yaml");
    let text = fs::read_to_string(path).expect("a description");
    let mut found = Vec::new();
    let mut path = String::new();
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("  /") {
            path = format!("/{}", named.trim_end_matches(':'))
                .replace("{id}", &"a".repeat(32))
                .replace("{signer}", "0")
                .replace("{outcome}", "completed");
            assert!(!path.contains('{'), "{path}");
        }
        let method = match line {
            "    get:" => Method::GET,
            "    post:" => Method::POST,
            "    delete:" => Method::DELETE,
            _ => continue,
        };
        found.push((method, path.clone()));
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_for_customers_are_published_and_no_others() {
    let Some((app, gateway)) = App::behind(&GatewaySetup::default()).await else {
        return;
    };
    let http = Client::new();
    for (method, path) in documented() {
        let before = app.lines();
        let answer = sent(http.request(method.clone(), url(&gateway, &path))).await;
        if PRIVATE.contains(&path.as_str()) {
            answer.problem(404, "route-unknown");
            assert_eq!(app.lines(), before, "{path}");
        } else {
            assert_eq!(answer.status, 200, "{path}: {answer:#?}");
            assert_eq!(app.lines().last(), Some(&format!("{method} {path}")));
        }
    }
    let query = "/consent/callback?state=a%2Fb&x=%20";
    sent(http.get(url(&gateway, query))).await;
    assert_eq!(app.last().line, format!("GET {query}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_private_path_gets_through() {
    let Some((app, gateway)) = App::behind(&GatewaySetup::default()).await else {
        return;
    };
    for path in [
        "/",
        "/.well-known/spin/health",
        "/.well-known/spin/info",
        "/token",
        "/token/",
        "/consent/%73weep",
        "/consent/callback/../sweep",
        "/consent/sweep/../callback",
        "/consent/./callback",
        "//consent",
        "/consent//sweep",
        "/consent/callback/..;/sweep",
        "/consent;/sweep",
        "/CONSENT/sweep",
        "/signatures/%64rain",
        "/signatures/drain/",
        "/claims/../token",
        "/claims/%2e%2e/token",
        "/claims/krav%00",
        "/claims/",
        "/claims/krav/313367002",
        "http://token.spin.internal/token",
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let answer = raw(gateway.address(), &request).await;
        let status = answer.get(9..12).unwrap_or_default();
        assert!(["404", "400"].contains(&status), "{path}: {answer}");
    }
    // Another name than the app's leads nowhere, a public path or not.
    let elsewhere =
        "GET /consent HTTP/1.1\r\nHost: token.spin.internal\r\nConnection: close\r\n\r\n";
    let answer = raw(gateway.address(), elsewhere).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(app.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_that_the_app_reads_arrive_and_no_others() {
    let Some((app, gateway)) = App::behind(&GatewaySetup::default()).await else {
        return;
    };
    let kept = [
        ("accept", "application/json"),
        ("accept-language", "nn"),
        ("access-control-request-headers", "authorization"),
        ("access-control-request-method", "POST"),
        ("authorization", "Bearer token"),
        ("content-type", "application/json"),
        ("innsyn-party", SOLE_PROPRIETORSHIP),
        ("origin", "https://bank.example.no"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let stripped = [
        ("cookie", "a=b"),
        ("forwarded", "for=192.0.2.1"),
        ("innsyn-other", "x"),
        ("proxy-authorization", "Bearer x"),
        ("spin-client-addr", "192.0.2.1"),
        ("spin-full-url", "https://elsewhere.example/"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-host", "elsewhere.example"),
        ("x-real-ip", "192.0.2.1"),
    ];
    let mut request = Client::new().post(url(&gateway, "/consent")).body("{}");
    for (name, value) in kept.iter().chain(&stripped) {
        request = request.header(*name, *value);
    }
    assert_eq!(sent(request).await.status, 200);
    let seen = app.last();
    for (name, value) in kept {
        assert_eq!(seen.headers.get(name).expect(name), value);
    }
    let mut others: Vec<_> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    others.retain(|name| !kept.iter().any(|(kept, _)| kept == name));
    others.sort_unstable();
    assert_eq!(others, ["connection", "content-length", "host"]);
    assert_eq!(seen.headers["host"], "localhost");
}
