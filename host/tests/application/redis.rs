//! Records in a real Redis, shared by two hosts, and the errors while it is down, slow or full.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Application, RunningApplication};

/// Server on a socket in a folder, so that no port is taken. Its data outlives its process.
struct Redis {
    folder: TempDir,
    process: Child,
}

impl Redis {
    /// Starts a server. Returns `None` without `redis-server`, and prints a warning: the test is
    /// skipped.
    fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let Ok(process) = spawn(folder.path()) else {
            programs::skip("redis-server", "no store is tried in it");
            return None;
        };
        let redis = Self { folder, process };
        redis.wait();
        Some(redis)
    }

    fn restart(&mut self) {
        self.process = spawn(self.folder.path()).unwrap();
        self.wait();
    }

    /// Kills the process without a shutdown, as a crash does.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .arg("-s")
            .arg(self.folder.path().join("socket"))
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn wait(&self) {
        let start = Instant::now();
        while self.cli(&["ping"]) != "PONG" {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "it does not start"
            );
            std::thread::yield_now();
        }
    }

    async fn application(&self) -> RunningApplication {
        let socket = self.folder.path().join("socket");
        let application = Application {
            config: format!(
                "[key_value_store.default]\ntype = \"redis\"\nurl = \"redis+unix://{}\"\n",
                socket.display()
            ),
            ..Application::default()
        };
        application.start(|_| ()).await
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn spawn(folder: &Path) -> std::io::Result<Child> {
    let log = fs::File::create(folder.join("log"))?;
    Command::new("redis-server")
        .args(["--port", "0", "--unixsocket"])
        .arg(folder.join("socket"))
        .arg("--dir")
        .arg(folder)
        // Each write is on the disk before it is answered.
        .args([
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ])
        .args(["--enable-debug-command", "yes"])
        .stdout(Stdio::from(log))
        .spawn()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_share_what_is_kept() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (redis.application().await, redis.application().await);
    assert_eq!(one.key_value("default", "get", "a", "").await.1, "none");
    for (key, value) in [("b", "1"), ("a", "2"), ("a", "3")] {
        let set = one.key_value("default", "set", key, value).await;
        assert_eq!(set, (200, String::new()));
    }
    assert_eq!(two.key_value("default", "get", "a", "").await.1, "3");
    let keys = two.key_value("default", "keys", "", "").await.1;
    assert!(["a,b", "b,a"].contains(&keys.as_str()), "{keys}");
    assert_eq!(two.key_value("default", "exists", "b", "").await.1, "true");
    assert_eq!(two.key_value("default", "delete", "b", "").await.0, 200);
    assert_eq!(one.key_value("default", "exists", "b", "").await.1, "false");
    // As Spin writes it: key and value unchanged.
    assert_eq!(redis.cli(&["get", "a"]), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_keys_than_come_at_once_are_all_listed() {
    let Some(redis) = Redis::start() else { return };
    redis.cli(&["debug", "populate", "2000", "many"]);
    let listed = redis
        .application()
        .await
        .key_value("default", "keys", "", "")
        .await
        .1;
    assert_eq!(listed.split(',').count(), 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_gone_is_found_again_with_what_it_kept() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let host = redis.application().await;
    host.key_value("default", "set", "a", "kept").await;

    redis.kill();
    let start = Instant::now();
    let (status, body) = host.key_value("default", "get", "a", "").await;
    assert_eq!(
        (status, body.as_str()),
        (502, "Error::Other(\"the store failed\")")
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(host.log_has("Redis: "), "{:?}", host.log.lines());

    redis.restart();
    assert_eq!(host.key_value("default", "get", "a", "").await.1, "kept");

    // No request was made while it was down.
    redis.kill();
    redis.restart();
    assert_eq!(host.key_value("default", "get", "a", "").await.1, "kept");
    redis.kill();
    redis.restart();
    assert_eq!(host.key_value("default", "set", "a", "new").await.0, 200);
    assert_eq!(redis.cli(&["get", "a"]), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.application().await;
    host.key_value("default", "set", "a", "kept").await;
    redis.cli(&["client", "pause", "4000", "all"]);
    let start = Instant::now();
    assert_eq!(host.key_value("default", "get", "a", "").await.0, 502);
    assert!(
        start.elapsed() < Duration::from_millis(3500),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_writes_and_still_reads() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.application().await;
    host.key_value("default", "set", "a", "kept").await;
    redis.cli(&["config", "set", "maxmemory", "1"]);
    assert_eq!(host.key_value("default", "set", "b", "new").await.0, 502);
    assert!(host.log_has("OOM"), "{:?}", host.log.lines());
    assert_eq!(host.key_value("default", "get", "a", "").await.1, "kept");
    redis.cli(&["config", "set", "maxmemory", "0"]);
    assert_eq!(host.key_value("default", "set", "b", "new").await.0, 200);
}
