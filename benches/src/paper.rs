//! The figures that the paper states.

use std::collections::BTreeMap;

use crate::model;

/// What stands between the computed tables and the rest of the paper.
const MARKS: (&str, &str) = ("<!-- computed -->\n", "<!-- end -->");

/// The paper names no value for this figure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MissingFigure(pub &'static str);

/// The figures by their names, and the tables as they stand in the text.
#[derive(Clone, Debug)]
pub struct Paper {
    figures: BTreeMap<String, f64>,
    shown: String,
}

impl Paper {
    /// Reads rows of the form ``| `name` | value | … |``, wherever they stand.
    pub fn read(text: &str) -> Self {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let figure = |row: &str| {
            let mut cells = row.split('|').map(str::trim);
            let name = cells.nth(1)?.trim_matches('`').to_owned();
            let value = cells.next()?.replace(' ', "").parse().ok()?;
            Some((name, value))
        };
        let shown = text.split_once(MARKS.0).and_then(|(_, rest)| {
            let (tables, _) = rest.split_once(MARKS.1)?;
            Some(tables.to_owned())
        });
        Self {
            figures: rows.filter_map(figure).collect(),
            shown: shown.unwrap_or_default(),
        }
    }

    /// The same paper with measured figures in place of those that it states.
    #[must_use]
    pub fn with(mut self, measured: &[(&'static str, f64)]) -> Self {
        for (name, value) in measured {
            self.figures.insert((*name).to_owned(), *value);
        }
        self
    }

    /// What it states for `name`.
    pub fn figure(&self, name: &'static str) -> Result<f64, MissingFigure> {
        self.figures.get(name).copied().ok_or(MissingFigure(name))
    }

    /// The tables that follow from its figures, in Markdown.
    pub fn tables(&self) -> Result<String, MissingFigure> {
        model::tables(self)
    }

    /// The tables that it shows.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "in a test, what is not as expected ends it"
    )]

    use super::*;

    fn paper() -> Paper {
        Paper::read(include_str!("../../docs/growth.md"))
    }

    #[test]
    fn the_paper_shows_what_follows_from_its_figures() {
        let (shown, computed) = (paper().shown, paper().tables().unwrap());
        assert_eq!(
            shown, computed,
            "docs/growth.md is to show this between its marks:\n{computed}"
        );
    }

    #[test]
    fn another_figure_gives_another_table() {
        let slower = paper().with(&[("latency_s", 5.0)]);
        assert_ne!(slower.tables().unwrap(), paper().tables().unwrap());
    }

    #[test]
    fn a_figure_that_is_not_stated_is_named() {
        let error = Paper::read("| `warm_read_ms` | 1.5 | |\n").tables();
        assert!(matches!(error, Err(MissingFigure(_))), "{error:?}");
    }
}
