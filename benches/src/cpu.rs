//! CPU time and memory, as Linux counts them.

use std::fs;
use std::path::Path;

/// Name of the threads that serve the app in this process.
pub const APP: &str = "app";

/// Returns the CPU time so far of this process's threads of that name, in nanoseconds.
pub fn of_threads(name: &str) -> u64 {
    of_tasks(Path::new("/proc/self/task"), Some(name))
}

/// Returns the CPU time so far of another process's threads, in nanoseconds.
pub fn of_process(id: u32) -> u64 {
    of_tasks(Path::new(&format!("/proc/{id}/task")), None)
}

/// Returns the CPU time so far of the processes in a group, in nanoseconds.
pub fn of_group(id: u32) -> u64 {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let of_group = processes.filter_map(|process| {
        let process: u32 = process.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in brackets, may hold spaces.
        let (_, rest) = stat.rsplit_once(')')?;
        let group: u32 = rest.split_whitespace().nth(2)?.parse().ok()?;
        (group == id).then(|| of_process(process))
    });
    of_group.sum()
}

fn of_tasks(folder: &Path, name: Option<&str>) -> u64 {
    let tasks = fs::read_dir(folder).into_iter().flatten().flatten();
    let used = tasks.filter_map(|task| {
        if let Some(name) = name
            && fs::read_to_string(task.path().join("comm")).ok()?.trim() != name
        {
            return None;
        }
        let used = fs::read_to_string(task.path().join("schedstat")).ok()?;
        used.split_whitespace().next()?.parse::<u64>().ok()
    });
    used.sum()
}

/// Returns the resident memory of this process in megabytes (`VmRSS`).
pub fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    let kilobytes: f64 = kilobytes
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    kilobytes / 1024.0
}
