//! Private Redis server of the bench, on a Unix socket in a folder.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Redis server, terminated when the value is dropped.
pub(crate) struct Redis {
    folder: TempDir,
    process: Child,
}

impl Redis {
    /// Starts the server. Returns `None` without `redis-server`.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(folder.path().join("socket"))
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let redis = Self { folder, process };
        let start = Instant::now();
        while redis.asks(&["ping"]) != "PONG" {
            assert!(start.elapsed() < Duration::from_secs(20), "no Redis");
            std::thread::yield_now();
        }
        Some(redis)
    }

    /// Returns the URL of the server's socket.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("socket")
    }

    fn asks(&self, arguments: &[&str]) -> String {
        said(
            Command::new("redis-cli")
                .arg("-s")
                .arg(self.socket())
                .args(arguments),
        )
    }

    /// Returns the number of reads and writes that the server has processed.
    pub(crate) fn operations(&self) -> u64 {
        let statistics = self.asks(&["info", "commandstats"]);
        let calls = statistics.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse::<u64>().ok()?;
            ["get", "set", "del", "exists"]
                .contains(&name)
                .then_some(calls)
        });
        calls.sum()
    }

    /// Returns the bytes that all keys occupy together, and the number of keys.
    pub(crate) fn bytes(&self) -> (f64, usize) {
        let keys = self.asks(&["keys", "*"]);
        let keys: Vec<_> = keys.lines().filter(|key| !key.is_empty()).collect();
        let bytes = keys.iter().map(|key| {
            let usage = self.asks(&["memory", "usage", key]);
            usage.parse::<f64>().unwrap_or_default()
        });
        (bytes.sum(), keys.len())
    }

    /// Returns the lower rate of gets and sets a second, with values of a kilobyte and fifty
    /// clients, as Redis's own benchmark measures it.
    pub(crate) fn operations_per_second(&self) -> f64 {
        let output = said(
            Command::new("redis-benchmark")
                .arg("-s")
                .arg(self.socket())
                .args(["-t", "get,set", "-d", "1024", "-n", "50000", "-q", "--csv"]),
        );
        let rates = output.lines().filter_map(|line| {
            let rate = line.split(',').nth(1)?.trim_matches('"').parse::<f64>();
            rate.ok()
        });
        rates.fold(f64::INFINITY, f64::min)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("a program of Redis'");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
