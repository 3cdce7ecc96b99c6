//! Template: text with placeholders for variables: `{{ name }}`, as in Spin (its crate
//! `expressions`, `template.rs`).

use std::collections::BTreeMap;

/// Well-formed template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Parses a template, or describes the fault.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("`{{` without `}}`")?;
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Returns the variables that it names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Fills in these values; `None` if a variable has none.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Variable(name) => values.get(name).map(String::as_str),
        });
        parts.collect()
    }

    /// Returns whether the template has no variable.
    pub(crate) fn is_literal(&self) -> bool {
        self.names().next().is_none()
    }
}
