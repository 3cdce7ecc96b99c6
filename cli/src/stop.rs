//! Stop requests: Ctrl-C and SIGTERM.

use anyhow::Context;

/// Waits for Ctrl-C or SIGTERM. The caller then stops the services and removes the folder with
/// keys.
///
/// # Errors
///
/// If the signals cannot be received.
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

/// Runs `start` unless a stop is requested first. Returns `None` in that case, so that the folder
/// with keys is removed then, too.
///
/// # Errors
///
/// The error of `start`, or of receiving the signals.
#[cfg(any(feature = "host", feature = "sandbox"))]
pub(crate) async fn unless<T>(
    asked: &mut (impl Future<Output = anyhow::Result<()>> + Unpin),
    start: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    tokio::select! {
        // The request is polled first, so that it is received before anything starts.
        biased;
        stopped = asked => stopped.map(|()| None),
        started = start => started.map(Some),
    }
}
