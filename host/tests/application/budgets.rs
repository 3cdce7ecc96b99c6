//! Calls over their budget, and marks that are never sent: by components, and through the proxy.

use std::fs;

use host::{AccessControl, Egress, Log};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::Application;
use crate::upstream::{Authority, Tls, Upstream, plain};

const MARKS: [(&str, &str); 6] = [
    ("innsyn-call-class", "orders"),
    ("innsyn-call-tenant", "310000205"),
    ("innsyn-call-service", "posten"),
    ("innsyn-call-customer", "5f2c"),
    ("innsyn-call-wait", "50"),
    ("innsyn-call-timeout", "30000"),
];

/// Returns a budget of one call in progress.
fn one_at_a_time(origin: &str) -> String {
    format!("[[budget]]\nname = \"narrow\"\norigins = [\"{origin}\"]\ncalls_in_progress = 1\n")
}

/// Waits for a connection to the server.
async fn called(upstream: &Upstream) {
    while upstream.connections() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_hears_that_its_call_was_not_made() {
    let upstream = plain().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("pins.toml");
    fs::write(&file, one_at_a_time(&origin)).unwrap();
    let application = Application::calling(&[&origin]);
    let running = application.start(|options| options.pins = Some(file)).await;
    let call = async |path: &str| {
        let url = format!("{origin}{path}");
        let mut headers = vec![("probe-url", url.as_str())];
        headers.extend(MARKS);
        running.get("/front/outbound", &headers).await
    };
    {
        let slow = call("/slow");
        let mut slow = std::pin::pin!(slow);
        tokio::select! {
            _ = &mut slow => panic!("it never answers"),
            () = called(&upstream) => {}
        }
        let over = async {
            let (status, answer) = call("/").await;
            assert_eq!(status, 200);
            assert!(
                answer.starts_with("429 ") && answer.contains("too-many-calls"),
                "{answer}"
            );
        };
        tokio::select! {
            _ = &mut slow => panic!("it never answers"),
            () = over => {}
        }
        assert_eq!(upstream.connections(), 1);
        assert!(running.log_has("over the budget `narrow`, class `other`"));
        assert!(!running.log_has("5f2c"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_do_not_leave_with_a_budget_or_without() {
    let upstream = plain().await;
    let origin = format!("http://127.0.0.1:{}", upstream.port());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("pins.toml");
    fs::write(&file, one_at_a_time(&origin)).unwrap();
    for pins in [None, Some(file)] {
        let application = Application::calling(&[&origin]);
        let running = application.start(|options| options.pins = pins).await;
        let url = format!("{origin}/headers");
        let mut headers = vec![("probe-url", url.as_str())];
        headers.extend(MARKS);
        let (status, names) = running.get("/front/outbound", &headers).await;
        assert_eq!(status, 200);
        assert!(names.contains("probe-url"), "{names}");
        assert!(!names.contains("innsyn"), "{names}");
        running.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_keeps_the_same_budgets() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let known = authority.write(folder.path(), &["one"]);
    let tls = Tls {
        names: Vec::new(),
        change: |params| {
            let number = rcgen::DnType::CustomDnType(vec![2, 5, 4, 97]);
            params.distinguished_name.push(number, "NTRNO-310000205");
        },
        ..Tls::default()
    };
    let upstream = authority.serve(tls, known).await;
    let origin = format!("https://localhost:{}", upstream.port());
    let pins = format!(
        "[[pin]]\nname = \"bud\"\norigin = \"{origin}\"\nroots_file = \"ca.pem\"\n\
         subject = [{{ attribute = \"organizationIdentifier\", value = \"NTRNO-310000205\" }}]\n\
         client_cert_file = \"one.pem\"\nclient_private_key_file = \"one.key\"\n{}",
        one_at_a_time(&origin)
    );
    let file = folder.path().join("pins.toml");
    fs::write(&file, pins).unwrap();
    let log = Log::memory();
    let egress = Egress::load(&file, AccessControl::loopback(), log.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let egress = egress.serve(listener).unwrap();
    let http = reqwest::Client::new();
    let request = |path: &str| {
        let request = http.get(format!("http://{}/bud{path}", egress.address()));
        MARKS.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    };
    let answer = request("/headers").send().await.unwrap();
    assert!(!answer.headers().contains_key("innsyn-call-refused"));
    let names = answer.text().await.unwrap();
    assert!(
        names.contains("host") && !names.contains("innsyn"),
        "{names}"
    );
    {
        let slow = tokio::spawn(request("/slow").send());
        let over = loop {
            // Until the other one arrives, this one is answered.
            let answer = request("/").send().await.unwrap();
            if answer.status() != 200 {
                break answer;
            }
        };
        assert_eq!(over.status(), 429);
        assert_eq!(over.headers()["innsyn-call-refused"], "narrow");
        assert_eq!(over.headers()["retry-after"], "1");
        slow.abort();
    }
    // A caller that disconnects releases its permit.
    while request("/").send().await.unwrap().status() != 200 {}
    let lines = log.lines().join("\n");
    assert!(
        lines.contains(r#""status":429,"outcome":"too-many-calls""#),
        "{lines}"
    );
    assert!(!lines.contains("5f2c"), "{lines}");
    egress.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_fault_is_refused_by_both() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("pins.toml");
    fs::write(&file, "[[budget]]\nname = \"a\"\norigins = []\nclas = 1\n").unwrap();
    let pins = file.clone();
    let application = Application::default();
    let folder = folder.path();
    let loaded = application.start_in(folder, |options| options.pins = Some(pins));
    let error = loaded.await.err().unwrap().to_string();
    assert!(
        error.contains("budget `a`: clas: unknown field `clas`"),
        "{error}"
    );
    let error = Egress::load(&file, AccessControl::loopback(), Log::memory())
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("budget `a`: clas: unknown field `clas`"),
        "{error}"
    );
}
