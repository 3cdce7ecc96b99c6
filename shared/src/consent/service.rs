//! What parties can be asked to consent to, as configured.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::altinn::{Altinn, Right};
use crate::calendar::{PeriodLimits, Unit};
use crate::config::Resolver;
use crate::problem::{Kind, Problem};

const REMEDY: &str = r#"set it to JSON such as {"krav-og-betalinger":{"resource":"ske-samtykke-krav-og-betalinger","valid_days":90}}"#;

/// One service that needs a consent, with everything that one consent to it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    /// What callers call it.
    pub name: String,
    /// What is consented to.
    pub right: Right,
    /// How long a consent lasts.
    pub valid_for: Duration,
}

/// A service as configured: each consent to it may say something else about when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    name: String,
    resource: String,
    metadata: BTreeMap<String, Metadata>,
    period: PeriodLimits,
    valid_for: Duration,
}

/// What a consent says under one key.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Metadata {
    /// Always this.
    Fixed(String),
    /// What the caller asks for.
    Asked(Unit),
}

/// All services of the deployment; at least one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Services {
    offers: Vec<Offer>,
    default: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    resource: String,
    valid_days: u16,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    period: PeriodLimits,
}

impl Services {
    /// Reads `services`, which `altinn` must be able to name, and which of them is meant where none is named from
    /// `default_service`, where the component has that variable.
    pub fn resolve(resolver: &mut Resolver<'_>, altinn: Option<&Altinn>) -> Option<Self> {
        let raw: BTreeMap<String, Raw> = resolver.json("services", REMEDY)?;
        let offers: Option<Vec<Offer>> = raw
            .into_iter()
            .map(|(name, raw)| offer(name, raw))
            .collect();
        let offers = offers.filter(|offers| !offers.is_empty());
        if offers.is_none() {
            let reason = "has no service, or one without a resource, or one that is not valid for 1 to 3650 days, \
                          or one with metadata that are neither a text nor {day}, {month} or {year}, or a period whose limits are zero \
                          or too large";
            resolver.invalid("services", reason, REMEDY);
        }
        let offers = offers?;
        let is_named = |offer: &Offer| altinn.is_none_or(|altinn| altinn.can_name(&offer.resource));
        if !offers.iter().all(is_named) {
            let reason = "has a resource that is not one of this altinn_generation";
            let remedy = "name a service of Altinn 2 by its code and edition, such as 5928_202301";
            resolver.invalid("services", reason, remedy);
            return None;
        }
        let default = resolver.optional("default_service").map(str::to_owned);
        let known = |name: &String| offers.iter().any(|offer| offer.name == *name);
        if !default.as_ref().is_none_or(known) {
            let remedy = "set it to the name of one of the services, or to nothing";
            resolver.invalid("default_service", "is not one of the services", remedy);
        }
        Some(Self { offers, default })
    }

    /// The service called `name`; without a name, the default, or the only one there is.
    pub fn find(&self, name: Option<&str>) -> Result<&Offer, Problem> {
        let found = match (name.or(self.default.as_deref()), self.offers.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), offers) => offers.iter().find(|offer| offer.name == name),
        };
        found.ok_or_else(|| {
            Problem::new(Kind::RequestInvalid).detail("Name one of the deployment's services")
        })
    }
}

