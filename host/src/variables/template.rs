//! Text with places for variables: `{{ name }}`, as Spin reads it (its crate `expressions`, `template.rs`).

use std::collections::BTreeMap;

/// A template that is well formed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Reads a template, or says what is wrong with it.
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

    /// The variables that it asks for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The text with these values; `None` if one that it asks for is not among them.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Variable(name) => values.get(name).map(String::as_str),
        });
        parts.collect()
    }

    /// Whether it asks for any variable.
    pub(crate) fn is_literal(&self) -> bool {
        self.names().next().is_none()
    }
}
