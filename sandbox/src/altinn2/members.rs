//! Members of a JSON object, whatever their letter case.

use serde_json::{Map, Value};

/// Object with case-insensitive member names; `null` counts as absent.
pub(super) struct Members<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Members<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        let mut members = self.0.iter();
        let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value).filter(|value| !value.is_null())
    }

    /// Returns a text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.get(name)?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }
}
