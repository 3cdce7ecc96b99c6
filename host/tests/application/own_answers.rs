//! Answers of the host itself: to clients of HTTP/1.0, and to pages in a browser.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Application, RunningApplication, expect_problem};

/// Sends bytes as they are, and returns the head and the body of the answer, after which the
/// connection ends.
async fn raw(running: &RunningApplication, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(running.server().address())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

const HEALTH: &str = "/.well-known/spin/health";

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_of_http_1_0_asks_for_health_without_a_host() {
    let running = Application::default().start(|_| ()).await;
    for (request, status, body) in [
        (format!("GET {HEALTH} HTTP/1.0\r\n\r\n"), "200 ok", "OK"),
        (
            format!("GET {HEALTH} HTTP/1.0\r\nHost: x\r\n\r\n"),
            "200 ok",
            "OK",
        ),
        (format!("HEAD {HEALTH} HTTP/1.0\r\n\r\n"), "200 ok", ""),
        (
            format!("GET {HEALTH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            "200 ok",
            "OK",
        ),
    ] {
        let (head, told) = raw(&running, &request).await;
        let line = head.lines().next().unwrap();
        assert!(line.ends_with(status), "{request}: {head}");
        assert_eq!(told, body, "{request}");
        assert!(head.contains("cache-control: no-store"), "{head}");
    }
    // HTTP/1.1 names its host (RFC 9112 §3.2), and a component gets the request's authority.
    for request in [
        format!("GET {HEALTH} HTTP/1.1\r\nConnection: close\r\n\r\n"),
        format!("GET {HEALTH} HTTP/1.0\r\nHost: a b\r\n\r\n"),
        format!("GET {HEALTH} HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        "GET /front/hello HTTP/1.0\r\n\r\n".to_owned(),
    ] {
        let (head, body) = raw(&running, &request).await;
        assert!(head.contains(" 400 bad request"), "{request}: {head}");
        assert!(head.contains("content-type: application/problem+json"));
        assert!(body.contains(r#""title":"Bad Request","status":400"#));
    }
    let unknown = "GET /.well-known/spin/info HTTP/1.0\r\n\r\n";
    assert!(raw(&running, unknown).await.0.contains(" 404 not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_answers_can_be_found_in_its_log() {
    let running = Application::default().start(|_| ()).await;
    for (path, status) in [("/nothing", 404), ("/front/trap", 500)] {
        let answer = running.request(path, &[]).send().await.unwrap();
        let headers = expect_problem(answer, status).await;
        let id = headers["correlation-id"].to_str().unwrap();
        let line = format!(r#""correlation_id":"{id}""#);
        assert!(running.log_has(&line), "{path}");
    }
    let own = running.request("/front/hello", &[]).send().await.unwrap();
    assert!(!own.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_learns_that_no_component_is_there() {
    let running = Application::default().start(|_| ()).await;
    let preflight = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "DELETE"),
        ("access-control-request-headers", "authorization"),
    ];
    let options = |path: &str, headers: &[(&str, &str)]| {
        let url = format!("http://{}{path}", running.server().address());
        let request = running.client.request(reqwest::Method::OPTIONS, url);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.send()
    };
    let answer = options("/nothing", &preflight).await.unwrap();
    assert_eq!(answer.status(), 204);
    let headers = answer.headers();
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "*");
    assert_eq!(headers["access-control-allow-headers"], "*, authorization");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    // An incomplete preflight is a plain request, and a component answers its preflights itself.
    for headers in [&[][..], &preflight[..1], &preflight[1..]] {
        let answer = options("/nothing", headers).await.unwrap();
        expect_problem(answer, 404).await;
    }
    let answer = options("/front/hello", &preflight).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "hello");
}
