//! Examples of a bank's back end in `examples/back-end`, run as a bank's engineer runs them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::ThirdPartyPrograms;
use crate::build::project;

/// Example in one language, with its settings.
pub struct Example {
    program: PathBuf,
    script: PathBuf,
    settings: Vec<(&'static str, String)>,
    _compiled: Option<TempDir>,
}

/// Receiver of the example, stopped when dropped.
pub struct RunningExample {
    /// Address at which it receives.
    pub origin: String,
    lines: Arc<Mutex<Vec<String>>>,
    _process: Child,
}

impl Example {
    /// Returns the example in Python.
    pub fn in_python(others: &ThirdPartyPrograms) -> Self {
        Self {
            program: others.python(),
            script: folder().join("back_end.py"),
            settings: Vec::new(),
            _compiled: None,
        }
    }

    /// Returns the example in TypeScript, with its types checked and removed.
    pub async fn in_typescript(others: &ThirdPartyPrograms) -> Self {
        let compiled = tempfile::tempdir().expect("a folder");
        let modules = others.node_modules();
        let output = Command::new("node")
            .arg(modules.join("typescript/bin/tsc"))
            .args(["--strict", "--noUnusedLocals", "--noUnusedParameters"])
            // What Node can run without a compiler.
            .args(["--erasableSyntaxOnly", "--verbatimModuleSyntax"])
            .args(["--target", "es2022", "--module", "esnext"])
            .args(["--moduleResolution", "bundler", "--types", "node"])
            .arg("--typeRoots")
            .arg(modules.join("@types"))
            .arg("--outDir")
            .arg(compiled.path())
            .arg(folder().join("back_end.ts"))
            .output()
            .await
            .expect("a compiler");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        // Older releases of Node read a module only where a package says so.
        let package = compiled.path().join("package.json");
        std::fs::write(package, r#"{"type":"module"}"#).expect("a file");
        Self {
            program: PathBuf::from("node"),
            script: compiled.path().join("back_end.js"),
            settings: Vec::new(),
            _compiled: Some(compiled),
        }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.into()));
        self
    }

    /// Runs a command with this input, and returns the JSON that it prints.
    ///
    /// # Errors
    ///
    /// The text that it ends with if it fails.
    pub async fn runs(&self, command: &str, input: &str) -> Result<Value, String> {
        let mut process = self
            .command(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that starts");
        let mut stdin = process.stdin.take().expect("its input");
        // A command that reads nothing may have ended already.
        let _unread = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = process.wait_with_output().await.expect("its output");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(said);
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {said}"))
    }

    /// Starts its receiver.
    pub async fn serves(&self) -> RunningExample {
        let mut process = self
            .command("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that starts");
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut log = BufReader::new(process.stderr.take().expect("its log")).lines();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = lines.clone();
        // Ends with the process.
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                heard
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        let origin = output.next_line().await.expect("its output");
        let origin = origin.unwrap_or_else(|| panic!("it does not start: {lines:?}"));
        RunningExample {
            origin,
            lines,
            _process: process,
        }
    }

    /// Prepares a command. Its environment has the search path for programs and the settings alone.
    fn command(&self, command: &str) -> Command {
        let mut prepared = Command::new(&self.program);
        prepared
            .arg(&self.script)
            .arg(command)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .kill_on_drop(true);
        prepared
    }
}

impl RunningExample {
    /// Returns the lines of its log so far.
    pub fn log(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns whether a line of its log has this text.
    pub fn has_said(&self, text: &str) -> bool {
        self.log().iter().any(|line| line.contains(text))
    }
}

fn folder() -> PathBuf {
    project().join("examples/back-end")
}
