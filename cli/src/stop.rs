//! When the command is asked to stop.

use anyhow::Context;

/// Waits for Ctrl-C, or for the system's request to end (SIGTERM), so that what was started is stopped and
/// the folder with keys is removed in either case.
pub(crate) async fn asked() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be heard"),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c()
        .await
        .context("Ctrl-C cannot be heard")
}

/// What `start` makes, or nothing when it is asked to stop before: the folder with keys goes then too.
#[cfg(any(feature = "host", feature = "sandbox"))]
pub(crate) async fn unless<T>(
    asked: &mut (impl Future<Output = anyhow::Result<()>> + Unpin),
    start: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    tokio::select! {
        // First, so that it is heard from before anything starts.
        biased;
        stopped = asked => stopped.map(|()| None),
        started = start => started.map(Some),
    }
}
