//! Locks whose data stay valid after a holder panics.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock, even after a holder panicked: each change under these locks is one step.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
