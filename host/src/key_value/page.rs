//! Pages of a store's keys.

/// Largest number of keys in a page.
pub(super) const PAGE: usize = 1000;

/// Position among the keys of a store.
#[derive(Clone, Debug)]
pub(crate) enum KeyPosition {
    Beginning,
    /// Last key of the page, in a store with ordered keys.
    After(String),
    /// Cursor of Redis's scan.
    Cursor(u64),
}

/// Page of a store's keys.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    /// Position of the next page, or `None` after the last.
    pub(crate) next: Option<KeyPosition>,
}
