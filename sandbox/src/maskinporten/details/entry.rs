//! Parts that both types of entry share.

use serde_json::{Map, Value};

use crate::maskinporten::refusal::Refusal;

/// Client and consumer of a token.
#[derive(Debug)]
pub(in crate::maskinporten) struct Holder<'a> {
    pub(in crate::maskinporten) client_id: &'a str,
    /// The client's organisation.
    pub(in crate::maskinporten) vendor: &'a str,
    /// Consumer of the token: the vendor, or the organisation that has delegated to it.
    pub(in crate::maskinporten) consumer: &'a str,
}

/// Refuses an entry with members that are not `known`.
pub(super) fn only(entry: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    let unknown: Vec<_> = entry
        .keys()
        .filter(|name| !known.contains(&name.as_str()))
        .map(String::as_str)
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::DetailField(unknown.join(", ")))
    }
}
