//! Configuration of one of Skatteetaten's APIs.
//!
//! The code is common to all of them. A JSON document for each API defines the differences: its
//! datasets and their addresses, their parameters, the meaning of the API's own codes, and whether
//! long periods are split into windows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use time::OffsetDateTime;

use super::reason::Reason;
use super::template::Template;
use innsyn_core::calendar::{NamedValue, PeriodLimits, Unit};
use innsyn_core::party::Party;
use innsyn_core::problem::{Kind, Problem};

/// Parameters that delimit a read in windows.
pub(super) const FROM: &str = "fraOgMed";
pub(super) const TO: &str = "tilOgMed";

/// API with its datasets.
#[derive(Clone, Debug)]
pub struct Api {
    /// Name of the external service, for the log.
    pub counterparty: String,
    /// Datasets that can be read.
    pub datasets: Vec<Dataset>,
    parties: BTreeSet<PartyKind>,
    /// Member that every answer with data has.
    pub(super) member: String,
    /// Meaning of the API's own codes, and of statuses if it has no codes.
    pub(super) refusals: BTreeMap<String, Reason>,
    /// Unit of its `Retry-After`.
    pub retry_after: RetryAfter,
}

/// Dataset of an API.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Last segment of this app's path.
    pub name: String,
    pub(super) template: Template,
    /// Windows into which a period longer than a year is split; without them, the source is asked
    /// for the whole period.
    pub windows: Option<Windows>,
    period: PeriodLimits,
}

/// Members that are needed to merge answers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// Member that holds the list of elements.
    pub(super) list: String,
    /// Names of the member that identifies an element, in every spelling.
    pub(super) identifiers: Vec<String>,
}

/// Kind of party that an API has data about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
enum PartyKind {
    Organisation,
    Person,
}

/// Unit of `Retry-After`. RFC 9110 specifies seconds; Folkeregisteret's page on return codes
/// specifies milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// Seconds (RFC 9110).
    #[default]
    Seconds,
    /// Milliseconds (Folkeregisteret).
    Milliseconds,
}

/// Values of a dataset's parameters, by name.
pub type Values = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApi {
    counterparty: String,
    parties: BTreeSet<PartyKind>,
    member: String,
    #[serde(default)]
    refusals: BTreeMap<Reason, Vec<String>>,
    #[serde(default)]
    retry_after: RetryAfter,
    #[serde(default)]
    period: PeriodLimits,
    reads: BTreeMap<String, RawDataset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataset {
    path: String,
    #[serde(default)]
    windows: Option<Windows>,
}

impl Api {
    /// Parses the JSON of `…_api`.
    ///
    /// # Errors
    /// Returns a text that describes the fault and does not quote the JSON.
    pub fn parse(json: &str) -> Result<Self, String> {
        let raw: RawApi = innsyn_core::json::read(json.as_bytes()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("is not what is expected at line {line}, column {column}")
        })?;
        let mut refusals = BTreeMap::new();
        for (reason, codes) in raw.refusals {
            for code in codes {
                if refusals.insert(code, reason).is_some() {
                    return Err("gives one code two meanings".to_owned());
                }
            }
        }
        if raw.parties.is_empty() || raw.reads.is_empty() || raw.member.is_empty() {
            return Err("has no parties, no member or no reads".to_owned());
        }
        if !raw.period.are_valid() {
            return Err("has a period whose limits are zero or too large".to_owned());
        }
        let (reads, period) = (raw.reads.into_iter(), raw.period);
        Ok(Self {
            counterparty: raw.counterparty,
            datasets: reads
                .map(|(name, raw)| dataset(name, raw, period))
                .collect::<Result<_, _>>()?,
            parties: raw.parties,
            member: raw.member,
            refusals,
            retry_after: raw.retry_after,
        })
    }

    /// Returns whether the API has data about this kind of party.
    pub fn is_about(&self, party: &Party) -> bool {
        let kind = match party {
            Party::Organisation(_) => PartyKind::Organisation,
            Party::Person(_) => PartyKind::Person,
        };
        self.parties.contains(&kind)
    }

    /// Returns whether a path needs a package of rights.
    pub fn needs_package(&self) -> bool {
        let mut datasets = self.datasets.iter();
        datasets.any(|dataset| dataset.template.has_package())
    }
}

fn dataset(name: String, raw: RawDataset, period: PeriodLimits) -> Result<Dataset, String> {
    let is_segment = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_segment) {
        return Err("has a read whose name is no segment of a path".to_owned());
    }
    let template = Template::parse(&raw.path).ok_or_else(|| {
        format!("has a path for {name} that is not one, or has not {{party}} once")
    })?;
    let in_days = |wanted: &str| {
        let mut parameters = template.parameters();
        parameters.any(|(name, unit)| name == wanted && unit == Unit::Day)
    };
    if raw.windows.is_some() && !(in_days(FROM) && in_days(TO)) {
        return Err(format!(
            "has windows for {name}, which is not read from day to day"
        ));
    }
    Ok(Dataset {
        name,
        template,
        windows: raw.windows,
        period,
    })
}

