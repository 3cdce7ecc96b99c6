//! Paths of keys in a document.

/// Returns a key with the path of its table.
pub(crate) fn joined(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}
