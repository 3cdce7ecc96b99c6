//! Limits by address, and on the size and pace of a request.

use journeys::{CLIENT, GatewayOptions};
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{App, raw, readable, sent, url};

#[tokio::test(flavor = "multi_thread")]
async fn bodies_arrive_whole_and_within_limits() {
    let Some((app, gateway)) = App::behind(&GatewayOptions::default()).await else {
        return;
    };
    let http = Client::new();
    for (path, largest) in [("/consent", 64 << 10), ("/signatures", 14 << 20)] {
        let post = |size| http.post(url(&gateway, path)).body(vec![b'x'; size]);
        assert_eq!(sent(post(largest)).await.status, 200, "{path}");
        assert_eq!(app.last().body, largest);
        let refused = sent(post(largest + 1)).await;
        refused.problem(413, "body-too-large");
        readable(&refused);
        assert_eq!(app.lines(), [""; 0], "{path}");
    }
    // Without a length in advance: the app still gets one.
    let chunked = "POST /consent HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
                   2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n";
    let answer = raw(gateway.address(), chunked).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let seen = app.last();
    assert_eq!(
        (seen.body, seen.headers["content-length"].as_bytes()),
        (4, &b"4"[..])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_does_not_wait_for_slow_bodies() {
    let options = GatewayOptions {
        changes: vec![("client_body_timeout 10s", "client_body_timeout 300ms")],
        ..GatewayOptions::default()
    };
    let Some((app, gateway)) = App::behind(&options).await else {
        return;
    };
    let half = "POST /consent HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n{}";
    let answer = raw(gateway.address(), half).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert_eq!(app.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_ask_so_often_and_others_are_not_counted_with_it() {
    // Slow enough that a slow machine does not refill the spent budget.
    let options = GatewayOptions {
        changes: vec![("rate=50r/s", "rate=1r/m"), ("rate=5r/s", "rate=1r/m")],
        ..GatewayOptions::default()
    };
    let Some((app, gateway)) = App::behind(&options).await else {
        return;
    };
    let http = Client::new();
    let ask = async |path: &str, client: &str| {
        let request = http.post(url(&gateway, path)).header(CLIENT, client);
        sent(request).await
    };
    for _ in 0..=200 {
        assert_eq!(ask("/consent", "192.0.2.1").await.status, 200);
    }
    let refused = ask("/consent", "192.0.2.1").await;
    refused.problem(429, "too-many-calls");
    assert_eq!(refused.header("retry-after"), "1");
    readable(&refused);
    assert_eq!(app.lines().len(), 201);
    assert_eq!(ask("/consent", "192.0.2.2").await.status, 200);

    // Orders have a lower limit, and a customer's IPv6 addresses count as one.
    for number in 0..=10 {
        let answer = ask("/signatures", &format!("2001:db8:1:2::{number:x}")).await;
        assert_eq!(answer.status, 200, "{number}");
    }
    for same in ["2001:db8:1:2:ffff::1", "2001:db8:1:2:3:4:5:6"] {
        ask("/signatures", same)
            .await
            .problem(429, "too-many-calls");
        assert_eq!(ask("/consent", same).await.status, 200);
    }
    for other in ["2001:db8:1:3::1", "2001:db8::1", "::ffff:192.0.2.9"] {
        assert_eq!(ask("/signatures", other).await.status, 200, "{other}");
    }
    // Requests over a limit are in the log, others are not.
    let log = gateway.log().join("\n");
    assert!(log.contains(r#""status":"429""#), "{log}");
    assert!(log.contains(r#""limited":"192.0.2.1""#), "{log}");
    assert!(log.contains(r#""limited":"2001:db8:1:2::/64""#), "{log}");
    assert!(!log.contains("192.0.2.2"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_have_so_many_requests_open() {
    let options = GatewayOptions {
        changes: vec![(
            "limit_conn innsyn_connections 100",
            "limit_conn innsyn_connections 3",
        )],
        ..GatewayOptions::default()
    };
    let Some((_app, gateway)) = App::behind(&options).await else {
        return;
    };
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(gateway.address())
            .await
            .expect("a connection");
        let half = "POST /consent HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
        stream.write_all(half.as_bytes()).await.expect("sent");
        // It waits for the body: the request is counted.
        let mut went_on = [0; 12];
        stream.read_exact(&mut went_on).await.expect("an answer");
        assert_eq!(&went_on, b"HTTP/1.1 100");
        open.push(stream);
    }
    let http = Client::new();
    let refused = sent(http.get(url(&gateway, "/consent"))).await;
    refused.problem(429, "too-many-calls");
    let other = http
        .get(url(&gateway, "/consent"))
        .header(CLIENT, "192.0.2.2");
    assert_eq!(sent(other).await.status, 200);
}
