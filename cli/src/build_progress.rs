//! Progress of building the components.

use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use host::build::{self, Progress, Purpose};
use indicatif::ProgressBar;

/// Builds the components of `manifest`. Progress is one changing line on a terminal, and every line
/// of the build elsewhere.
///
/// # Errors
///
/// If a component cannot be built.
pub(crate) fn build(manifest: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let bar = if stderr().is_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut lines = Vec::new();
    let outcome = build::components(manifest, Purpose::Local, &mut |progress| {
        let text = match progress {
            Progress::AddingTarget(target) => {
                format!("adding the Rust target {target} through rustup")
            }
            Progress::Building { component, .. } => format!("building {component}"),
            Progress::Line(line) => line,
        };
        if bar.is_hidden() {
            eprintln!("{text}");
        } else {
            bar.set_message(text.trim().to_owned());
            lines.push(text);
        }
    });
    bar.finish_and_clear();
    if outcome.is_err() {
        // The output of a failed build has its cause.
        for line in &lines {
            eprintln!("{line}");
        }
    }
    outcome.context("the components are not built")?;
    eprintln!(
        "components built ({:.0} s)",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}
