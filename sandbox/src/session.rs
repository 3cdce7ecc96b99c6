//! Browser sessions: what a random handle in a cookie stands for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use uuid::Uuid;

use crate::html::cookie;

/// The sessions of one site.
#[derive(Debug)]
pub(crate) struct Sessions<T> {
    cookie: &'static str,
    open: Mutex<HashMap<String, T>>,
}

impl<T: Clone> Sessions<T> {
    /// None yet; they are kept in the cookie of this name.
    pub(crate) fn named(cookie: &'static str) -> Self {
        Self {
            cookie,
            open: Mutex::new(HashMap::new()),
        }
    }

    /// The cookie's name.
    pub(crate) const fn cookie(&self) -> &'static str {
        self.cookie
    }

    /// Opens one and returns its handle.
    pub(crate) fn open(&self, value: T) -> String {
        let handle = Uuid::new_v4().simple().to_string();
        self.lock().insert(handle.clone(), value);
        handle
    }

    /// The session of a request.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<T> {
        self.lock().get(cookie(headers, self.cookie)?).cloned()
    }

    /// Ends the session of a request.
    pub(crate) fn close(&self, headers: &HeaderMap) -> Option<T> {
        self.lock().remove(cookie(headers, self.cookie)?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
