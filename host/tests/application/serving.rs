//! Routes, headers, the access log and stopping.

use std::time::Duration;

use crate::support::{Application, expect_problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_component_answers_its_route_and_nothing_else() {
    let running = Application::default().start(|_| ()).await;
    assert_eq!(
        running.get("/front/hello", &[]).await,
        (200, "hello".to_owned())
    );
    assert_eq!(
        running.get("/front/a/hello", &[]).await,
        (200, "hello".to_owned())
    );
    for path in [
        "/",
        "/frontier/hello",
        "/back/hello",
        "/.well-known/spin/info",
    ] {
        let answer = running.request(path, &[]).send().await.unwrap();
        expect_problem(answer, 404).await;
    }
    assert_eq!(
        running.get("/.well-known/spin/health", &[]).await,
        (200, "OK".to_owned())
    );
    assert_eq!(
        (
            running.server().instances("back"),
            running.server().requests("front")
        ),
        (0, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_component_cannot_be_reached_from_outside() {
    let running = Application::default().start(|_| ()).await;
    for host in [
        "back.spin.internal",
        "BACK.spin.internal:80",
        "front.spin.internal",
        "back.spin.internal.",
    ] {
        assert_eq!(
            running.get("/front/hello", &[("host", host)]).await.0,
            404,
            "{host}"
        );
    }
    assert_eq!(running.server().requests("back"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn components_reach_each_other_where_that_is_allowed() {
    let running = Application::calling(&["http://back.spin.internal", "http://self"])
        .start(|_| ())
        .await;
    assert_eq!(
        running
            .outbound("http://back.spin.internal/any/hello")
            .await,
        (200, "200 hello".to_owned())
    );
    assert_eq!(
        running.outbound("http://self.alt/front/hello").await,
        (200, "200 hello".to_owned())
    );
    let (status, text) = running.outbound("http://self.alt/back/hello").await;
    assert_eq!(status, 200);
    assert!(
        text.starts_with("404 {") && text.contains("Not Found"),
        "{text}"
    );
    assert_eq!(
        running.outbound("http://front.spin.internal/hello").await,
        (502, "ErrorCode::HttpRequestDenied".to_owned())
    );
    assert_eq!(
        (
            running.server().instances("back"),
            running.server().requests("back")
        ),
        (1, 1)
    );
    assert!(running.log_has(
        r#""component":"back","caller":"front","route":null,"method":"GET","status":200"#
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_described_by_the_host_and_by_nobody_else() {
    let running = Application::default().start(|_| ()).await;
    let forged = [
        ("spin-client-addr", "10.0.0.1:1"),
        ("spin-path-match-user", "someone"),
        ("other", "kept"),
    ];
    let (_, headers) = running.get("/front/sub/headers?a=b", &forged).await;
    let address = running.server().address();
    for line in [
        "spin-path-info: /sub/headers".to_owned(),
        format!("spin-full-url: http://{address}/front/sub/headers?a=b"),
        "spin-matched-route: /front/...".to_owned(),
        "spin-base-path: /".to_owned(),
        "spin-raw-component-route: /front/...".to_owned(),
        "spin-component-route: /front".to_owned(),
        "other: kept".to_owned(),
    ] {
        assert!(
            headers.lines().any(|header| header == line),
            "{line}\n{headers}"
        );
    }
    assert!(
        headers.contains("spin-client-addr: 127.0.0.1:"),
        "{headers}"
    );
    assert!(!headers.contains("someone"), "{headers}");
    assert_eq!(
        running.get("/front/uri?a=b", &[]).await.1,
        format!("http://{address}/front/uri?a=b")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_has_patterns_instead_of_paths() {
    let running = Application::default().start(|_| ()).await;
    running.get("/front/hello/12345?secret=6789", &[]).await;
    running.get("/unknown/12345", &[]).await;
    let lines = running.log.lines().join("\n");
    assert!(lines.contains(r#""event":"request","component":"front","route":"/front/...","method":"GET","status":502,"duration_ms":"#), "{lines}");
    assert!(
        lines.contains(r#""component":null,"route":null,"method":"GET","status":404"#),
        "{lines}"
    );
    assert!(
        !lines.contains("12345") && !lines.contains("6789"),
        "{lines}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_output_goes_to_the_log_line_by_line() {
    let running = Application::default().start(|_| ()).await;
    running.get("/front/output", &[]).await;
    let lines = running.log.lines();
    for line in ["to standard output", "to standard error"] {
        assert!(lines.iter().any(|logged| logged == line), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_in_both_directions() {
    let running = Application::default().start(|_| ()).await;
    let body = "x".repeat(1_000_000);
    let address = format!("http://{}/front/echo", running.server().address());
    let response = running
        .client
        .post(address)
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-length"], "1000000");
    assert_eq!(response.text().await.unwrap(), body);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_requests_in_flight_finish() {
    let running = Application::default().start(|_| ()).await;
    let request = running.request("/front/slow", &[("probe-ms", "400")]);
    let address = running.server().address();
    let slow = tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    while running.server().requests("front") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.shutdown().await;
    assert_eq!(slow.await.unwrap(), "slow");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
