//! Clients that are slow, silent or too many: their effect on the application, and its absence on
//! other clients.

use std::time::Duration;

use host::ConnectionLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Application, RunningApplication};

/// Limit short enough to wait for, and long enough for a test's other work meanwhile.
const SHORT: Duration = Duration::from_millis(300);

async fn limited(change: impl FnOnce(&mut ConnectionLimits)) -> RunningApplication {
    Application::default()
        .start(|options| change(&mut options.connections))
        .await
}

async fn connect(running: &RunningApplication) -> TcpStream {
    TcpStream::connect(running.server().address())
        .await
        .unwrap()
}

/// Sends some bytes on a new connection, and returns the answer until the server closes it.
async fn exchange(running: &RunningApplication, sent: &[u8]) -> String {
    let mut stream = connect(running).await;
    stream.write_all(sent).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is an end too.
    _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Reads one answer without a body, and leaves the connection open.
async fn head(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

fn lines_with(running: &RunningApplication, text: &str) -> Vec<String> {
    let lines = running.log.lines().into_iter();
    lines.filter(|line| line.contains(text)).collect()
}

async fn logged(running: &RunningApplication, text: &str) {
    while !running.log_has(text) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn no_errors(running: &RunningApplication) {
    assert_eq!(
        lines_with(running, r#""level":"error""#),
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_head_has_its_time_and_silence_too() {
    let running = limited(|limits| limits.head = SHORT).await;
    let answer = exchange(&running, b"GET /front/hello HTTP/1.1\r\nhost: x\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    // A connection without a request gets no response.
    assert_eq!(exchange(&running, b"").await, "");
    logged(&running, "no request came on it in time").await;
    logged(&running, "a request head did not come in time").await;
    no_errors(&running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_ends_later_than_a_head_that_drips() {
    let running = limited(|limits| {
        limits.head = SHORT;
        limits.idle = Duration::from_mins(10);
    })
    .await;
    let mut stream = connect(&running).await;
    let whole = b"HEAD /front/hello HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(whole).await.unwrap();
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    // Twice the time of a head has no effect here.
    tokio::time::sleep(SHORT * 2).await;
    stream.write_all(whole).await.unwrap();
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    stream.write_all(b"HEAD /front/hello").await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_bodies_are_408_and_no_error_of_ours() {
    let running = limited(|limits| limits.body = SHORT).await;
    let half = b"POST /front/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf";
    let asked = (0..50).map(|_| exchange(&running, half));
    for answer in futures::future::join_all(asked).await {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let refused = r#""level":"info","event":"request","component":"front","route":"/front/...","method":"POST","status":408,"refused":"slow-body""#;
    assert_eq!(lines_with(&running, refused).len(), 50);
    no_errors(&running);
    // A body delayed by its reader alone is whole.
    assert_eq!(running.get("/front/hello", &[]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_keeps_its_rate_has_an_end_too() {
    let running = limited(|limits| limits.whole_body = SHORT).await;
    let half = b"POST /front/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf";
    let answer = exchange(&running, half).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    no_errors(&running);
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_under_sixteen_bytes_are_refused_after_the_first_hundred() {
    let running = limited(|limits| limits.small_chunks = 100).await;
    let start = "POST /front/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    for (chunks, status) in [(100, "200"), (101, "400"), (5000, "400")] {
        let body = "1\r\nx\r\n".repeat(chunks);
        let request = format!("{start}{body}10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
        let answer = exchange(&running, request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{chunks}: {answer}"
        );
    }
    assert_eq!(
        lines_with(&running, r#""status":400,"refused":"small-chunks""#).len(),
        2
    );
    no_errors(&running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    const LARGE: usize = 24 * 1024 * 1024;
    let running = limited(|limits| limits.write = SHORT).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(running.server().address()).await.unwrap();
    let start = format!("POST /front/echo HTTP/1.1\r\nhost: x\r\ncontent-length: {LARGE}\r\n\r\n");
    stream.write_all(start.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; LARGE]).await.unwrap();
    logged(&running, "the client does not read its answer").await;
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < LARGE, "{}", answer.len());
    no_errors(&running);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_shut_nobody_out() {
    let running = limited(|limits| (limits.total, limits.silent) = (2, 8)).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(connect(&running).await);
    }
    assert_eq!(running.get("/front/hello", &[]).await.0, 200);
    // The oldest has given way, and the newest has its time.
    assert_eq!(rest(&mut silent[0]).await, "");
    let whole = b"HEAD /front/hello HTTP/1.1\r\nhost: x\r\n\r\n";
    silent[39].write_all(whole).await.unwrap();
    assert!(head(&mut silent[39]).await.starts_with("HTTP/1.1 200 "));
    logged(&running, "closed for a newer one").await;
    no_errors(&running);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_its_share_of_connections_and_idle_ones_give_way() {
    let running = limited(|limits| limits.per_address = 1).await;
    let mut idle = connect(&running).await;
    let whole = b"HEAD /front/hello HTTP/1.1\r\nhost: x\r\n\r\n";
    idle.write_all(whole).await.unwrap();
    assert!(head(&mut idle).await.starts_with("HTTP/1.1 200 "));

    let mut busy = connect(&running).await;
    let slow = b"GET /front/slow HTTP/1.1\r\nhost: x\r\nprobe-ms: 60000\r\n\r\n";
    busy.write_all(slow).await.unwrap();
    // Closed for the one that is busy now.
    assert_eq!(rest(&mut idle).await, "");

    let answer = exchange(&running, whole).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    for header in ["retry-after: 1", "connection: close"] {
        assert!(answer.contains(header), "{answer}");
    }
    assert!(running.log_has(r#""level":"warn","event":"connection","reason":"refused (503)"#));
}
