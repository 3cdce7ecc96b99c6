//! Routes and headers that the gateway passes.

use std::fs;
use std::path::Path;

use http::Method;
use journeys::{GatewayOptions, SOLE_PROPRIETORSHIP};
use reqwest::Client;

use super::{App, raw, readable, sent, url};

/// Documented route.
#[derive(Debug)]
struct DocumentedRoute {
    method: Method,
    /// Path with valid values for its parameters.
    path: String,
    /// False for routes of timers and services.
    is_public: bool,
}

/// Lists the documented routes.
fn documented() -> Vec<DocumentedRoute> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.yaml");
    let text = fs::read_to_string(path).expect("a description");
    let (_, paths) = text.split_once("\npaths:\n").expect("paths");
    let mut found: Vec<DocumentedRoute> = Vec::new();
    let mut path = String::new();
    for line in paths.lines() {
        if let Some(named) = line.strip_prefix("  /") {
            path = format!("/{}", named.trim_end_matches(':'))
                .replace("{id}", &"a".repeat(32))
                .replace("{job}", "SAK-1")
                .replace("{name}", "loan")
                .replace("{version}", "1")
                .replace("{signer}", "0")
                .replace("{outcome}", "completed");
            assert!(!path.contains('{'), "{path}");
        }
        let is_private = ["        - maintenance: []", "        - service: []"].contains(&line);
        if let Some(last) = found.last_mut().filter(|_| is_private) {
            last.is_public = false;
        }
        let method = match line {
            "    get:" => Method::GET,
            "    post:" => Method::POST,
            "    delete:" => Method::DELETE,
            _ => continue,
        };
        let path = path.clone();
        found.push(DocumentedRoute {
            method,
            path,
            is_public: true,
        });
    }
    assert!(found.len() > 20, "{found:?}");
    assert!(found.iter().any(|route| !route.is_public), "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_for_customers_are_published_and_no_others() {
    let Some((app, gateway)) = App::behind(&GatewayOptions::default()).await else {
        return;
    };
    let http = Client::new();
    for DocumentedRoute {
        method,
        path,
        is_public,
    } in documented()
    {
        let before = app.lines();
        let answer = sent(http.request(method.clone(), url(&gateway, &path))).await;
        if is_public {
            assert_eq!(answer.status, 200, "{path}: {answer:#?}");
            assert_eq!(app.lines().last(), Some(&format!("{method} {path}")));
        } else {
            answer.problem(404, "route-unknown");
            assert_eq!(app.lines(), before, "{path}");
        }
    }
    let query = "/consent/callback?state=a%2Fb&x=%20";
    sent(http.get(url(&gateway, query))).await;
    assert_eq!(app.last().line, format!("GET {query}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_private_path_gets_through() {
    let Some((app, gateway)) = App::behind(&GatewayOptions::default()).await else {
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
    // A name other than the app's is not served, whether the path is public or not.
    let elsewhere =
        "GET /consent HTTP/1.1\r\nHost: token.spin.internal\r\nConnection: close\r\n\r\n";
    let answer = raw(gateway.address(), elsewhere).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(app.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_learns_that_there_is_nothing() {
    let Some((app, gateway)) = App::behind(&GatewayOptions::default()).await else {
        return;
    };
    let preflight = |path: &str, method: Method| {
        let request = Client::new().request(method, url(&gateway, path));
        let request = request.header("origin", "https://bank.example.no");
        sent(request.header("access-control-request-method", "GET"))
    };
    for path in ["/nothing", "/token", "/signatures/drain"] {
        let answer = preflight(path, Method::OPTIONS).await;
        assert_eq!(answer.status, 204, "{answer:#?}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-methods"), "*");
        let headers = answer.header("access-control-allow-headers");
        assert_eq!(headers, "*, authorization");
        let answer = preflight(path, Method::GET).await;
        answer.problem(404, "route-unknown");
        readable(&answer);
    }
    assert_eq!(app.lines(), [""; 0]);
    // The app answers for its own routes.
    assert_eq!(preflight("/consent", Method::OPTIONS).await.status, 200);
    assert_eq!(app.last().line, "OPTIONS /consent");
    let plain = Client::new().request(Method::OPTIONS, url(&gateway, "/nothing"));
    sent(plain).await.problem(404, "route-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_that_the_app_reads_arrive_and_no_others() {
    let Some((app, gateway)) = App::behind(&GatewayOptions::default()).await else {
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
