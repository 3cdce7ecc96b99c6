//! Third-party programs, as `tests/others/install` has installed them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::build::project;

/// Environment variables of a script, by name.
pub type Environment<'a> = &'a [(&'a str, &'a str)];

/// Programs. Their scripts are in `tests/others`.
pub struct ThirdPartyPrograms {
    folder: PathBuf,
}

/// Third-party server, stopped when dropped.
pub struct ThirdPartyServer {
    /// Origin of the service.
    pub origin: String,
    _process: Child,
}

impl ThirdPartyPrograms {
    /// Returns the programs. Without them, returns `None` with a warning, or fails if skipping is
    /// not allowed.
    pub fn installed() -> Option<Self> {
        let folder = project().join("target/others");
        if folder.join("installed").exists() {
            return Some(Self { folder });
        }
        programs::skip(
            "what tests/others/install installs",
            "no program of others is run",
        );
        None
    }

    /// Runs `script`, which trusts the authority in `ca_file`, and returns its JSON output.
    pub async fn run(&self, script: &str, ca_file: &Path, environment: Environment<'_>) -> Value {
        let mut command = self.command(script, environment);
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, ca_file);
        }
        let output = command.output().await.expect("a program that starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Starts `script`, a server that writes its origin on its first line.
    pub async fn serve(&self, script: &str, environment: Environment<'_>) -> ThirdPartyServer {
        let mut command = self.command(script, environment);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("a program that starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let origin = lines.next_line().await.expect("its output");
        ThirdPartyServer {
            origin: origin.expect("a server that starts"),
            _process: process,
        }
    }

    /// Returns the interpreter of Python that has the packages.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("python/bin/python")
    }

    /// Returns the folder of Node's packages.
    pub(crate) fn node_modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// Prepares the script's command. Its environment has the search path for programs alone: no
    /// proxy, no settings.
    fn command(&self, script: &str, environment: Environment<'_>) -> Command {
        let program = match Path::new(script).extension().and_then(|kind| kind.to_str()) {
            Some("py") => self.python(),
            _ => PathBuf::from("node"),
        };
        let mut command = Command::new(program);
        command
            .arg(project().join("tests/others").join(script))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NODE_PATH", self.node_modules())
            .envs(environment.iter().copied())
            .kill_on_drop(true);
        command
    }
}
