//! Examples of a bank's back end, `examples/back-end`: each registers a template, orders, receives
//! the event, fetches, archives and acknowledges.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use journeys::{AGREEMENT, Example, RunningExample, TestBed, ThirdPartyPrograms};
use jsonwebtoken::{Algorithm, EncodingKey};
use sandbox::bank::Customer;
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const REFERENCE: &str = "account-2026-17";

#[tokio::test(flavor = "multi_thread")]
async fn the_one_in_python_orders_receives_archives_and_acknowledges() {
    if let Some(others) = ThirdPartyPrograms::installed() {
        walks_the_road(Example::in_python(&others)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_in_typescript_orders_receives_archives_and_acknowledges() {
    if let Some(others) = ThirdPartyPrograms::installed() {
        walks_the_road(Example::in_typescript(&others).await).await;
    }
}

async fn walks_the_road(example: Example) {
    let mut bed = TestBed::start().await;
    let archive = tempfile::tempdir().expect("a folder");
    let example = with_settings(example, &bed, archive.path());
    let missing = example
        .runs("other", "")
        .await
        .expect_err("no such command");
    assert!(missing.contains("template | order | serve"), "{missing}");
    let receiver = example.serves().await;
    let events = bed
        .sandbox
        .events_to(&format!("{}/events", receiver.origin));
    bed.restart_app_with(events.expect("an address")).await;

    let template = example.runs("template", "").await.expect("a template");
    assert_eq!(example.runs("template", "").await, Ok(template));

    let person = Customer::named("ragna").expect("a customer");
    let order = json!({
        "reference": REFERENCE,
        "customer": person.subject,
        "number": person.pid,
    });
    let order = order.to_string();
    let job = example.runs("order", &order).await.expect("a job");
    let again = example.runs("order", &order).await.expect("the same job");
    let id = job["id"].as_str().expect("an id");
    assert_eq!(again["id"], id);
    assert_eq!(bed.jobs_at_posten().await.len(), 1);
    let ragna = bed.customer("ragna");
    assert_eq!(ragna.job(id).await["status"], "in_progress");

    let redirect = again["signers"][0]["redirect_url"].as_str();
    let back = bed
        .browser()
        .signs_and_returns(redirect.expect("an address"), "ragna", "sign")
        .await;
    assert!(back.contains("signature=completed"), "{back}");
    bed.until(async |bed| {
        bed.drains().await.json(200);
        receiver.has_said("acknowledged") && handled_event(archive.path()).is_some()
    })
    .await;

    is_archived(archive.path(), id);
    only_the_apps_events_count(&bed, &receiver, archive.path()).await;
    for line in receiver.log() {
        assert!(
            !line.contains(person.pid) && !line.contains("eyJ"),
            "{line}"
        );
    }
    bed.log_is_clean(&[person.pid]);
}

fn with_settings(example: Example, bed: &TestBed, archive: &Path) -> Example {
    let back_end = bed.sandbox.back_end();
    let document = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sandbox/pages/agreement.pdf"
    );
    example
        .with("INNSYN_URL", &bed.inside)
        .with("INNSYN_CONSUMER", FJORDBANKEN)
        .with("INNSYN_SUBJECT", back_end.subject)
        .with("INNSYN_KEY", back_end.seed)
        .with("DOCUMENT", document)
        .with(
            "RETURN_ADDRESS",
            format!("{}/sign", bed.sandbox.addresses().bank_page),
        )
        .with("ARCHIVE", archive.to_str().expect("a path in UTF-8"))
        .with("EVENT_SECRETS", back_end.event_secret)
        .with("LISTEN", "127.0.0.1:0")
}

/// Checks the archive: the job's folder is complete, and nothing is left beside it.
fn is_archived(archive: &Path, job: &str) {
    let folder = archive.join(REFERENCE).join(job);
    let read = |name: &str| fs::read(folder.join(name)).expect("an archived file");
    let document = read("document.pdf");
    assert!(document.starts_with(b"%PDF-") && document.len() > AGREEMENT.len());
    let signature = read("signature-0.xml");
    assert!(String::from_utf8_lossy(&signature).contains("SignatureValue"));
    let archived: Value = serde_json::from_slice(&read("job.json")).expect("JSON");
    assert_eq!(
        (&archived["id"], &archived["status"]),
        (&json!(job), &json!("completed"))
    );
    let mut names: Vec<_> = names_in(archive);
    names.sort();
    assert_eq!(names, [".events", REFERENCE]);
}

/// Returns the id and the body of the event that the receiver has handled.
fn handled_event(archive: &Path) -> Option<(String, String)> {
    let done = archive.join(".events/done");
    let mut events = names_in(&done).into_iter().map(|id| {
        let body = fs::read_to_string(done.join(&id)).expect("an event");
        (id, body)
    });
    events.find(|(_, body)| body.contains("innsyn.signature.completed"))
}

/// Sends what an attacker or a careless sender would send to the receiver.
async fn only_the_apps_events_count(bed: &TestBed, receiver: &RunningExample, archive: &Path) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let done = archive.join(".events/done");
    let ids = names_in(&done);
    let (id, body) = &handled_event(archive).expect("an event");
    let sends = async |path: &str, at: u64, signature: &str, body: &str| {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", receiver.origin))
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .body(body.to_owned());
        request.send().await.expect("an answer").status().as_u16()
    };
    let secret = bed.sandbox.back_end().event_secret;
    let signature = |at: u64| signature(secret, id, at, body);
    let good = signature(now);
    // A repeat, also by two secrets while the app changes them.
    assert_eq!(sends("/events", now, &good, body).await, 204);
    let both = format!("v1,AAAA {good}");
    assert_eq!(sends("/events", now, &both, body).await, 204);
    assert!(receiver.has_said("seen before"));
    assert_eq!(names_in(&done), ids);

    let other = body.replace("completed", "failed");
    for (at, signature, body) in [
        (now, &good, &other),
        (now, &"v1,AAAA".to_owned(), body),
        (now, &String::new(), body),
        (now - 600, &signature(now - 600), body),
        (now + 600, &signature(now + 600), body),
        (now + 1, &good, body),
    ] {
        assert_eq!(sends("/events", at, signature, body).await, 401);
    }
    assert_eq!(sends("/other", now, &good, body).await, 404);
    // Refused by what the head says: no body is read.
    let head = "POST /events HTTP/1.1\r\nHost: bank\r\nContent-Length: 65537\r\n\r\n";
    let address = receiver.origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("a request");
    let status = BufReader::new(stream).lines().next_line().await;
    let status = status.expect("an answer").unwrap_or_default();
    assert!(status.contains(" 413"), "{status}");
}

/// Returns the signature of an event by `secret`, as the Standard Webhooks specification has it.
fn signature(secret: &str, id: &str, at: u64, body: &str) -> String {
    let key = EncodingKey::from_base64_secret(secret.trim_start_matches("whsec_")).expect("base64");
    let signed = format!("{id}.{at}.{body}");
    let mac = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256);
    let mac = URL_SAFE_NO_PAD
        .decode(mac.expect("a signature"))
        .expect("base64url");
    format!("v1,{}", STANDARD.encode(mac))
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    entries
        .map(|entry| name(entry).into_string().expect("UTF-8"))
        .collect()
}
