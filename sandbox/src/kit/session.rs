//! Browser sessions, each identified by a random handle in a cookie.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use uuid::Uuid;

use super::html::cookie;

/// Browser sessions of one site.
#[derive(Debug)]
pub(crate) struct Sessions<T> {
    cookie: &'static str,
    open: Mutex<HashMap<String, T>>,
}

impl<T: Clone> Sessions<T> {
    /// Creates an empty set of sessions, with handles in the cookie of this name.
    pub(crate) fn named(cookie: &'static str) -> Self {
        Self {
            cookie,
            open: Mutex::new(HashMap::new()),
        }
    }

    /// Returns the name of the cookie.
    pub(crate) const fn cookie(&self) -> &'static str {
        self.cookie
    }

    /// Opens a session and returns its handle.
    pub(crate) fn open(&self, value: T) -> String {
        let handle = Uuid::new_v4().simple().to_string();
        self.lock().insert(handle.clone(), value);
        handle
    }

    /// Returns the session of a request.
    pub(crate) fn get(&self, headers: &HeaderMap) -> Option<T> {
        self.lock().get(&cookie(headers, self.cookie)?).cloned()
    }

    /// Ends the session of a request.
    pub(crate) fn close(&self, headers: &HeaderMap) -> Option<T> {
        self.lock().remove(&cookie(headers, self.cookie)?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
