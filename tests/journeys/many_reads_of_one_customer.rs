//! Reads by one customer at the highest rate: Skatteetaten's limit is kept, without effect on
//! another customer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use host::{AccessControl, Egress, Log};
use journeys::{Customer, SOLE_PROPRIETORSHIP, TestBed, by_our_host_alone};
use sandbox::bank::Overrides;
use sandbox::population::FJORDBANKEN;
use sandbox::skatteetaten::Switches;
use tokio::net::TcpListener;

const READS: usize = 60;

/// Returns one of several customers: for the app, a login is a customer.
fn customer(bed: &TestBed, number: usize) -> Customer<'_> {
    let subject = Overrides::default().claim("sub", format!("login {number}"));
    bed.customer("ragna").with_login(&subject)
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_reads_of_ten_years_leave_room_for_another_customer() {
    if by_our_host_alone("Spin keeps no budget: each instance has its own limit") {
        return;
    }
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    // By the login, another person of the same proprietorship.
    let other = customer(&bed, 1);
    bed.services().skatteetaten.set_switches(Switches {
        latency_milliseconds: 10,
        ..Switches::default()
    });
    let year = bed.services().clock.now().year();
    let decade = format!(
        "/claims/krav?fraOgMed={}-01-01&tilOgMed={year}-12-31",
        year - 9
    );

    let mut reads: FuturesUnordered<_> = (0..READS)
        .map(|_| ragna.get(&decade, SOLE_PROPRIETORSHIP))
        .collect();
    // One of them is done: the others are in progress.
    let mut answers = vec![reads.next().await.expect("an answer")];
    assert_eq!(bed.services().skatteetaten.peak(FJORDBANKEN), 2);
    let start = Instant::now();
    let (answer, ()) = tokio::join!(other.open_claims(SOLE_PROPRIETORSHIP), async {
        answers.extend(reads.next().await);
    });
    let took = start.elapsed();
    answer.json(200);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(
        !reads.is_empty(),
        "the reads were over before the other customer came"
    );
    answers.extend(reads.collect::<Vec<_>>().await);
    assert!(bed.services().skatteetaten.peak(FJORDBANKEN) <= 3);
    assert_eq!(answers.len(), READS);
    let through = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(429, "too-many-calls");
        assert!(answer.headers.contains_key("retry-after"), "{answer:#?}");
    }
    assert!(through >= READS / 6, "{through} reads came through");
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_calls_are_open_at_most_whoever_reads() {
    if by_our_host_alone("Spin keeps no budget: each instance has its own limit") {
        return;
    }
    let bed = TestBed::start().await;
    bed.customer("ragna")
        .gives_consent(SOLE_PROPRIETORSHIP)
        .await;
    bed.services().skatteetaten.set_switches(Switches {
        latency_milliseconds: 50,
        ..Switches::default()
    });
    let customers: Vec<_> = (0..8).map(|number| customer(&bed, number)).collect();
    let reads = customers
        .iter()
        .flat_map(|customer| (0..5).map(|_| customer.open_claims(SOLE_PROPRIETORSHIP)));
    for answer in join_all(reads).await {
        answer.json(200);
    }
    assert_eq!(bed.services().skatteetaten.peak(FJORDBANKEN), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_keeps_skatteetatens_budget_where_the_host_has_none() {
    let mut bed = TestBed::start().await;
    bed.customer("ragna")
        .gives_consent(SOLE_PROPRIETORSHIP)
        .await;
    let folder = tempfile::tempdir().expect("a folder");
    let pins = folder.path().join("pins.toml");
    let upstream = format!(
        "[[upstream]]\nname = \"skatteetaten\"\norigin = \"{}\"\nroots_file = '{}'\n",
        bed.sandbox.addresses().skatteetaten,
        bed.sandbox.ca_file().display(),
    );
    fs::write(&pins, bed.sandbox.pins(&[]) + &upstream).expect("a file");
    let egress = Egress::load(&pins, AccessControl::loopback(), Log::memory()).expect("pins");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("bound"));
    let egress = egress.serve(listener).expect("a proxy");
    bed.restart_app_with(BTreeMap::from([
        ("skatteetaten_origin".to_owned(), proxy.clone()),
        ("claims_api".to_owned(), claims_through_the_proxy()),
        ("budgeted_origins".to_owned(), proxy),
    ]))
    .await;
    bed.services().skatteetaten.set_switches(Switches {
        latency_milliseconds: 50,
        ..Switches::default()
    });
    let customers: Vec<_> = (0..8).map(|number| customer(&bed, number)).collect();
    let reads = customers
        .iter()
        .flat_map(|customer| (0..5).map(|_| customer.open_claims(SOLE_PROPRIETORSHIP)));
    for answer in join_all(reads).await {
        answer.json(200);
    }
    assert_eq!(bed.services().skatteetaten.peak(FJORDBANKEN), 5);
    egress.shutdown().await;
}

/// Returns the API in `spin.toml`, at the path of the proxy.
fn claims_through_the_proxy() -> String {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
    let manifest = fs::read_to_string(manifest).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let api = manifest["variables"]["claims_api"]["default"].as_str();
    api.expect("text").replace("\"/v1/", "\"/skatteetaten/v1/")
}
