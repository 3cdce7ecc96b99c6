//! Programs beside the app: the sidecar, texas, Spin.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

/// Timeout until a program is ready. Spin compiles the components the first time.
const START: Duration = Duration::from_mins(5);

/// Program in a process group of its own, killed when this is dropped.
pub(crate) struct Program(Child);

impl Program {
    /// Starts a program and discards its output.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).process_group(0).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Starts a program and returns what follows `label` in a line of its output. The rest of its
    /// output is dropped.
    pub(crate) fn start_after(command: &mut Command, label: &str) -> (Self, String) {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.stderr(Stdio::null()).process_group(0).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let found = lines.find_map(|line| Some(line.split_once(label)?.1.trim().to_owned()));
        thread::spawn(move || lines.for_each(drop));
        let found = found.unwrap_or_else(|| panic!("{command:?} ended without {label:?}"));
        (Self(child), found)
    }

    /// Returns the number of the process, and of its group.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = format!("-{}", self.id());
        _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        _ = self.0.wait();
    }
}

/// Waits until a server listens.
pub(crate) async fn listens(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        assert!(start.elapsed() < START, "nothing listens at {address}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Returns an address that is free now.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound")
}

/// Returns the program that an environment variable names.
pub(crate) fn named_by(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty())?;
    Some(path.into())
}

/// Returns the profile that this bench is built with.
pub(crate) fn profile() -> &'static str {
    if folder().ends_with("debug") {
        "dev"
    } else {
        "bench"
    }
}

/// Returns the folder of the programs of that profile.
fn folder() -> PathBuf {
    let own = std::env::current_exe().expect("a program");
    own.ancestors().nth(2).expect("a folder").to_owned()
}

/// Builds a program of the project as this bench is built, and returns where it is. Its name is its
/// package's.
pub(crate) fn built(package: &str) -> PathBuf {
    let built = Command::new("cargo")
        .args([
            "build",
            "--locked",
            "--quiet",
            "--package",
            package,
            "--profile",
            profile(),
        ])
        // Cargo itself ignores the `panic` of this profile for benches, and not for programs.
        .env("CARGO_PROFILE_BENCH_PANIC", "unwind")
        .current_dir(benches::product::project())
        .status();
    assert!(built.expect("cargo").success(), "{package} is built");
    folder().join(package)
}
