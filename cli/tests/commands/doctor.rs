//! Runs of `innsyn doctor`, and its output.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Exit code and output of the command.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) complaints: String,
}

/// Runs the doctor with `arguments`, in English and without colours.
pub(crate) fn ask(arguments: &[&str]) -> Answer {
    ask_with(arguments, &[])
}

/// Runs the command with `arguments` and these environment variables.
pub(crate) fn ask_with(arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_innsyn"))
        .arg("doctor")
        .args(arguments)
        .env_remove("INNSYN_PASSWORD")
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .envs(variables.iter().copied())
        .output()
        .expect("a process");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    Answer {
        code: output.status.code().expect("a code"),
        text: text(&output.stdout),
        complaints: text(&output.stderr),
    }
}

impl Answer {
    /// Parses the output of `--json`.
    pub(crate) fn json(&self) -> Value {
        let read = serde_json::from_str(&self.text);
        read.unwrap_or_else(|_| panic!("{}{}", self.text, self.complaints))
    }

    /// Returns the findings, each as `severity id`.
    pub(crate) fn findings(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().expect("findings").iter();
        findings
            .map(|finding| {
                let part = |name: &str| finding[name].as_str().expect("text").to_owned();
                for sentence in ["seen", "why", "action"] {
                    let text = part(sentence);
                    assert!(!text.is_empty() && !text.contains("{0}"), "{text}");
                }
                format!("{} {}", part("severity"), part("id"))
            })
            .collect()
    }
}

/// Returns a path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Returns the arguments to examine `certificate` with JSON output.
pub(crate) fn json_of<'a>(certificate: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--json", "--certificate", text(certificate)];
    arguments.extend(more);
    arguments
}

/// Writes a file into `folder`.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

/// Writes a file that its owner alone can read.
pub(crate) fn closed(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = file(folder, name, content);
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
    path
}
