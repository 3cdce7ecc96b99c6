//! Records in a Redis that requires TLS, a user name and a password, with the users that
//! `deploy/spinkube` ships.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Application, RunningApplication};
use crate::upstream::Authority;

/// Password with characters that an address has to encode.
const PASSWORD: &str = "pass/word:of@innsyn";
const ENCODED: &str = "pass%2Fword%3Aof%40innsyn";

/// Server that accepts TLS alone.
struct Redis {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Redis {
    /// Starts a server with a certificate for `name`. Returns `None` without `redis-server`, and
    /// prints a warning: the test is skipped.
    fn start(name: &str) -> Option<Self> {
        Self::serving(name, "--tls-port")
    }

    fn serving(name: &str, port_of: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        Authority::new().write(folder.path(), &[name]);
        fs::write(folder.path().join("users.acl"), users()).unwrap();
        // Another process may take the port in between: then the start is repeated.
        for _ in 0..5 {
            let port = free_port();
            let Ok(mut process) = spawn(folder.path(), name, port_of, port) else {
                programs::skip("redis-server", "no store is tried over TLS");
                return None;
            };
            if is_ready(folder.path(), &mut process) {
                return Some(Self {
                    folder,
                    port,
                    process,
                });
            }
            _ = process.wait();
        }
        panic!("{}", fs::read_to_string(folder.path().join("log")).unwrap());
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Starts an application with its store in this server, for a user with this password.
    async fn application(&self, password: &str, roots: Option<PathBuf>) -> RunningApplication {
        let url = format!("rediss://innsyn:{password}@localhost:{}/0", self.port);
        let application = Application {
            config: format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n"),
            ..Application::default()
        };
        application
            .start(|options| options.redis_roots = roots)
            .await
    }

    /// Checks that a read fails, that the log has each of `reasons`, and that it does not have the
    /// password.
    async fn fails(&self, password: &str, roots: Option<PathBuf>, reasons: &[&str]) {
        let host = self.application(password, roots).await;
        let (status, body) = host.key_value("default", "get", "a", "").await;
        assert_eq!(
            (status, body.as_str()),
            (502, "Error::Other(\"the store failed\")")
        );
        let log = host.log.lines().join("\n");
        let server = format!("Redis: localhost:{}: ", self.port);
        for reason in reasons.iter().chain([&server.as_str()]) {
            assert!(log.contains(reason), "{reason}: {log}");
        }
        for secret in [PASSWORD, ENCODED, password] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Returns the shipped users, with a password in place of the example's digest.
fn users() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/spinkube/users.acl");
    let shipped = fs::read_to_string(path).unwrap();
    let digest = format!("#{}", "0".repeat(64));
    assert!(shipped.contains(&digest), "{shipped}");
    shipped.replace(&digest, &format!(">{PASSWORD}"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn spawn(folder: &Path, name: &str, port_of: &str, port: u16) -> std::io::Result<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", port_of, &port.to_string()]);
    command.args([
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--tls-auth-clients",
        "no",
    ]);
    for (setting, file) in [
        ("--dir", String::new()),
        ("--unixsocket", "socket".to_owned()),
        ("--aclfile", "users.acl".to_owned()),
        ("--tls-cert-file", format!("{name}.pem")),
        ("--tls-key-file", format!("{name}.key")),
        ("--tls-ca-cert-file", "ca.pem".to_owned()),
    ] {
        command.arg(setting).arg(folder.join(file));
    }
    let log = fs::File::create(folder.join("log"))?;
    command.stdout(Stdio::from(log)).spawn()
}

/// Returns true once Redis answers, and false if it ends instead.
fn is_ready(folder: &Path, process: &mut Child) -> bool {
    let start = Instant::now();
    loop {
        let pinged = Command::new("redis-cli")
            .arg("-s")
            .arg(folder.join("socket"))
            .args([
                "--no-auth-warning",
                "--user",
                "probe",
                "--pass",
                "none",
                "ping",
            ])
            .output()
            .unwrap();
        if pinged.stdout.starts_with(b"PONG") {
            return true;
        }
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it does not start"
        );
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_reached_over_tls_by_a_user_who_may_do_that_much_alone() {
    let Some(redis) = Redis::start("localhost") else {
        return;
    };
    let host = redis.application(ENCODED, Some(redis.ca())).await;
    assert_eq!(host.key_value("default", "get", "a", "").await.1, "none");
    for (key, value) in [("b", "1"), ("a", "2")] {
        let set = host.key_value("default", "set", key, value).await;
        assert_eq!(set, (200, String::new()), "{:?}", host.log.lines());
    }
    let keys = host.key_value("default", "keys", "", "").await.1;
    assert!(["a,b", "b,a"].contains(&keys.as_str()), "{keys}");
    assert_eq!(host.key_value("default", "exists", "b", "").await.1, "true");
    assert_eq!(host.key_value("default", "delete", "b", "").await.0, 200);
    assert_eq!(host.key_value("default", "get", "a", "").await.1, "2");
    for refused in [&["flushall"][..], &["config", "get", "*"], &["acl", "list"]] {
        let output = Command::new("redis-cli")
            .arg("-s")
            .arg(redis.folder.path().join("socket"))
            .args(["--no-auth-warning", "--user", "innsyn", "--pass", PASSWORD])
            .args(refused)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("NOPERM"), "{refused:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_authority_is_not_believed() {
    let Some(redis) = Redis::start("localhost") else {
        return;
    };
    let advice = ": name the authority of the server's certificate in SSL_CERT_FILE";
    redis.fails(ENCODED, None, &["UnknownIssuer", advice]).await;
    let folder = TempDir::new().unwrap();
    Authority::new().write(folder.path(), &[]);
    let other = folder.path().join("ca.pem");
    redis
        .fails(ENCODED, Some(other), &["UnknownIssuer", advice])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_name_is_not_believed() {
    let Some(redis) = Redis::start("elsewhere.example") else {
        return;
    };
    let roots = Some(redis.ca());
    redis.fails(ENCODED, roots, &["elsewhere.example"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_not_repeated() {
    let Some(redis) = Redis::start("localhost") else {
        return;
    };
    let advice = ": check the user name and the password in `url`";
    redis
        .fails("not-the-one", Some(redis.ca()), &[advice])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_tls_is_told() {
    // The later `--port` wins over the first.
    let Some(redis) = Redis::serving("localhost", "--port") else {
        return;
    };
    let advice = ": a port without TLS is silent too; `rediss` needs the server's tls-port";
    redis.fails(ENCODED, Some(redis.ca()), &[advice]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_that_cannot_be_read_are_told_at_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, "no certificate").unwrap();
    for (url, refused) in [("rediss", true), ("redis", false)] {
        let application = Application {
            config: format!(
                "[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}://localhost:1\"\n"
            ),
            ..Application::default()
        };
        let roots = Some(file.clone());
        let started = application.start_in(folder.path(), |options| options.redis_roots = roots);
        let error = started.await.err().map(|error| error.to_string());
        assert_eq!(error.is_some(), refused, "{error:?}");
        if let Some(error) = error {
            assert!(error.starts_with("redis_roots: "), "{error}");
            assert!(error.contains("no certificate in PEM"), "{error}");
        }
    }
}
