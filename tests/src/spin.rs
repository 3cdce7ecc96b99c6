//! App under the Spin binary that the environment variable `SPIN` names, for comparison with our
//! own host.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// Timeout for Spin's start: it compiles the components the first time.
const START: Duration = Duration::from_mins(5);
/// Longest delay of a component's log line, which arrives by Spin's pipe instead of this process.
const LINES: Duration = Duration::from_millis(300);
/// Debian's path of the library that shifts a process's clock, used without `LIBFAKETIME`.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Options of a start.
pub struct SpinStart<'a> {
    /// Path of the manifest.
    pub manifest: &'a Path,
    /// Path of the runtime configuration.
    pub runtime_config: Option<&'a Path>,
    /// Values of the variables, by their names in the manifest.
    pub variables: &'a BTreeMap<String, String>,
    /// Trust anchors for a vault with variables, in place of the platform's.
    pub vault_roots: Option<&'a Path>,
    /// Working folder, with the file of its clock. Spin keeps its own data beside the manifest
    /// unless a flag says otherwise.
    pub state: &'a Path,
    /// Address to listen on; port 0 takes one that is free.
    pub listen: SocketAddr,
    /// Offset of its clock from the machine's, in seconds.
    pub clock: i64,
    /// Further flags of Spin.
    pub flags: &'a [String],
    /// Destination of its lines.
    pub output: Output,
}

/// Spin binary.
pub struct Spin(PathBuf);

/// App that Spin serves, stopped when dropped.
pub struct SpinApp {
    child: Child,
    address: SocketAddr,
    clock: PathBuf,
}

/// Output of Spin so far, with its components' lines.
#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<Vec<String>>>);

impl Spin {
    /// Returns the binary that `SPIN` names, if any.
    pub fn named() -> Option<Self> {
        let path = std::env::var_os("SPIN").filter(|path| !path.is_empty())?;
        Some(Self(path.into()))
    }

    /// Returns whether `SPIN` names a binary.
    pub fn is_named() -> bool {
        Self::named().is_some()
    }

    /// Returns the binary that `SPIN` names. Without one, prints a warning with `what`, the
    /// comparison that is skipped.
    pub fn or_skipped(what: &str) -> Option<Self> {
        let spin = Self::named();
        if spin.is_none() {
            programs::say(&format!("SKIPPED: SPIN names no Spin binary, so {what}"));
        }
        spin
    }

    /// Starts an app.
    ///
    /// # Errors
    ///
    /// Spin's output, if it refuses the app.
    pub async fn up(&self, start: SpinStart<'_>) -> Result<SpinApp, String> {
        fs::create_dir_all(start.state).expect("a folder");
        let clock = start.state.join("clock");
        set(&clock, start.clock);
        let mut child = self
            .command(&start, &clock)
            .spawn()
            .expect("the binary that SPIN names");
        let before = start.output.lines().len();
        let gathering = start.output.gathered(&mut child);
        let begun = Instant::now();
        let address = loop {
            let said = start.output.lines().split_off(before);
            if let Some(address) = said.iter().find_map(|line| served_at(line)) {
                break address;
            }
            assert!(begun.elapsed() < START, "{}", said.join("\n"));
            tokio::select! {
                ended = child.wait() => {
                    ended.expect("a process that ends");
                    for rest in gathering {
                        rest.await.expect("lines");
                    }
                    return Err(start.output.lines().split_off(before).join("\n"));
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        };
        Ok(SpinApp {
            child,
            address,
            clock,
        })
    }

    fn command(&self, start: &SpinStart<'_>, clock: &Path) -> Command {
        let mut command = process::Command::new(&self.0);
        command
            .arg("up")
            .arg("--from")
            .arg(start.manifest)
            .arg("--listen")
            .arg(start.listen.to_string())
            .args(start.flags)
            // Without a developer's .env, which Spin reads in the folder where it starts.
            .current_dir(start.state)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Spin runs the app in a second process, which must not outlive it.
            .process_group(0);
        if let Some(path) = start.runtime_config {
            command.arg("--runtime-config-file").arg(path);
        }
        if let Some(path) = start.vault_roots {
            command.env("VAULT_CACERT", path);
        }
        for (name, value) in start.variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        if let Some(library) = faketime() {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", clock)
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("DONT_FAKE_MONOTONIC", "1");
        }
        command.into()
    }
}

/// Returns the library that shifts a process's clock: Spin has no switch for that.
fn faketime() -> Option<OsString> {
    let named = std::env::var_os("LIBFAKETIME");
    named.or_else(|| Path::new(FAKETIME).exists().then(|| FAKETIME.into()))
}

/// Writes the clock's offset from the machine's, in seconds. An atomic rename prevents partial
/// reads.
fn set(clock: &Path, seconds: i64) {
    let new = clock.with_extension("new");
    fs::write(&new, format!("{seconds:+}")).expect("a file");
    fs::rename(new, clock).expect("a file");
}

impl SpinApp {
    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets its clock's offset from the machine's, in seconds.
    pub fn set_clock(&self, seconds: i64) {
        assert!(
            faketime().is_some(),
            "the clock of an app under Spin is moved by libfaketime: install it, or name it in LIBFAKETIME"
        );
        set(&self.clock, seconds);
    }

    /// Shuts it down, as Ctrl-C does.
    pub async fn shutdown(mut self) {
        self.signal("TERM");
        let _ended = self.child.wait().await;
    }

    fn signal(&self, name: &str) {
        if let Some(id) = self.child.id() {
            let group = format!("-{id}");
            let _gone_already = process::Command::new("kill")
                .args([&format!("-{name}"), "--", &group])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for SpinApp {
    /// Kills the process without warning, as a power failure does.
    fn drop(&mut self) {
        self.signal("KILL");
    }
}

impl Output {
    /// Returns the lines so far, and those in transit.
    pub fn settled(&self) -> Vec<String> {
        std::thread::sleep(LINES);
        self.lines()
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn gathered(&self, child: &mut Child) -> [tokio::task::JoinHandle<()>; 2] {
        let out = child.stdout.take().expect("its output");
        let err = child.stderr.take().expect("its output");
        [
            tokio::spawn(self.clone().gather(out)),
            tokio::spawn(self.clone().gather(err)),
        ]
    }

    async fn gather(self, from: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(from).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(line);
        }
    }
}

/// Parses the address from the line that Spin prints when it is ready.
fn served_at(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("Serving http://")?.parse().ok()
}

/// Returns true if apps are run by Spin, and not by our host.
pub fn on_spin() -> bool {
    Spin::is_named()
}

/// Returns true if a journey concerns our host alone, `because` Spin lacks the feature. Under Spin,
/// prints that it is skipped.
pub fn by_our_host_alone(because: &str) -> bool {
    if on_spin() {
        programs::say(&format!("NOT UNDER SPIN: {because}"));
    }
    on_spin()
}
