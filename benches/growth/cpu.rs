//! How much a thread of the app has computed, as Linux counts it.

use std::fs;

/// The name of the app's threads.
pub(crate) const APP: &str = "app";

/// Nanoseconds on a core, of all threads with that name (`/proc/self/task/*/schedstat`).
pub(crate) fn used() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    tasks
        .filter_map(|task| {
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            let used = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let used = used.split_whitespace().next()?.parse::<u64>().ok()?;
            (name.trim() == APP).then_some(used)
        })
        .sum()
}

/// Megabytes of this process in memory (`VmRSS`).
pub(crate) fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    let kilobytes: f64 = kilobytes
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    kilobytes / 1024.0
}
