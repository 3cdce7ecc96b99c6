//! `innsyn doctor` as people run it, and what it answered.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What the command answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) complaints: String,
}

/// Runs it with `arguments`, in English and without colours.
pub(crate) fn ask(arguments: &[&str]) -> Answer {
    ask_with(arguments, &[])
}

/// The same with these variables.
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
    /// What was printed with `--json`.
    pub(crate) fn json(&self) -> Value {
        let read = serde_json::from_str(&self.text);
        read.unwrap_or_else(|_| panic!("{}{}", self.text, self.complaints))
    }

    /// The findings, each as `severity id`.
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

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The arguments that make it look at `certificate` and answer in JSON.
pub(crate) fn json_of<'a>(certificate: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--json", "--certificate", text(certificate)];
    arguments.extend(more);
    arguments
}

/// A file of `folder`.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

/// The same, for its owner alone.
pub(crate) fn closed(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = file(folder, name, content);
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
    path
}
