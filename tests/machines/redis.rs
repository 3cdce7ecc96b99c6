//! Private Redis of a test: a port, a folder, and each write on the disk before it is answered.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Server. Its data outlives its process.
pub(crate) struct Redis {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Redis {
    /// Starts a server. Returns `None` without `redis-server`, and prints a warning: the test is
    /// skipped.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let Ok(process) = spawn(folder.path(), port) else {
            programs::skip("redis-server", "no hosts share one");
            return None;
        };
        let mut redis = Self {
            folder,
            port,
            process,
        };
        // Another process may have taken the port meanwhile.
        if redis.comes_up() {
            Some(redis)
        } else {
            Self::start()
        }
    }

    /// Returns the URL for the stores in it.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Kills the process without a shutdown, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }

    /// Starts it again with its data.
    pub(crate) fn restart(&mut self) {
        self.process = spawn(self.folder.path(), self.port).expect("redis-server");
        assert!(self.comes_up(), "Redis does not come back");
    }

    /// Suspends Redis: it still accepts connections and requests, but answers none.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Resumes Redis, which then answers the pending requests.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let command = format!("kill -{signal} {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &command]).status();
        assert!(sent.expect("a shell").success(), "{command}");
    }

    /// Runs `redis-cli` and returns its output.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(arguments)
            .output()
            .expect("redis-cli");
        let said = String::from_utf8(output.stdout).expect("text");
        said.trim().to_owned()
    }

    /// Returns the names of a store's rows, each with a digest of its content, in order.
    pub(crate) fn rows(&self, store: &str) -> Vec<(String, String)> {
        let listed = self.cli(&["keys", &format!("{store}.*")]);
        let digest = |name: &str| self.cli(&["debug", "digest-value", name]);
        let rows = listed.split_whitespace();
        let mut rows: Vec<_> = rows.map(|name| (name.to_owned(), digest(name))).collect();
        rows.sort_unstable();
        rows
    }

    /// Waits until it answers. Returns false if its process ends.
    fn comes_up(&mut self) -> bool {
        let start = Instant::now();
        while self.cli(&["ping"]) != "PONG" {
            if self.process.try_wait().expect("a process").is_some() {
                return false;
            }
            let patience = Duration::from_secs(20);
            assert!(start.elapsed() < patience, "Redis does not start");
            std::thread::yield_now();
        }
        true
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

fn spawn(folder: &Path, port: u16) -> std::io::Result<Child> {
    let log = File::create(folder.join("log"))?;
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"])
        .arg(folder)
        .args(["--save", "", "--appendonly", "yes"])
        .args(["--appendfsync", "always"])
        .args(["--maxmemory-policy", "noeviction"])
        .args(["--enable-debug-command", "yes"])
        .stdout(Stdio::from(log))
        .spawn()
}
