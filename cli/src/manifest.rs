//! Location of the app's manifest.

use std::path::PathBuf;

use anyhow::Context;

/// Returns the given path, or else the nearest `spin.toml` from this folder upwards.
///
/// # Errors
///
/// If there is no manifest.
pub(crate) fn find(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        return Ok(path);
    }
    let here = std::env::current_dir().context("this folder cannot be read")?;
    here.ancestors()
        .map(|folder| folder.join("spin.toml"))
        .find(|path| path.is_file())
        .context("there is no spin.toml here or above: go to the project's folder, or name it with --manifest")
}
