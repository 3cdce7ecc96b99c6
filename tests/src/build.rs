//! Folder of the project, and the components built there.

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use host::build::{self, Progress, Purpose};

/// Returns the project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project's folder")
}

/// Returns whether journeys run as the product is deployed: `INNSYN_AS_DEPLOYED` is set, as
/// `.ci/run` sets it for the customer's journeys. Components are built with all optimisation, and
/// requests pass the shipped gateway.
pub fn as_deployed() -> bool {
    std::env::var_os("INNSYN_AS_DEPLOYED").is_some_and(|value| !value.is_empty())
}

/// Builds the components once for all journeys of this process.
pub fn build_components() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let purpose = if as_deployed() {
            Purpose::Deployment
        } else {
            Purpose::Local
        };
        let manifest = project().join("spin.toml");
        let mut lines = Vec::new();
        let outcome = build::components(&manifest, purpose, &mut |progress| {
            if let Progress::AddingTarget(target) = &progress {
                // Not by a macro: what a test prints is not shown when it passes.
                let _unheard = writeln!(std::io::stderr(), "adding the Rust target {target}");
            }
            lines.push(format!("{progress:?}"));
        });
        outcome.unwrap_or_else(|error| panic!("{error}\n{}", lines.join("\n")));
    });
}
