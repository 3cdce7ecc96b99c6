//! Build of an application's components, as by `spin build`.

use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::document::DocumentError;
use crate::manifest::{Build, Manifest};

/// Rust target of components.
const TARGET: &str = "wasm32-wasip2";

/// Settings of Cargo for a quick build: parallel, incremental, without link-time optimisation.
/// Components become about a fifth larger. A later build without these settings compiles again what
/// they changed.
const QUICK: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
];

/// Purpose of a build.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Components as they are deployed: the build commands run as the manifest has them.
    Deployment,
    /// Components for this machine, sooner: Cargo optimises less. Other build tools are not
    /// affected.
    Local,
}

impl Purpose {
    /// Returns the variables that build commands get besides those of this process.
    fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Deployment => &[],
            Self::Local => &QUICK,
        }
    }
}

/// Progress of a build, for the waiting user.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// The Rust target was missing and is being added through rustup.
    AddingTarget(&'static str),
    /// A component's build begins.
    Building {
        /// Name of the component.
        component: String,
        /// Command of the build.
        command: String,
    },
    /// Line of a tool's output.
    Line(String),
}

/// Error of building the components.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] DocumentError),
    /// Missing target without a rustup to add it.
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
        /// Command that was to be started.
        command: String,
        /// Cause.
        source: io::Error,
    },
    /// A build command failed. Its output was reported as progress.
    #[error("component `{component}`: `{command}` ended with {status}")]
    Failed {
        /// Name of the component.
        component: String,
        /// Command of the build.
        command: String,
        /// Exit status.
        status: ExitStatus,
    },
}

/// Runs each component's build command in its folder, the same command once only.
/// Adds the target `wasm32-wasip2` first if a command compiles for it and it is missing.
///
/// # Errors
///
/// Returns [`BuildError`] if the manifest cannot be read, the target cannot be added, or a command
/// cannot be started or fails.
pub fn components(
    manifest: &Path,
    purpose: Purpose,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), BuildError> {
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
            let mut shell = shell(command);
            shell
                .current_dir(&folder)
                .envs(purpose.variables().iter().copied());
            let status = run(&mut shell, command, progress)?;
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

/// Checks that the target is installed, by the existence of the folder where rustc looks for its
/// libraries, and adds it if it is missing.
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

/// Runs a command to its end and reports each line of output, on either stream, as it arrives.
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
        build_for(Purpose::Deployment, components)
    }

    fn build_for(purpose: Purpose, components: &str) -> (Vec<Progress>, Result<(), String>) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("spin.toml");
        let head = "spin_manifest_version = 2\n[application]\nname = \"x\"\n[trigger]\n";
        fs::write(&manifest, format!("{head}{components}")).unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/here"), "").unwrap();
        let mut progress = Vec::new();
        let outcome = super::components(&manifest, purpose, &mut |event| progress.push(event));
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
    fn a_local_build_asks_cargo_for_less_optimisation() {
        let component = "[component.a]\nsource = \"a\"\nbuild = { command = \"echo lto: $CARGO_PROFILE_RELEASE_LTO\" }\n";
        let (progress, outcome) = build_for(Purpose::Local, component);
        assert_eq!(outcome, Ok(()));
        assert_eq!(
            progress.last(),
            Some(&Progress::Line("lto: false".to_owned()))
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
