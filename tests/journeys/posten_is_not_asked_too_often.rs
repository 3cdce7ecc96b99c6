//! Rate of calls to Posten: the drain and the orders of many customers together stay within
//! Posten's limit, through the proxy, which keeps the same budgets as the host.

use std::fs;
use std::time::{Duration, Instant};

use futures::future::join_all;
use host::{AccessControl, Egress, Log};
use sandbox::Sandbox;
use sandbox::kit::Clock;
use sandbox::population::FJORDBANKEN;
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_goes_on_while_orders_fill_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = Sandbox::start(sandbox::Options {
        clock: Clock::default(),
        directory: folder.path().join("sandbox"),
        app: None,
    })
    .await
    .expect("a sandbox");
    let pins = folder.path().join("pins.toml");
    fs::write(&pins, sandbox.pins(&[])).expect("a file");
    let egress = Egress::load(&pins, AccessControl::loopback(), Log::memory()).expect("pins");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let egress = egress.serve(listener).expect("a proxy");

    let http = reqwest::Client::new();
    let start = Instant::now();
    // A path that Posten does not know still counts as a call for its filter.
    let address = format!(
        "http://{}/posten/api/{FJORDBANKEN}/unknown",
        egress.address()
    );
    let call = async |class: &str, customer: String| {
        let request = http.get(&address);
        let request = request
            .header("innsyn-call-class", class)
            .header("innsyn-call-customer", customer)
            .header("innsyn-call-wait", "30000");
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        assert_ne!(status, 429, "{class}: {:?}", answer.headers());
        start.elapsed()
    };
    let orders = join_all((0..40).map(|customer| call("orders", format!("customer {customer}"))));
    let drain = async {
        let mut last = Duration::ZERO;
        for round in 0..8 {
            last = call("drain", format!("drain {round}")).await;
        }
        last
    };
    let (orders, drained) = tokio::join!(orders, drain);
    let ordered = orders.into_iter().max().expect("orders");
    // Two in a second are the drain's, whatever the orders need; in sequence it may have to wait
    // for each.
    assert!(drained < ordered, "{drained:?}, {ordered:?}");
    assert!(ordered >= Duration::from_secs(3), "{ordered:?}");
    egress.shutdown().await;
    sandbox.shutdown().await;
}
