//! One of Skatteetaten's APIs, as configured.
//!
//! They are read alike; what differs is said in one JSON document for each: which reads there are and at which
//! addresses, which parameters they take, what the API's own codes mean, and whether long periods are read in parts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use time::OffsetDateTime;

use super::answer::Reason;
use super::template::Template;
use crate::calendar::{PeriodLimits, Unit};
use crate::inbound;
use crate::outbound::Repeat;
use crate::party::Party;
use crate::problem::{Kind, Problem};

/// The parameters between which a read in windows reads.
pub(super) const FROM: &str = "fraOgMed";
pub(super) const TO: &str = "tilOgMed";

/// An API and its reads.
#[derive(Clone, Debug)]
pub struct Api {
    /// Who answers, for the log.
    pub counterparty: String,
    /// What can be read.
    pub datasets: Vec<Dataset>,
    parties: BTreeSet<PartyKind>,
    /// The member that every answer with data has.
    pub(super) member: String,
    /// What the API's own codes mean, and its statuses where it has no codes.
    pub(super) refusals: BTreeMap<String, Reason>,
    pub(super) retry_after: RetryAfter,
}

/// One read.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The last segment of our own path.
    pub name: String,
    pub(super) template: Template,
    /// How a period over a year is read; without it, the source is asked for the whole.
    pub windows: Option<Windows>,
    period: PeriodLimits,
}

/// What must be known of answers that are merged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// The member that holds the elements.
    pub(super) list: String,
    /// The member of an element that says which one it is, in every spelling.
    pub(super) identifiers: Vec<String>,
}

/// What an API gives out data about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
enum PartyKind {
    Organisation,
    Person,
}

/// The unit of `Retry-After`. RFC 9110 says seconds; Folkeregisteret's page on return codes says milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RetryAfter {
    #[default]
    Seconds,
    Milliseconds,
}

/// The values of a read's parameters, by name.
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
    /// Reads the JSON of `…_api`. The text says what is wrong with it, without quoting it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let raw: RawApi = crate::json::read(json.as_bytes()).map_err(|error| {
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

    /// Whether it may be asked about `party`.
    pub fn is_about(&self, party: &Party) -> bool {
        let kind = match party {
            Party::Organisation(_) => PartyKind::Organisation,
            Party::Person(_) => PartyKind::Person,
        };
        self.parties.contains(&kind)
    }

    /// What of it may be sent again: everything is only read.
    pub(crate) const fn repeat(&self) -> Repeat {
        match self.retry_after {
            RetryAfter::Seconds => Repeat::Idempotent(3),
            RetryAfter::Milliseconds => Repeat::Unthrottled(3),
        }
    }

    /// Whether a path needs a package of rights.
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
    /// The names of its parameters, in our query as in the source's address.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.units().map(|(name, _)| name)
    }

    /// The same with what each is written in.
    pub fn units(&self) -> impl Iterator<Item = (&str, Unit)> {
        self.template.parameters()
    }

    /// The parameters' values out of `query`.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] where one is missing, is not written as its unit is, or is beyond the API's limits.
    pub fn values(&self, query: &inbound::Query, now: OffsetDateTime) -> Result<Values, Problem> {
        let invalid = |detail| Problem::new(Kind::RequestInvalid).detail(detail);
        let mut values = Values::new();
        for (name, unit) in self.units() {
            let Some(value) = query.get(name) else {
                let names: Vec<&str> = self.parameters().collect();
                return Err(invalid(format!("Say {}", names.join(" and "))));
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
            self.period.check_span((FROM, from), (TO, to), unit)?;
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::inbound::Parameters;
    use crate::party::Environment;

    const INCOME: &str = r#"{"counterparty":"skatteetaten","parties":["person"],"member":"oppgaveInntektsmottaker",
        "refusals":{"down":["IM-001"],"nothing-found":["IM-008"]},
        "reads":{"inntekter":{"path":"/v1/{package}/{party}/inntekter?fraOgMed={fraOgMed:month}&tilOgMed={tilOgMed:month}"}}}"#;

    fn values(query: &str) -> Result<Values, Problem> {
        let api = Api::parse(INCOME).expect("an API");
        let query = inbound::Query::parse(query, Parameters::Only(&[FROM, TO])).expect("a query");
        api.datasets[0].values(&query, datetime!(2026-01-01 12:00 UTC))
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
            ("", "Say fraOgMed and tilOgMed"),
            ("fraOgMed=2026-01", "Say fraOgMed and tilOgMed"),
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
