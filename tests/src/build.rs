//! The project's folder, and its components as they are built there.

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use host::build::{self, Progress};

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project's folder")
}

/// Builds the components once for all journeys of this process.
pub fn build_components() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let manifest = project().join("spin.toml");
        let mut lines = Vec::new();
        let outcome = build::components(&manifest, &mut |progress| {
            if let Progress::AddingTarget(target) = &progress {
                // Not by a macro: what a test prints is not shown when it passes.
                let _unheard = writeln!(std::io::stderr(), "adding the Rust target {target}");
            }
            lines.push(format!("{progress:?}"));
        });
        outcome.unwrap_or_else(|error| panic!("{error}\n{}", lines.join("\n")));
    });
}
