//! Refusals of orders: by the app before a request is sent, by Posten's server, and by the app's
//! verification of that server.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use host::{AccessControl, Egress, Limits, Log};
use journeys::{AGREEMENT, TestBed, TestOptions, on_spin};
use sandbox::kit::ExternalService;
use sandbox::posten::{ServerCertificate, Switches};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_and_limits_are_named_before_anything_is_sent() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let number = ragna.pid.clone();
    let spaced = format!("{} {}", &number[..6], &number[6..]);
    let document =
        |content: &[u8]| json!([{ "title": "Avtale", "content": STANDARD.encode(content) }]);
    let large = [AGREEMENT, &vec![b' '; 10 * 1024 * 1024]].concat();
    let cases: [(&str, Value, &str, &str); 6] = [
        (
            "documents",
            json!([{ "title": format!("Avtale {number}"), "content": STANDARD.encode(AGREEMENT) }]),
            "personal-data-misplaced",
            "documents[0].title",
        ),
        (
            "documents",
            json!([{ "title": format!("Avtale {spaced}"), "content": STANDARD.encode(AGREEMENT) }]),
            "personal-data-misplaced",
            "documents[0].title",
        ),
        (
            "documents",
            document(b"no PDF"),
            "document-refused",
            "documents[0]",
        ),
        (
            "documents",
            document(&large),
            "document-refused",
            "documents",
        ),
        ("title", json!("x".repeat(81)), "request-invalid", "title"),
        ("documents", json!([]), "request-invalid", "documents"),
    ];
    for (member, value, slug, field) in cases {
        let answer = ragna.orders_with(|order| order[member] = value).await;
        let problem = answer.problem(400, slug);
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(field), "{problem}");
        assert!(
            !answer.body.contains(&number) && !answer.body.contains(&spaced),
            "{problem}"
        );
    }
    assert_eq!(bed.calls(ExternalService::Posten), 0);
    bed.log_is_clean(&[&number, &spaced]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_posten_gets_nothing() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    for shown in [
        ServerCertificate::WrongOrganisation,
        ServerCertificate::WrongAuthority,
        ServerCertificate::Expired,
    ] {
        bed.services().posten.set_switches(Switches {
            server_certificate: shown,
            ..Switches::default()
        });
        ragna
            .orders_with(|_| ())
            .await
            .problem(502, "counterparty-not-trusted");
    }
    assert!(bed.jobs_at_posten().await.is_empty());
    // The certificate with the number in its attribute of before 2025.
    let former = ServerCertificate::Seid1;
    bed.services().posten.set_switches(Switches {
        server_certificate: former,
        ..Switches::default()
    });
    ragna.orders().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_proxy_where_the_host_cannot_hold_posten_to_its_number() {
    let options = TestOptions {
        no_pins: true,
        ..TestOptions::default()
    };
    let mut bed = TestBed::with(options).await;
    // Without a host name there is no trust. Spin does not report why TLS failed.
    let (status, problem) = if on_spin() {
        (503, "source-down")
    } else {
        (502, "counterparty-not-trusted")
    };
    bed.customer("ragna")
        .orders_with(|_| ())
        .await
        .problem(status, problem);

    let folder = tempfile::tempdir().expect("a folder");
    let pins = folder.path().join("pins.toml");
    std::fs::write(&pins, bed.sandbox.pins(&[])).expect("a file");
    let egress = Egress::load(&pins, AccessControl::loopback(), Log::memory()).expect("pins");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("bound"));
    let running = egress.serve(listener).expect("a proxy");
    let own_origin = bed.sandbox.addresses().posten.clone();
    bed.restart_app_with(BTreeMap::from([
        ("posten_origin".to_owned(), proxy),
        ("posten_proxy_path".to_owned(), "/posten".to_owned()),
        ("posten_own_origin".to_owned(), own_origin),
    ]))
    .await;

    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    assert_eq!(ragna.job(&id).await["status"], "completed");
    assert_eq!(ragna.fetches(&id, "pades").await.0, 200);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_take_less_than_four_times_as_much_memory() {
    let limits = Limits {
        max_memory: 40 * 1024 * 1024,
        ..Limits::default()
    };
    let bed = TestBed::with(TestOptions {
        limits,
        ..TestOptions::default()
    })
    .await;
    let ragna = bed.customer("ragna");
    // A comment after the end of a PDF file, which does not compress.
    let mut large = AGREEMENT.to_vec();
    let mut state = 1_u64;
    while large.len() < 10 * 1024 * 1024 - 8 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        large.extend_from_slice(&state.to_be_bytes());
    }
    let job = ragna.orders_files(&[&large]).await.json(201);
    let redirect = job["signers"][0]["redirect_url"]
        .as_str()
        .expect("an address");
    bed.browser()
        .signs_and_returns(redirect, "ragna", "sign")
        .await;
    let id = job["id"].as_str().expect("an id");
    let (status, _, pades) = ragna.fetches(id, "pades").await;
    assert_eq!(status, 200);
    println!(
        "a document of {} bytes came back as {}",
        large.len(),
        pades.len()
    );
}
