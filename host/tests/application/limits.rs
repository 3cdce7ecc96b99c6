//! Limits on time, memory and instances.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::support::{Application, RunningApplication, expect_problem};

async fn limited(change: impl FnOnce(&mut host::Limits)) -> RunningApplication {
    Application::default()
        .start(|options| {
            options.limits.request_timeout = Duration::from_millis(700);
            change(&mut options.limits);
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_computes_is_stopped_and_others_are_served_meanwhile() {
    let running = limited(|_| ()).await;
    let begun = Instant::now();
    let busy = tokio::spawn(running.request("/front/busy", &[]).send());
    let mut served = 0;
    while !busy.is_finished() {
        assert_eq!(
            running.get("/front/hello", &[]).await,
            (200, "hello".to_owned())
        );
        served += 1;
    }
    assert!(served > 3, "{served}");
    assert_eq!(busy.await.unwrap().unwrap().status(), 504);
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    while !running.log_has(r#""event":"instance","component":"front","reason":"guest timed out""#) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_waits_too_long_is_answered_for() {
    let running = limited(|_| ()).await;
    let slow = running.request("/front/slow", &[("probe-ms", "60000")]);
    expect_problem(slow.send().await.unwrap(), 504).await;
    assert_eq!(
        running.get("/front/slow", &[("probe-ms", "1")]).await.0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_traps_takes_nothing_else_down() {
    let running = limited(|_| ()).await;
    for _ in 0..2 {
        let trapped = running.request("/front/trap", &[]);
        expect_problem(trapped.send().await.unwrap(), 500).await;
        assert_eq!(running.get("/front/hello", &[]).await.0, 200);
    }
    assert!(running.log_has(r#""event":"instance","component":"front","reason":"wasm trap: wasm `unreachable` instruction executed""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_only_so_much_memory() {
    let running = limited(|limits| limits.max_memory = 16 * 1024 * 1024).await;
    assert_eq!(
        running
            .get("/front/memory", &[("probe-bytes", "1000000")])
            .await
            .0,
        200
    );
    assert_eq!(
        running
            .get("/front/memory", &[("probe-bytes", "20000000")])
            .await
            .0,
        500
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_serves_many_requests() {
    let running = limited(|_| ()).await;
    for _ in 0..20 {
        assert_eq!(running.get("/front/hello", &[]).await.0, 200);
    }
    assert_eq!(running.server().instances("front"), 1);
    let waiting = (0..10).map(|_| running.get("/front/slow", &[("probe-ms", "200")]));
    assert!(
        futures::future::join_all(waiting)
            .await
            .iter()
            .all(|(status, _)| *status == 200)
    );
    assert!(
        running.server().instances("front") <= 10,
        "{}",
        running.server().instances("front")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_an_instance_can_wait_for_each_other() {
    let running = limited(|_| ()).await;
    let asked = (0..12).map(|_| running.get("/front/flight", &[]));
    let answers = futures::future::join_all(asked).await;
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    let led = answers.iter().filter(|(_, answer)| answer == "led").count();
    assert!((1..12).contains(&led), "{led}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_replaced_after_its_share_of_requests() {
    let running = limited(|limits| limits.requests_per_instance = 2).await;
    for _ in 0..6 {
        assert_eq!(running.get("/front/hello", &[]).await.0, 200);
    }
    assert_eq!(running.server().instances("front"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_has_grown_or_is_old_serves_one_more_request() {
    let grown = limited(|limits| limits.memory_for_reuse = 4_000_000).await;
    let more = [("probe-bytes", "8000000")];
    for (path, headers, instances) in [
        ("/front/hello", &[][..], 1),
        ("/front/memory", &more, 1),
        ("/front/hello", &[], 1),
        ("/front/hello", &[], 2),
        ("/front/hello", &[], 2),
    ] {
        assert_eq!(grown.get(path, headers).await.0, 200);
        assert_eq!(grown.server().instances("front"), instances);
    }
    let old = limited(|limits| limits.instance_lifetime = Duration::ZERO).await;
    for instances in 1..4 {
        assert_eq!(old.get("/front/hello", &[]).await.0, 200);
        assert_eq!(old.server().instances("front"), instances);
    }
}

/// Allows one instance of each component, which takes one request at a time.
fn one_instance(limits: &mut host::Limits) {
    limits.instances_per_component = 1;
    limits.concurrent_requests_per_instance = 1;
    limits.request_timeout = Duration::from_mins(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_instances_wait_their_turn() {
    let running = limited(one_instance).await;
    let asked = (0..40).map(|_| running.get("/front/slow", &[("probe-ms", "5")]));
    let answers = futures::future::join_all(asked).await;
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    assert_eq!(running.server().instances("front"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_finds_no_instance_in_time_is_told_to_come_again() {
    let running = limited(|limits| {
        one_instance(limits);
        limits.instance_wait = Duration::from_millis(200);
    })
    .await;
    let busy = tokio::spawn(
        running
            .request("/front/slow", &[("probe-ms", "60000")])
            .send(),
    );
    while running.server().instances("front") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first in the queue, and those behind it.
    let asked = (0..3).map(|_| running.request("/front/hello", &[]).send());
    for answer in futures::future::join_all(asked).await {
        let answer = expect_problem(answer.unwrap(), 503).await;
        assert_eq!(answer["retry-after"], "1");
    }
    assert_eq!(running.server().instances("front"), 1);
    assert!(running.log_has(r#""status":503,"refused":"instances""#));
    let warned = r#""level":"warn","event":"instances","component":"front""#;
    let warned = running
        .log
        .lines()
        .iter()
        .filter(|line| line.contains(warned))
        .count();
    assert_eq!(warned, 1);
    busy.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn components_that_call_each_other_do_not_wait_for_each_others_places() {
    let running = Application::calling(&["http://back.spin.internal"])
        .start(|options| {
            options.limits.instances = 1;
            options.limits.instance_wait = Duration::ZERO;
        })
        .await;
    let answer = running.outbound("http://back.spin.internal/hello").await;
    assert_eq!(answer, (200, "200 hello".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_read_a_clock_that_can_be_moved() {
    let mut offset = None;
    let running = Application::default()
        .start(|options| offset = Some(options.clock_offset.clone()))
        .await;
    let offset = offset.unwrap();
    let mut times = Vec::new();
    for moved in [0, 86_400, -86_400] {
        offset.store(moved, Ordering::Relaxed);
        times.push(
            running
                .get("/front/clock", &[])
                .await
                .1
                .parse::<i64>()
                .unwrap()
                - moved,
        );
    }
    assert!(
        times.iter().all(|time| (time - times[0]).abs() < 30),
        "{times:?}"
    );
}