impl Dataset {
    /// Returns the names of the parameters, which are the same in this app's query and in the
    /// source's address.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.units().map(|(name, _)| name)
    }

    /// Returns the parameters with their units.
    pub fn units(&self) -> impl Iterator<Item = (&str, Unit)> {
        self.template.parameters()
    }

    /// Collects the values of the parameters, which `get` looks up by name.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] if a value is missing, does not have the form of its unit, or is
    /// beyond the API's limits.
    pub fn values<'a>(
        &self,
        get: impl Fn(&str) -> Option<&'a str>,
        now: OffsetDateTime,
    ) -> Result<Values, Problem> {
        let invalid = |detail| Problem::new(Kind::RequestInvalid).detail(detail);
        let mut values = Values::new();
        for (name, unit) in self.units() {
            let Some(value) = get(name) else {
                let missing: Vec<&str> = self
                    .parameters()
                    .filter(|&name| get(name).is_none())
                    .collect();
                return Err(invalid(format!(
                    "Missing query parameters: {}",
                    missing.join(", ")
                )));
            };
            if !unit.accepts(value) {
                return Err(invalid(format!("{name} must be {}", unit.form())));
            }
            self.period.check(name, unit, value, now)?;
            values.insert(name.to_owned(), value.to_owned());
        }
        let unit = |wanted| self.units().find(|(name, _)| *name == wanted);
        if let (Some(from), Some(to)) = (values.get(FROM), values.get(TO))
            && let (Some((_, unit)), Some((_, other))) = (unit(FROM), unit(TO))
            && unit == other
        {
            let (from, to) = (NamedValue::new(FROM, from), NamedValue::new(TO, to));
            self.period.check_span(from, to, unit)?;
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use innsyn_core::party::Environment;

    const INCOME: &str = r#"{"counterparty":"skatteetaten","parties":["person"],"member":"oppgaveInntektsmottaker",
        "refusals":{"down":["IM-001"],"nothing-found":["IM-008"]},
        "reads":{"inntekter":{"path":"/v1/{package}/{party}/inntekter?fraOgMed={fraOgMed:month}&tilOgMed={tilOgMed:month}"}}}"#;

    fn values(query: &str) -> Result<Values, Problem> {
        let api = Api::parse(INCOME).expect("an API");
        let pairs: Vec<_> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let get = |wanted: &str| {
            pairs
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| *value)
        };
        api.datasets[0].values(get, datetime!(2026-01-01 12:00 UTC))
    }

    #[test]
    fn what_is_configured_is_what_is_taken() {
        let api = Api::parse(INCOME).expect("an API");
        assert!(api.needs_package());
        for (number, taken) in [("02829090123", true), ("313367002", false)] {
            let party = Party::parse(number, Environment::Test).expect("a party");
            assert_eq!(api.is_about(&party), taken);
        }
        let given = values("fraOgMed=2026-01&tilOgMed=2026-03").expect("valid");
        assert_eq!(
            (given[FROM].as_str(), given[TO].as_str()),
            ("2026-01", "2026-03")
        );
    }

    #[test]
    fn parameters_that_are_missing_or_wrong_are_told() {
        for (query, detail) in [
            ("", "Missing query parameters: fraOgMed, tilOgMed"),
            ("fraOgMed=2026-01", "Missing query parameters: tilOgMed"),
            (
                "fraOgMed=2026-01-01&tilOgMed=2026-03",
                "fraOgMed must be a month of the form YYYY-MM",
            ),
            (
                "fraOgMed=2026-04&tilOgMed=2026-03",
                "fraOgMed is after tilOgMed",
            ),
            (
                "fraOgMed=0000-01&tilOgMed=2026-03",
                "The year of fraOgMed must be between 2016 and 2027",
            ),
            (
                "fraOgMed=2026-01&tilOgMed=9999-12",
                "The year of tilOgMed must be between 2016 and 2027",
            ),
            (
                "fraOgMed=2016-01&tilOgMed=2026-01",
                "The period from fraOgMed to tilOgMed is longer than 10 years",
            ),
        ] {
            let problem = values(query).expect_err("refused");
            assert_eq!(problem.detail.as_deref(), Some(detail), "{query}");
        }
    }

    #[test]
    fn an_api_that_cannot_be_read_is_a_fault() {
        for (from, to) in [
            (r#""parties":["person"]"#, r#""parties":[]"#),
            (r#""parties":["person"]"#, r#""parties":["animal"]"#),
            (r#""IM-008""#, r#""IM-001""#),
            (r#""nothing-found""#, r#""shielded""#),
            (r#""inntekter":{"#, r#""a/b":{"#),
            ("{party}", "{person}"),
            ("{tilOgMed:month}", "{tilOgMed:week}"),
            (
                r#""path""#,
                r#""windows":{"list":"a","identifiers":["b"]},"path""#,
            ),
            (r#""reads""#, r#""more":1,"reads""#),
            (r#""reads""#, r#""period":{"span_years":0},"reads""#),
            (r#""reads""#, r#""period":{"months":1},"reads""#),
        ] {
            let json = INCOME.replacen(from, to, 1);
            assert_ne!(json, INCOME, "{from}");
            assert!(Api::parse(&json).is_err(), "{to}");
        }
    }
}
