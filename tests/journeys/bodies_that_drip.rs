//! Slow request bodies: requests without a login are refused at once, and slow uploads do not
//! prevent other orders.

use std::net::SocketAddr;
use std::time::Duration;

use journeys::{TestBed, on_spin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// More than the first step of the minimum rate, so that the upload is under way.
const BEGINNING: usize = 100 * 1024;

/// Length that a large order announces, in bytes.
const LENGTH: usize = 13_000_000;

/// Opens a connection and sends `head` and `bytes` bytes of a body.
async fn begins(address: SocketAddr, head: &str, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&vec![b'x'; bytes]).await.expect("sent");
    stream
}

/// Reads the beginning of the answer, while the rest of the body is still missing.
async fn answer(stream: &mut TcpStream, within: Duration) -> String {
    let mut read = vec![0; 4096];
    let length = timeout(within, stream.read(&mut read)).await;
    let length = length.expect("an answer in time").expect("readable");
    String::from_utf8_lossy(&read[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused_before_a_body_is_read() {
    let bed = TestBed::start().await;
    let address = bed.app().address();
    for (path, content_type) in [
        ("/consent", "application/json"),
        ("/consent/sweep", "application/json"),
        ("/signatures", "application/json"),
        ("/signatures", "multipart/form-data; boundary=x"),
        ("/signatures/drain", "application/json"),
        ("/signatures/sweep", "application/json"),
    ] {
        for login in ["", "Authorization: Bearer x\r\n"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\n{login}Content-Type: {content_type}\r\nContent-Length: 60000\r\n\r\n"
            );
            let mut stream = begins(address, &head, 1_000).await;
            let answer = answer(&mut stream, Duration::from_secs(8)).await;
            assert!(answer.starts_with("HTTP/1.1 401 "), "{path}: {answer}");
        }
    }
    for line in bed.log.lines() {
        assert!(!line.contains("\"level\":\"error\""), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_uploads_that_drip_keep_nobody_from_ordering() {
    let bed = TestBed::start().await;
    let address = bed.app().address();
    let (ola, ragna) = (bed.customer("eirik"), bed.customer("ragna"));
    ragna.orders().await;
    let head = ola.head("/signatures", "application/json", LENGTH);
    let mut drips = Vec::new();
    for _ in 0..4 {
        drips.push(begins(address, &head, BEGINNING).await);
    }
    if !on_spin() {
        bed.until(async |bed| bed.app().requests("signature") >= 5)
            .await;
    }
    let order = timeout(Duration::from_secs(10), ragna.orders());
    order.await.expect("an order within ten seconds");
    for drip in &mut drips {
        let answer = answer(drip, Duration::from_secs(30)).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    let lines = bed.log.lines();
    let mut slow = lines.iter().filter(|line| line.contains("request-timeout"));
    assert!(slow.clone().count() >= 4, "{lines:?}");
    assert!(slow.all(|line| line.contains("\"level\":\"info\"")));
}
