//! Minimum rate of a request body, and minimum size of its pieces.

use std::time::Duration;

use innsyn_core::context::{Context, Deadline};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

/// Number of bytes that must arrive within [`WINDOW`].
const STEP: usize = 64 * 1024;

/// Maximum time for the first [`STEP`] bytes, and for each further [`STEP`] bytes.
const WINDOW: Duration = Duration::from_secs(10);

/// Part of a request's time that is reserved for the response.
const ANSWERING: Duration = Duration::from_secs(1);

/// Size under which a piece is small, in bytes: each piece costs as much work as a large one.
const SMALL: usize = 16;

/// Maximum number of small pieces.
const MOST_SMALL: u32 = 100;

/// Rate of an arriving body in the current window, and the number of its small pieces.
pub(super) struct MinimumRate {
    end: Deadline,
    in_window: usize,
    small: u32,
}

impl MinimumRate {
    pub(super) fn start<P: Platform>(context: &Context<'_, P>) -> Self {
        Self {
            end: window(context),
            in_window: 0,
            small: 0,
        }
    }

    /// Starts a new window.
    pub(super) fn restart<P: Platform>(&mut self, context: &Context<'_, P>) {
        self.end = window(context);
        self.in_window = 0;
    }

    /// Counts a piece that was received.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] if there have been too many small ones, [`Kind::RequestTimeout`]
    /// after the window's end.
    pub(super) fn count<P: Platform>(
        &mut self,
        context: &Context<'_, P>,
        bytes: usize,
    ) -> Result<(), Problem> {
        if bytes < SMALL {
            self.small = self.small.saturating_add(1);
        }
        if self.small > MOST_SMALL {
            return Err(Problem::new(Kind::RequestInvalid).detail(format!(
                "The request body arrives in pieces of less than {SMALL} bytes: send larger ones"
            )));
        }
        if self.left(context).is_zero() {
            return Err(Self::too_slow());
        }
        self.in_window = self.in_window.saturating_add(bytes);
        if self.in_window >= STEP {
            self.restart(context);
        }
        Ok(())
    }

    /// Returns the time left for the next piece.
    pub(super) fn left<P: Platform>(&self, context: &Context<'_, P>) -> Duration {
        self.end.left(context.platform)
    }

    /// Returns the problem for a caller under the minimum rate.
    pub(super) fn too_slow() -> Problem {
        Problem::new(Kind::RequestTimeout).detail(format!(
            "The request body must arrive at {} KiB in {} seconds or faster",
            STEP / 1024,
            WINDOW.as_secs()
        ))
    }
}

/// Returns the deadline of a window that starts now; the request's own deadline comes first.
fn window<P: Platform>(context: &Context<'_, P>) -> Deadline {
    let left = context.left().saturating_sub(ANSWERING);
    Deadline::after(context.platform, WINDOW.min(left))
}
