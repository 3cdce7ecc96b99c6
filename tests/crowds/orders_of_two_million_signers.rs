//! Orders of six megabytes of signers, 64 at once: each is refused, and the host's memory does not
//! grow.

use std::fs;

use futures::future::join_all;
use journeys::{TestBed, by_our_host_alone};

const AT_ONCE: usize = 64;

/// Maximum growth of the process during the orders, in KiB: the sandbox and the clients are in it
/// too.
const MOST: u64 = 64 * 1024;

/// Returns a memory figure of this process, in KiB.
fn kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let line = line.and_then(|line| line.strip_prefix(':')).expect(name);
    let figure = line.trim().trim_end_matches(" kB");
    figure.parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_take_no_memory() {
    if by_our_host_alone("another process has the memory") {
        return;
    }
    let _alone = crate::ALONE.lock().await;
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    ragna.orders().await;
    let order = format!(
        r#"{{"flow":"direct","title":"Avtale","documents":[],"signers":[{}{{}}]}}"#,
        "{},".repeat(2_000_000)
    );
    // All of them send this one.
    let order: &'static str = Box::leak(order.into_boxed_str());

    let before = kib("VmRSS");
    // The peak is counted from here.
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let answers = join_all((0..AT_ONCE).map(|_| ragna.orders_text(order))).await;
    let peak = kib("VmHWM");

    for answer in &answers {
        assert!(matches!(answer.status, 400 | 413), "{answer:#?}");
    }
    let grown = peak.saturating_sub(before);
    crate::tell(&format!(
        "{AT_ONCE} orders of {} bytes at once: {grown} KiB of growth, {} instances",
        order.len(),
        bed.app().instances("signature")
    ));
    assert!(grown < MOST, "{grown} KiB");
    ragna.orders().await;
}
