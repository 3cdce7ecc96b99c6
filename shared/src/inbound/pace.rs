//! The minimum rate of a body, and the minimum size of its pieces.

use std::time::Duration;

use crate::context::{Context, Deadline};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// Number of bytes that must arrive within [`WINDOW`].
const STEP: usize = 64 * 1024;

/// Maximum time for the first [`STEP`] bytes, and for each further [`STEP`] bytes.
const WINDOW: Duration = Duration::from_secs(10);

/// Part of a request's time that is reserved for the answer.
const ANSWERING: Duration = Duration::from_secs(1);

/// Pieces under so many bytes are small: each costs as much work as a large one.
const SMALL: usize = 16;

/// More small pieces than this are refused.
const MOST_SMALL: u32 = 100;

/// Rate of an arriving body in the current window, and the number of its small pieces.
pub(super) struct Pace {
    end: Deadline,
    in_window: usize,
    small: u32,
}

impl Pace {
    pub(super) fn start<P: Platform>(context: &Context<'_, P>) -> Self {
        Self {
            end: window(context),
            in_window: 0,
            small: 0,
        }
    }

    /// Begins a new window.
    pub(super) fn restart<P: Platform>(&mut self, context: &Context<'_, P>) {
        self.end = window(context);
        self.in_window = 0;
    }

    /// Counts a piece that has arrived.
    ///
    /// # Errors
    /// [`Kind::RequestInvalid`] if there have been too many small ones, [`Kind::RequestTimeout`] after the window's end.
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
                "The body comes in pieces of less than {SMALL} bytes"
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

    /// The answer to a caller who is slower.
    pub(super) fn too_slow() -> Problem {
        Problem::new(Kind::RequestTimeout).detail(format!(
            "The body must arrive at {} KiB in {} seconds or faster",
            STEP / 1024,
            WINDOW.as_secs()
        ))
    }
}

/// The end of a window that begins now; the request's own time comes first.
fn window<P: Platform>(context: &Context<'_, P>) -> Deadline {
    let left = context.left().saturating_sub(ANSWERING);
    Deadline::after(context.platform, WINDOW.min(left))
}