impl Offer {
    /// Whether a read with these parameters knows all that a consent says. Keys are compared without regard to
    /// case, for Altinn's are in lower case and parameters are not.
    pub fn is_said_by<'a>(&self, mut parameters: impl Iterator<Item = (&'a str, Unit)>) -> bool {
        let given: Vec<_> = parameters.by_ref().collect();
        self.metadata.iter().all(|(key, metadata)| match metadata {
            Metadata::Fixed(_) => true,
            Metadata::Asked(wanted) => given
                .iter()
                .any(|(name, unit)| name.eq_ignore_ascii_case(key) && unit == wanted),
        })
    }

    /// The service with the values that one consent says. `values` must have all that is asked for; others are
    /// passed over.
    pub fn with(&self, values: &BTreeMap<String, String>) -> Result<Service, Problem> {
        let value = |wanted: &str| {
            let mut values = values.iter();
            values
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value)
        };
        let mut metadata = BTreeMap::new();
        for (key, said) in &self.metadata {
            let value = match said {
                Metadata::Fixed(value) => value,
                Metadata::Asked(unit) => value(key)
                    .filter(|value| unit.accepts(value))
                    .ok_or_else(|| {
                        let detail = format!("{} needs {key}: {}", self.name, unit.form());
                        Problem::new(Kind::RequestInvalid).detail(detail)
                    })?,
            };
            metadata.insert(key.clone(), value.clone());
        }
        let said = |name: &str| {
            let mut said = metadata.iter();
            said.find(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        if let (Some((_, from)), Some((_, to))) = (said("fraogmed"), said("tilogmed"))
            && from > to
        {
            return Err(Problem::new(Kind::RequestInvalid).detail("fraogmed is after tilogmed"));
        }
        Ok(Service {
            name: self.name.clone(),
            right: Right {
                resource: self.resource.clone(),
                metadata,
            },
            valid_for: self.valid_for,
        })
    }

    /// The service with the values that one consent says, for whoever asks for that consent at `now`.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] where a value is missing, is not written as it must be, is beyond the service's limits, or is
    /// one that a consent to it does not say.
    pub fn with_only(
        &self,
        values: &BTreeMap<String, String>,
        now: OffsetDateTime,
    ) -> Result<Service, Problem> {
        let asked = |name: &String| self.asked().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !values.keys().all(asked) {
            let detail = format!(
                "There is something that a consent to {} does not say",
                self.name
            );
            return Err(Problem::new(Kind::RequestInvalid).detail(detail));
        }
        let service = self.with(values)?;
        let said = |(key, unit)| {
            let value = service.right.metadata.get(key)?;
            Some((key, unit, value.as_str()))
        };
        let said: Vec<_> = self.asked().filter_map(said).collect();
        for (key, unit, value) in &said {
            self.period.check(key, *unit, value, now)?;
        }
        let named = |wanted: &str| {
            let mut said = said.iter();
            said.find(|(key, _, _)| key.eq_ignore_ascii_case(wanted))
        };
        if let (Some((from_key, unit, from)), Some((to_key, other, to))) =
            (named("fraogmed"), named("tilogmed"))
            && unit == other
        {
            self.period
                .check_span((from_key, from), (to_key, to), *unit)?;
        }
        Ok(service)
    }

    /// The keys under which a consent says what the caller asks for, and how that is written.
    fn asked(&self) -> impl Iterator<Item = (&str, Unit)> {
        self.metadata.iter().filter_map(|(key, said)| match said {
            Metadata::Asked(unit) => Some((key.as_str(), *unit)),
            Metadata::Fixed(_) => None,
        })
    }
}

fn offer(name: String, raw: Raw) -> Option<Offer> {
    let named = !name.is_empty() && !raw.resource.is_empty();
    let metadata = raw.metadata.into_iter();
    let metadata: Option<_> = metadata
        .map(|(key, text)| Some((key, metadata_of(text)?)))
        .collect();
    let fits = (1..=3650).contains(&raw.valid_days) && raw.period.are_valid();
    (named && fits).then_some(Offer {
        name,
        resource: raw.resource,
        metadata: metadata?,
        period: raw.period,
        valid_for: Duration::days(raw.valid_days.into()),
    })
}

