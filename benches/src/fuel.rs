//! Fuel of the hot paths, kept for each version of rustc: the number of WebAssembly operators that
//! they execute.
//!
//! Fuel does not depend on the machine, but on the compiler, which chooses the operators.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Largest deviation from the kept figure.
const MARGIN: f64 = 0.03;

/// Kept figures, by version of rustc and by path.
pub struct Figures(BTreeMap<String, BTreeMap<String, u64>>);

/// Result of a comparison.
#[derive(Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Figures that are all within the margin.
    Kept,
    /// Figures that deviate, with the entry that would replace the kept one.
    Deviates {
        /// Deviations, with the kept and the measured value.
        reasons: Vec<String>,
        /// The entry.
        entry: String,
    },
    /// Entry to add for this version of rustc, which has no figures yet.
    Unknown(String),
}

impl Figures {
    /// Reads a table for each version of rustc.
    ///
    /// # Errors
    /// A text that is not such tables.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text).map(Self)
    }

    /// Compares the measured figures with those kept for `version`.
    pub fn compare(&self, version: &str, measured: &[(&str, u64)]) -> Verdict {
        let mut entry = format!("[\"{version}\"]\n");
        for (path, fuel) in measured {
            // Writing into a string does not fail.
            _ = writeln!(entry, "{path} = {fuel}");
        }
        let Some(kept) = self.0.get(version) else {
            return Verdict::Unknown(entry);
        };
        let deviates = |(path, fuel): &(&str, u64)| match kept.get(*path) {
            Some(kept) => {
                let ratio = *fuel as f64 / *kept as f64;
                ((ratio - 1.0).abs() > MARGIN + 1e-9)
                    .then(|| format!("{path}: {fuel} is {ratio:.3} times {kept}"))
            }
            None => Some(format!("{path}: {fuel}, and nothing is kept")),
        };
        let reasons: Vec<String> = measured.iter().filter_map(deviates).collect();
        if reasons.is_empty() {
            Verdict::Kept
        } else {
            Verdict::Deviates { reasons, entry }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(version: &str, measured: &[(&str, u64)]) -> Verdict {
        let kept = "[\"1.95.0\"]\nsign = 1000\nread = 200\n";
        let figures = Figures::read(kept).expect("figures");
        figures.compare(version, measured)
    }

    #[test]
    fn three_per_cent_more_or_less_are_kept_and_not_four() {
        for (sign, read) in [(1000, 200), (1030, 194), (970, 206)] {
            let verdict = compare("1.95.0", &[("sign", sign), ("read", read)]);
            assert_eq!(verdict, Verdict::Kept, "{sign} {read}");
        }
        for (sign, read) in [(1040, 200), (960, 200), (1000, 208)] {
            let verdict = compare("1.95.0", &[("sign", sign), ("read", read)]);
            let Verdict::Deviates { reasons, entry } = verdict else {
                panic!("{verdict:?}");
            };
            assert_eq!(reasons.len(), 1, "{reasons:?}");
            assert_eq!(
                entry,
                format!("[\"1.95.0\"]\nsign = {sign}\nread = {read}\n")
            );
        }
    }

    #[test]
    fn a_path_that_is_not_kept_deviates() {
        let verdict = compare("1.95.0", &[("other", 1)]);
        assert!(matches!(verdict, Verdict::Deviates { .. }), "{verdict:?}");
    }

    #[test]
    fn another_compiler_has_no_figures() {
        let verdict = compare("1.96.0", &[("sign", 7)]);
        assert_eq!(
            verdict,
            Verdict::Unknown("[\"1.96.0\"]\nsign = 7\n".to_owned())
        );
    }
}
