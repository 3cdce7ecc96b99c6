//! Commands of `innsyn`, one module each. The code of two is elsewhere: `doctor` is the crate
//! `innsyn-doctor`, `token-sidecar` the module `sidecar`.

#[cfg(feature = "host")]
mod egress;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(all(feature = "host", feature = "sandbox"))]
mod up;

#[cfg(any(feature = "host", feature = "sandbox"))]
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use tokio::runtime::Builder;

#[cfg(any(feature = "host", feature = "sandbox"))]
use crate::manifest;
use crate::sidecar;

/// Command with its arguments.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Builds the components and runs them with the sandbox, until Ctrl-C. This is the default.
    #[cfg(all(feature = "host", feature = "sandbox"))]
    Up(up::Arguments),
    /// Runs the sandbox alone, for a Spin or a client of your own.
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Arguments),
    /// Gives Maskinporten tokens to a back end on this machine, with the API of NAV's sidecar
    /// texas.
    TokenSidecar(sidecar::Arguments),
    /// Checks enterprise certificates and keys, in files or in the project's configuration, before
    /// a service refuses them.
    #[cfg(feature = "host")]
    Doctor(Box<innsyn_doctor::Arguments>),
    /// Runs a proxy to services that are identified by attributes of their certificate, for
    /// programs that cannot check them.
    #[cfg(feature = "host")]
    Egress(egress::Arguments),
}

#[cfg(all(feature = "host", feature = "sandbox"))]
impl Default for Command {
    fn default() -> Self {
        Self::Up(up::Arguments::default())
    }
}

impl Command {
    /// Returns the runtime that the command needs. The sidecar answers from memory, which a single
    /// thread does without waking another.
    pub(crate) fn runtime(&self) -> Builder {
        match self {
            Self::TokenSidecar(_) => Builder::new_current_thread(),
            #[cfg(any(feature = "host", feature = "sandbox"))]
            _ => Builder::new_multi_thread(),
        }
    }

    /// Runs the command. `manifest` is the path that the arguments name.
    ///
    /// # Errors
    ///
    /// If the command fails.
    pub(crate) async fn run(
        self,
        #[cfg(any(feature = "host", feature = "sandbox"))] manifest: Option<PathBuf>,
    ) -> anyhow::Result<ExitCode> {
        match self {
            #[cfg(all(feature = "host", feature = "sandbox"))]
            Self::Up(up) => up::run(up, &manifest::find(manifest)?).await,
            // Boxed: it is large.
            #[cfg(feature = "sandbox")]
            Self::Sandbox(sandbox) => {
                // The sandbox runs anywhere. In a project, the commands that it prints name the
                // manifest.
                Box::pin(sandbox::run(sandbox, manifest::find(manifest).ok())).await
            }
            Self::TokenSidecar(sidecar) => sidecar::run(sidecar).await,
            #[cfg(feature = "host")]
            Self::Egress(egress) => egress::run(egress).await,
            #[cfg(feature = "host")]
            Self::Doctor(doctor) => {
                return Ok(innsyn_doctor::run(&doctor, || manifest::find(manifest)).await);
            }
        }
        .map(|()| ExitCode::SUCCESS)
    }
}
