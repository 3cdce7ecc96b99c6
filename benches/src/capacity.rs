//! Figures that the document states.

use std::collections::BTreeMap;

use crate::model;

/// Markers around the computed tables in the document.
const MARKS: (&str, &str) = ("<!-- computed -->\n", "<!-- end -->");

/// Error: the document has no value for this figure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MissingFigure(pub &'static str);

/// The figures by name, and the tables as the text has them.
#[derive(Clone, Debug)]
pub struct CapacityModel {
    figures: BTreeMap<String, f64>,
    shown: String,
}

impl CapacityModel {
    /// Reads all rows of the form ``| `name` | value | … |``.
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

    /// Replaces the stated figures with measured ones.
    #[must_use]
    pub fn with(mut self, measured: &[(&'static str, f64)]) -> Self {
        for (name, value) in measured {
            self.figures.insert((*name).to_owned(), *value);
        }
        self
    }

    /// Returns the stated value of `name`.
    ///
    /// # Errors
    ///
    /// [`MissingFigure`] if the document does not state it.
    pub fn figure(&self, name: &'static str) -> Result<f64, MissingFigure> {
        self.figures.get(name).copied().ok_or(MissingFigure(name))
    }

    /// Returns the `counted` figures, the same on every machine, that differ from the stated ones.
    pub fn wrong(
        &self,
        counted: &[&'static str],
        measured: &[(&'static str, f64)],
    ) -> Vec<&'static str> {
        let is_stated = |name: &str, value: f64| {
            self.figures
                .get(name)
                .is_some_and(|stated| (value - stated).abs() < 0.001)
        };
        let measured = measured.iter().filter(|(name, _)| counted.contains(name));
        measured
            .filter(|(name, value)| !is_stated(name, *value))
            .map(|(name, _)| *name)
            .collect()
    }

    /// Renders the tables that follow from its figures, in Markdown.
    ///
    /// # Errors
    ///
    /// [`MissingFigure`] names the first figure that the document does not state.
    pub fn tables(&self) -> Result<String, MissingFigure> {
        model::tables(self)
    }

    /// Returns the tables as the document has them.
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

    fn capacity() -> CapacityModel {
        CapacityModel::read(include_str!("../../docs/growth.md"))
    }

    #[test]
    fn the_paper_shows_what_follows_from_its_figures() {
        let (shown, computed) = (capacity().shown, capacity().tables().unwrap());
        assert_eq!(
            shown, computed,
            "docs/growth.md is to show this between its marks:\n{computed}"
        );
    }

    #[test]
    fn another_figure_gives_another_table() {
        let slower = capacity().with(&[("latency_s", 5.0)]);
        assert_ne!(slower.tables().unwrap(), capacity().tables().unwrap());
    }

    #[test]
    fn what_is_counted_otherwise_than_stated_is_wrong_and_what_is_timed_never() {
        const COUNTED: [&str; 2] = ["cold_read_mints", "not_stated"];
        let wrong = |mints, time| {
            capacity().wrong(
                &COUNTED,
                &[("cold_read_mints", mints), ("cold_read_ms", time)],
            )
        };
        assert!(wrong(1.0, 1.0).is_empty() && wrong(1.0, 1000.0).is_empty());
        assert_eq!(wrong(1.1, 1.0), ["cold_read_mints"]);
        assert_eq!(
            capacity().wrong(&COUNTED, &[("not_stated", 0.0)]),
            ["not_stated"]
        );
    }

    #[test]
    fn a_figure_that_is_not_stated_is_named() {
        let error = CapacityModel::read("| `warm_read_ms` | 1.5 | |\n").tables();
        assert!(matches!(error, Err(MissingFigure(_))), "{error:?}");
    }
}
