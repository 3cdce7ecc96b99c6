//! Callers of the proxy that are silent, slow or too many, and a process without free file
//! descriptors.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use host::{AccessControl, ConnectionLimits, Egress, Log, RunningEgress};
use rcgen::KeyPair;
use reqwest::{Certificate, Client};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::{Authority, Upstream};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const SHORT: Duration = Duration::from_millis(300);
/// Environment variable that names the child process's file of pins.
const PINS: &str = "EGRESS_PINS";

/// Folder with pins, a certificate for the proxy, and a file of callers; and the counterparty of
/// the pins.
struct EgressTestBed {
    folder: TempDir,
    authority: Authority,
    upstream: Upstream,
}

impl EgressTestBed {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let authority = Authority::new();
        let upstream = crate::egress::counterparty(&authority, folder.path()).await;
        let number = "NTRNO-310000205";
        let pins = crate::egress::pin("bud", upstream.port(), number, Some("one"));
        fs::write(folder.path().join("pins.toml"), pins).unwrap();
        let callers = format!("payroll = \"{KEY}\"");
        fs::write(folder.path().join("callers.toml"), callers).unwrap();
        let key = KeyPair::generate().unwrap();
        authority.write_client(folder.path(), "localhost", &key, |_| ());
        Self {
            folder,
            authority,
            upstream,
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn guarded(&self) -> AccessControl {
        let path = |name| self.path(name);
        AccessControl::tls_with_callers(
            &path("localhost.pem"),
            &path("localhost.key"),
            &path("callers.toml"),
        )
        .unwrap()
    }

    async fn start(&self, access: AccessControl, limits: ConnectionLimits) -> (RunningEgress, Log) {
        let log = Log::memory();
        let egress = Egress::load(&self.path("pins.toml"), access, log.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = egress.with_connections(limits).serve(listener).unwrap();
        (running, log)
    }

    /// Sends a caller's request over TLS, and returns its status, which must arrive within seconds.
    async fn call(&self, egress: &RunningEgress, key: &str) -> u16 {
        let root = Certificate::from_der(&self.authority.root()).unwrap();
        let http = Client::builder()
            .tls_certs_only([root])
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let answer = http
            .get(format!(
                "https://localhost:{}/bud/",
                egress.address().port()
            ))
            .header("proxy-authorization", format!("Bearer {key}"));
        answer.send().await.unwrap().status().as_u16()
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_sockets_shut_no_caller_out() {
    let bed = EgressTestBed::new().await;
    let (egress, log) = bed
        .start(bed.guarded(), ConnectionLimits::of_egress())
        .await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(egress.address()).await.unwrap());
    }
    assert_eq!(bed.call(&egress, KEY).await, 200);
    // While they are renewed, too.
    for one in &mut silent {
        *one = TcpStream::connect(egress.address()).await.unwrap();
    }
    assert_eq!(bed.call(&egress, KEY).await, 200);
    assert!(!log.lines().iter().any(|line| line.contains("\"error\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_and_a_first_request_have_seconds() {
    let bed = EgressTestBed::new().await;
    let limits = ConnectionLimits {
        handshake: SHORT,
        ..ConnectionLimits::of_egress()
    };
    let (egress, log) = bed.start(bed.guarded(), limits).await;
    let mut silent = TcpStream::connect(egress.address()).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    let reason = "the TLS handshake was not complete in time";
    assert!(log.lines().iter().any(|line| line.contains(reason)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_takes_no_callers_place() {
    let bed = EgressTestBed::new().await;
    let limits = ConnectionLimits {
        total: 1,
        ..ConnectionLimits::of_egress()
    };
    let (egress, _) = bed.start(AccessControl::loopback(), limits).await;
    let host = egress.address();
    let ask = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let mut busy = TcpStream::connect(host).await.unwrap();
    let slow = ask("/bud/slow", &host.to_string());
    busy.write_all(slow.as_bytes()).await.unwrap();
    while bed.upstream.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // An admitted caller finds no place; another is refused for its credential.
    for (host, status, header) in [
        (&*host.to_string(), "503", "retry-after: 1"),
        ("elsewhere.example", "403", "connection: close"),
    ] {
        let mut stream = TcpStream::connect(egress.address()).await.unwrap();
        stream
            .write_all(ask("/bud/", host).as_bytes())
            .await
            .unwrap();
        let answer = rest(&mut stream).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains(header), "{answer}");
    }
    drop(busy);
    egress.shutdown().await;

    let (egress, _) = bed
        .start(bed.guarded(), ConnectionLimits::of_egress())
        .await;
    assert_eq!(bed.call(&egress, &format!("{KEY}0")).await, 407);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_sends_half_a_body_is_told_so() {
    let bed = EgressTestBed::new().await;
    let limits = ConnectionLimits {
        body: SHORT,
        ..ConnectionLimits::of_egress()
    };
    let (egress, log) = bed.start(AccessControl::loopback(), limits).await;
    let host = egress.address();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let half =
        format!("POST /bud/echo HTTP/1.1\r\nhost: {host}\r\ncontent-length: 100\r\n\r\nhalf");
    stream.write_all(half.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body-too-slow"), "{answer}");
    let lines = log.lines().join("\n");
    assert!(lines.contains(r#""outcome":"body-too-slow""#), "{lines}");
    assert!(!lines.contains(r#""level":"error""#), "{lines}");
}

/// Checks that a process with fewer file descriptors than callers logs this once.
#[tokio::test(flavor = "multi_thread")]
async fn without_file_descriptors_there_is_one_line_and_the_next_caller_comes_in() {
    let bed = EgressTestBed::new().await;
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 32 && exec \"$0\" --ignored --exact --nocapture crowds_at_egress::egress_in_a_process_of_its_own"])
        .arg(env::current_exe().unwrap())
        .env(PINS, bed.path("pins.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let address =
        stdout.find_map(|line| Some(line.unwrap().split_once("listens at ")?.1.to_owned()));
    let address = address.unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let silent: Vec<_> = (0..60)
        .map(|_| std::net::TcpStream::connect(&address).unwrap())
        .collect();
    let exhausted = |line: &str| {
        line.contains(
            r#""level":"error","event":"accept","reason":"out of file descriptors: this process"#,
        )
    };
    let line = stderr.find_map(|line| line.ok().filter(|line| exhausted(line)));
    assert!(line.unwrap().ends_with(r#""count":1}"#));

    let mut caller = std::net::TcpStream::connect(&address).unwrap();
    let ask = format!("GET /nobody/ HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    caller.write_all(ask.as_bytes()).unwrap();
    let mut answer = String::new();
    caller.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");

    drop((silent, child.stdin.take()));
    let rest: Vec<String> = stderr
        .map_while(Result::ok)
        .filter(|line| exhausted(line))
        .collect();
    assert!(child.wait().unwrap().success());
    // The others are counted, in a line every ten seconds and one at the end.
    assert!((1..=2).contains(&rest.len()), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "is run by another test, in a process of its own"]
async fn egress_in_a_process_of_its_own() {
    let pins = env::var(PINS).unwrap();
    let egress = Egress::load(Path::new(&pins), AccessControl::loopback(), Log::stderr()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = egress.serve(listener).unwrap();
    writeln!(std::io::stdout(), "listens at {}", running.address()).unwrap();
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
    running.shutdown().await;
}
