//! Figures as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

/// Ratio of two sides that alternated in one run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ratio {
    /// Ratio of the medians over all rounds.
    pub ratio: f64,
    /// Smallest ratio of a round.
    pub least: f64,
    /// Largest ratio of a round.
    pub largest: f64,
}

impl Ratio {
    /// Compares one side with another, round by round.
    pub fn between(here: &[f64], beside: &[f64]) -> Self {
        let rounds = here.iter().zip(beside);
        let mut ratios: Vec<f64> = rounds.map(|(here, beside)| here / beside).collect();
        ratios.sort_by(f64::total_cmp);
        Self {
            ratio: median(here) / median(beside),
            least: ratios.first().copied().unwrap_or(f64::NAN),
            largest: ratios.last().copied().unwrap_or(f64::NAN),
        }
    }
}

/// Returns the median of the values.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Values of each round on one side, with the side's name.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// Name of the side.
    pub name: &'a str,
    /// Values, in the order of the rounds.
    pub values: &'a [f64],
}

impl<'a> Samples<'a> {
    /// Creates the samples of the side `name`.
    pub const fn new(name: &'a str, values: &'a [f64]) -> Self {
        Self { name, values }
    }
}

/// Measured figure, with the yardstick's value.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Part of the bench.
    pub part: &'static str,
    /// Description.
    pub name: String,
    /// Unit of both values.
    pub unit: &'static str,
    /// Median over the rounds.
    pub here: f64,
    /// Name of the yardstick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yardstick: Option<String>,
    /// Median of the yardstick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<f64>,
    /// Ratio to the yardstick.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
}

impl Figure {
    /// Creates a figure without a yardstick.
    pub fn alone(
        part: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        here: f64,
    ) -> Self {
        Self {
            part,
            name: name.into(),
            unit,
            here,
            yardstick: None,
            beside: None,
            ratio: None,
        }
    }

    /// Creates a figure from the values of each round on two sides.
    pub fn compared(
        part: &'static str,
        here: Samples<'_>,
        yardstick: Samples<'_>,
        unit: &'static str,
    ) -> Self {
        Self {
            yardstick: Some(yardstick.name.to_owned()),
            beside: Some(median(yardstick.values)),
            ratio: Some(Ratio::between(here.values, yardstick.values)),
            ..Self::alone(part, here.name, unit, median(here.values))
        }
    }
}

/// Machine on which the figures were measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub processor: String,
    /// Cores.
    pub cores: usize,
    /// Compiler.
    pub rustc: String,
}

/// Figures of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Machine.
    pub machine: Machine,
    /// Figures, in the order in which they were measured.
    pub figures: Vec<Figure>,
    /// Parts that were left out, with the reason.
    pub skipped: Vec<String>,
}

impl Report {
    /// Returns the figures as a table in Markdown.
    pub fn table(&self) -> String {
        let Machine {
            processor,
            cores,
            rustc,
        } = &self.machine;
        let mut table = format!(
            "{cores} cores of {processor}, {rustc}\n\n\
             | part | figure | unit | here | yardstick | beside | ratio | least | largest |\n\
             |---|---|---|---|---|---|---|---|---|\n"
        );
        for figure in &self.figures {
            let Figure {
                part,
                name,
                unit,
                here,
                ..
            } = figure;
            let yardstick = figure.yardstick.as_deref().unwrap_or_default();
            let beside = figure.beside.map(digits).unwrap_or_default();
            let ratio = |value: fn(&Ratio) -> f64| {
                figure
                    .ratio
                    .as_ref()
                    .map(value)
                    .map(digits)
                    .unwrap_or_default()
            };
            // Writing into a string does not fail.
            _ = writeln!(
                table,
                "| {part} | {name} | {unit} | {} | {yardstick} | {beside} | {} | {} | {} |",
                digits(*here),
                ratio(|ratio| ratio.ratio),
                ratio(|ratio| ratio.least),
                ratio(|ratio| ratio.largest),
            );
        }
        for reason in &self.skipped {
            _ = writeln!(table, "\nSKIPPED: {reason}");
        }
        table
    }
}

/// Rounds to three significant digits, and keeps all digits before the point.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_medians_and_its_spread_of_rounds() {
        let ratio = Ratio::between(&[1.0, 2.0, 9.0], &[1.0, 4.0, 3.0]);
        let found = [ratio.ratio, ratio.least, ratio.largest];
        for (found, expected) in found.into_iter().zip([2.0 / 3.0, 0.5, 3.0]) {
            assert!((found - expected).abs() < 1e-9, "{ratio:?}");
        }
    }

    #[test]
    fn three_digits_count() {
        let text = [0.1234, 1.234, 12.34, 1234.4].map(digits);
        assert_eq!(text, ["0.123", "1.23", "12.3", "1234"]);
    }
}
