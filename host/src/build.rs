//! Building an application's components, as `spin build` does.

use std::{
    collections::HashSet,
    io::{self, BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use crate::{
    document::DocumentError,
    manifest::{Build, Manifest},
};

/// The target that components in Rust are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Something to tell whoever waits.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// The Rust target was missing and is being added through rustup.
    AddingTarget(&'static str),
    /// A component's build begins.
    Building {
        /// The component.
        component: String,
        /// The command that builds it.
        command: String,
    },
    /// A line that a tool wrote.
    Line(String),
}

/// Why the components are not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] DocumentError),
    /// There is no rustup to add the target with.
    #[error(
        "the Rust target {TARGET} is missing and rustup is not there to add it: install Rust from https://rustup.rs, or add the target with whatever installed Rust"
    )]
    NoRustup,
    /// rustup could not add the target.
    #[error(
        "the Rust target {TARGET} could not be added: `rustup target add {TARGET}` ended with {0}"
    )]
    Target(ExitStatus),
    /// A tool could not be started.
    #[error("`{command}` cannot be started: {source}")]
    Start {
        /// What was to be started.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A build command failed. What it wrote was reported as progress.
    #[error("component `{component}`: `{command}` ended with {status}")]
    Failed {
        /// The component.
        component: String,
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Runs each component's build command in its folder, the same command once only.
/// Where a command compiles for `wasm32-wasip2` and that target is missing, it is added first.
pub fn components(manifest: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), BuildError> {
    let manifest = Manifest::read(manifest)?;
    let commands = manifest
        .builds
        .iter()
        .flat_map(|(_, build)| build.command.each());
    if commands.clone().any(|command| command.contains(TARGET)) {
        ensure_target(&manifest.folder, progress)?;
    }
    let mut done = HashSet::new();
    for (component, build) in &manifest.builds {
        let folder = folder(&manifest.folder, build);
        for command in build.command.each() {
            if !done.insert((folder.clone(), command)) {
                continue;
            }
            progress(Progress::Building {
                component: component.clone(),
                command: command.clone(),
            });
            let status = run(shell(command).current_dir(&folder), command, progress)?;
            if !status.success() {
                return Err(BuildError::Failed {
                    component: component.clone(),
                    command: command.clone(),
                    status,
                });
            }
        }
    }
    Ok(())
}

fn folder(manifest: &Path, build: &Build) -> PathBuf {
    match &build.workdir {
        Some(workdir) => manifest.join(workdir),
        None => manifest.to_owned(),
    }
}

/// rustc knows where a target's libraries would be; whether they are there tells whether it is installed.
fn ensure_target(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), BuildError> {
    let query = "rustc --print target-libdir";
    let found = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(folder)
        .output()
        .map_err(|source| BuildError::Start {
            command: query.to_owned(),
            source,
        })?;
    let libraries = String::from_utf8_lossy(&found.stdout);
    if found.status.success() && Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    progress(Progress::AddingTarget(TARGET));
    let mut rustup = Command::new("rustup");
    match run(
        rustup.args(["target", "add", TARGET]).current_dir(folder),
        "rustup",
        progress,
    ) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(BuildError::Target(status)),
        Err(BuildError::Start { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Err(BuildError::NoRustup)
        }
        Err(error) => Err(error),
    }
}

fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut shell = Command::new(shell);
    shell.args([flag, command]);
    shell
}

/// Runs a command to its end and reports each line that it writes, on either stream, as it comes.
fn run(
    command: &mut Command,
    name: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<ExitStatus, BuildError> {
    let failed = |source| BuildError::Start {
        command: name.to_owned(),
        source,
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (sender, lines) = mpsc::channel();
    let streams = [
        child.stdout.take().map(readable),
        child.stderr.take().map(readable),
    ];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    for line in lines {
        progress(Progress::Line(line));
    }
    child.wait().map_err(failed)
}

fn readable(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;

    use super::*;

    fn build(components: &str) -> (Vec<Progress>, Result<(), String>) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("spin.toml");
        let head = "spin_manifest_version = 2\n[application]\nname = \"x\"\n[trigger]\n";
        fs::write(&manifest, format!("{head}{components}")).unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/here"), "").unwrap();
        let mut progress = Vec::new();
        let outcome = super::components(&manifest, &mut |event| progress.push(event));
        (progress, outcome.map_err(|error| error.to_string()))
    }

    fn building(component: &str, command: &str) -> Progress {
        Progress::Building {
            component: component.to_owned(),
            command: command.to_owned(),
        }
    }

    #[test]
    fn commands_run_in_their_folder_and_the_same_one_once() {
        let (progress, outcome) = build(
            "[component.a]\nsource = \"a\"\nbuild = { command = [\"ls\", \"echo a\"], workdir = \"sub\" }\n\
             [component.b]\nsource = \"b\"\nbuild = { command = \"echo same >&2\" }\n\
             [component.c]\nsource = \"c\"\nbuild = { command = \"echo same >&2\" }\n",
        );
        assert_eq!(outcome, Ok(()));
        let line = |text: &str| Progress::Line(text.to_owned());
        assert_eq!(
            progress,
            [
                building("a", "ls"),
                line("here"),
                building("a", "echo a"),
                line("a"),
                building("b", "echo same >&2"),
                line("same")
            ]
        );
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let (_, outcome) =
            build("[component.a]\nsource = \"a\"\nbuild = { command = \"exit 3\" }\n");
        assert_eq!(
            outcome,
            Err("component `a`: `exit 3` ended with exit status: 3".to_owned())
        );
    }
}