fn metadata_of(text: String) -> Option<Metadata> {
    match text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    {
        Some(unit) => Unit::named(unit).map(Metadata::Asked),
        None => (!text.is_empty()).then_some(Metadata::Fixed(text)),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::altinn::{Former, Generation};
    use crate::config::{self, Origin};

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn resolved(json: &str, default: &str) -> Option<Services> {
        let raw = config::Raw::from_pairs([("services", json), ("default_service", default)]);
        let mut resolver = Resolver::new(&raw);
        let services = Services::resolve(&mut resolver, None);
        resolver.finish(services).ok()
    }

    fn services(json: &str) -> Option<Services> {
        resolved(json, "")
    }

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn are_found_by_name_and_the_only_one_or_the_default_without() {
        let one = services(r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"2025"}}}"#)
            .expect("services");
        let a = one.find(None).expect("the only one");
        let service = a
            .with_only(&BTreeMap::new(), NOW)
            .expect("nothing is asked");
        assert_eq!(
            (service.name.as_str(), service.valid_for),
            ("a", Duration::days(90))
        );
        assert_eq!(service.right.metadata, values(&[("aar", "2025")]));
        assert_eq!(one.find(Some("a")), Ok(a));
        assert_eq!(
            one.find(Some("b")).expect_err("unknown").kind,
            Kind::RequestInvalid
        );
        let two = r#"{"a":{"resource":"r","valid_days":1},"b":{"resource":"s","valid_days":2}}"#;
        let unsaid = services(two).expect("services");
        assert_eq!(unsaid.find(Some("b")).expect("b").resource, "s");
        assert!(unsaid.find(None).is_err());
        let said = resolved(two, "b").expect("services");
        assert_eq!(said.find(None).expect("the default").resource, "s");
        assert_eq!(resolved(two, "c"), None);
    }

    #[test]
    fn a_consent_says_what_is_asked_for_and_nothing_else() {
        let services = services(
            r#"{"a":{"resource":"r","valid_days":9,"metadata":{"fraogmed":"{month}","tilogmed":"{month}","form":"x"}}}"#,
        )
        .expect("services");
        let offer = services.find(None).expect("the only one");
        let asked = values(&[("fraOgMed", "2026-01"), ("tilOgMed", "2026-03")]);
        let service = offer.with_only(&asked, NOW).expect("all is said");
        let expected = [
            ("form", "x"),
            ("fraogmed", "2026-01"),
            ("tilogmed", "2026-03"),
        ];
        assert_eq!(service.right.metadata, values(&expected));
        for pairs in [
            &[][..],
            &[("fraOgMed", "2026-01")],
            &[("fraOgMed", "2026-01"), ("tilOgMed", "2026-13")],
            &[("fraOgMed", "2026-04"), ("tilOgMed", "2026-03")],
            &[("fraOgMed", "2026-01"), ("tilOgMed", "2026-03"), ("x", "y")],
            &[("fraOgMed", "0000-01"), ("tilOgMed", "2026-03")],
            &[("fraOgMed", "2026-01"), ("tilOgMed", "9999-12")],
            &[("fraOgMed", "2016-01"), ("tilOgMed", "2026-01")],
            &[
                ("fraOgMed", "2026-01"),
                ("tilOgMed", "2026-03"),
                ("form", "y"),
            ],
        ] {
            let problem = offer.with_only(&values(pairs), NOW).expect_err("refused");
            assert_eq!(problem.kind, Kind::RequestInvalid, "{pairs:?}");
        }
        assert!(
            offer.is_said_by([("tilOgMed", Unit::Month), ("fraOgMed", Unit::Month)].into_iter())
        );
        assert!(
            !offer.is_said_by([("tilOgMed", Unit::Month), ("fraOgMed", Unit::Day)].into_iter())
        );
        assert!(!offer.is_said_by([("tilOgMed", Unit::Month)].into_iter()));
    }

    #[test]
    fn each_altinn_has_its_names() {
        let origin = |text| Origin::parse(text).expect("an origin");
        let altinn = |generation| Altinn {
            generation,
            origin: origin("https://altinn.example"),
            page_origin: origin("https://altinn.example"),
        };
        let key = "0198a000-1111-4222-8333-444455556666";
        let former = || Former::of_one(&origin("https://altinn.example"), "310000205", key);
        let two = || Generation::Two(Box::new(former()));
        for (resource, generation, fine) in [
            ("5928_202301", two(), true),
            ("ske-samtykke-krav-og-betalinger", two(), false),
            ("5928", two(), false),
            ("ske-samtykke-krav-og-betalinger", Generation::Three, true),
        ] {
            let json = format!(r#"{{"a":{{"resource":"{resource}","valid_days":90}}}}"#);
            let raw = config::Raw::from_pairs([("services", json.as_str())]);
            let mut resolver = Resolver::new(&raw);
            let services = Services::resolve(&mut resolver, Some(&altinn(generation)));
            let outcome = resolver.finish(services).map_err(|error| error.to_string());
            assert_eq!(outcome.is_ok(), fine, "{resource}");
            let error = outcome.err().unwrap_or_default();
            assert!(fine || error.contains("altinn_generation"), "{error}");
        }
    }

    #[test]
    fn nonsense_is_a_fault() {
        for json in [
            "{}",
            "[]",
            r#"{"a":{"resource":"","valid_days":90}}"#,
            r#"{"":{"resource":"r","valid_days":90}}"#,
            r#"{"a":{"resource":"r","valid_days":0}}"#,
            r#"{"a":{"resource":"r","valid_days":9000}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"metadta":{}}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":""}}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"period":{"span_years":0}}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"period":{"years":1}}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"{week}"}}}"#,
            r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"{year}","Aar":"2025"}}}"#,
            r#"{"a":{"resource":"r","valid_days":90},"a":{"resource":"s","valid_days":90}}"#,
        ] {
            assert_eq!(services(json), None, "{json}");
        }
    }
}
