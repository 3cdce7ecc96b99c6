//! Arguments that name the project's configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use host::{Configuration, Options};

#[derive(clap::Args)]
#[group(id = "project", conflicts_with = "certificate")]
pub(crate) struct Arguments {
    /// Runtime configuration, with `client_tls`. The default is `runtime-config.toml` beside the manifest.
    #[arg(long, value_name = "FILE")]
    runtime_config: Option<PathBuf>,
    /// Pins of the services that are identified by organisation number.
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Values of variables, in TOML: `name = "value"`. They take precedence over `SPIN_VARIABLE_…`.
    #[arg(long, value_name = "FILE")]
    variables: Option<PathBuf>,
}

impl Arguments {
    /// Reads the configuration of the project with this manifest.
    ///
    /// # Errors
    ///
    /// If a file of the configuration cannot be read or used.
    pub(super) async fn configuration(&self, manifest: PathBuf) -> anyhow::Result<Configuration> {
        let beside = manifest.with_file_name("runtime-config.toml");
        let mut options = Options::new(manifest);
        let given = self.runtime_config.clone();
        options.runtime_config = given.or(beside.is_file().then_some(beside));
        options.pins.clone_from(&self.pins);
        options.variables = read_variables(self.variables.as_deref())?;
        Ok(Configuration::read(&options).await?)
    }
}

fn read_variables(path: Option<&Path>) -> anyhow::Result<BTreeMap<String, String>> {
    let Some(path) = path else {
        return Ok(BTreeMap::new());
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    // The parser's message could quote a secret.
    let table: Option<BTreeMap<String, String>> = toml::from_str(&text).ok();
    table.with_context(|| format!("{} is not TOML of names and texts", path.display()))
}
