//! Configured services to which parties can consent.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::record::Key;
use crate::altinn::Altinn;
use innsyn_core::calendar::{NamedValue, PeriodLimits, Unit};
use innsyn_core::party::{OrganisationNumber, Party};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::altinn::Right;
use innsyn_runtime::config::{Resolver, Setting};
use innsyn_runtime::settings;

#[cfg(test)]
mod tests;

settings! {
    /// Services to which parties can consent.
    pub(crate) OFFERED {
        SERVICES = Setting::json("services");
    }
}

settings! {
    /// Settings of the component that requests consents.
    pub(crate) REQUESTED {
        DEFAULT_SERVICE = Setting::with_default("default_service", "krav-og-betalinger");
    }
}

const REMEDY: &str = r#"set it to JSON such as {"krav-og-betalinger":{"resource":"ske-samtykke-krav-og-betalinger","valid_days":90}}"#;

/// Configured service: the periods in its consents may differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceTemplate {
    /// Name of the service in the API.
    pub(super) name: String,
    resource: String,
    metadata: BTreeMap<String, Metadata>,
    period: PeriodLimits,
    /// Validity period of a consent.
    pub(super) valid_for: Duration,
}

/// Value of one metadata key of a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Metadata {
    /// Fixed value.
    Fixed(String),
    /// Value that the caller supplies.
    Requested(Unit),
}

/// Services of the deployment; at least one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Services {
    templates: Vec<ServiceTemplate>,
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
    /// Reads `services`, whose rights must be valid at `altinn`, and `default_service`, if the
    /// component has that variable.
    pub fn resolve(resolver: &mut Resolver<'_>, altinn: Option<&Altinn>) -> Option<Self> {
        let raw: BTreeMap<String, Raw> = resolver.json(SERVICES.name, REMEDY)?;
        let templates: Option<Vec<ServiceTemplate>> = raw
            .into_iter()
            .map(|(name, raw)| template(name, raw))
            .collect();
        let templates = templates.filter(|templates| !templates.is_empty());
        if templates.is_none() {
            let reason = "has no service, or one without a resource, or one that is not valid for 1 to 3650 days, \
                          or one with metadata that are neither a text nor {day}, {month} or {year}, or a period whose limits are zero \
                          or too large";
            resolver.invalid(SERVICES.name, reason, REMEDY);
        }
        let templates = templates?;
        let is_named = |template: &ServiceTemplate| {
            altinn.is_none_or(|altinn| altinn.can_name(&template.resource))
        };
        if !templates.iter().all(is_named) {
            let reason = "has a resource that is not one of this altinn_generation";
            let remedy = "name a service of Altinn 2 by its code and edition, such as 5928_202301";
            resolver.invalid(SERVICES.name, reason, remedy);
            return None;
        }
        let default = resolver.optional(DEFAULT_SERVICE.name).map(str::to_owned);
        let known = |name: &String| templates.iter().any(|template| template.name == *name);
        if !default.as_ref().is_none_or(known) {
            let remedy = "set it to the name of one of the services, or to nothing";
            resolver.invalid(DEFAULT_SERVICE.name, "is not one of the services", remedy);
        }
        Some(Self { templates, default })
    }

    /// Returns the service `name`; without a name, the default, or the only one.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for a missing or unknown name.
    pub fn find(&self, name: Option<&str>) -> Result<&ServiceTemplate, Problem> {
        let found = match (name.or(self.default.as_deref()), self.templates.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), templates) => templates.iter().find(|template| template.name == name),
        };
        found.ok_or_else(|| {
            Problem::new(Kind::RequestInvalid)
                .detail("Missing or unknown service: send the name of a configured one")
        })
    }
}

impl ServiceTemplate {
    /// Returns whether a read with these parameters determines everything in a consent. Keys are
    /// compared without case: Altinn's are in lower case, parameters are not.
    pub fn is_said_by<'a>(&self, mut parameters: impl Iterator<Item = (&'a str, Unit)>) -> bool {
        let given: Vec<_> = parameters.by_ref().collect();
        self.metadata.iter().all(|(key, metadata)| match metadata {
            Metadata::Fixed(_) => true,
            Metadata::Requested(wanted) => given
                .iter()
                .any(|(name, unit)| name.eq_ignore_ascii_case(key) && unit == wanted),
        })
    }

    /// Returns the key of the consent by which `party` gives `consumer` this right.
    pub fn key<'a>(
        &'a self,
        consumer: &'a OrganisationNumber,
        party: &'a Party,
        right: &'a Right,
    ) -> Key<'a> {
        Key::new(consumer, party, &self.name, right)
    }

    /// Returns the right with the values of one consent. `values` must include all requested ones;
    /// others are ignored.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for a missing or malformed value, and for a period that ends before
    /// it begins.
    pub fn with(&self, values: &BTreeMap<String, String>) -> Result<Right, Problem> {
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
                Metadata::Requested(unit) => value(key)
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
        Ok(Right {
            resource: self.resource.clone(),
            metadata,
        })
    }

    /// Returns the right with the values of one consent, for a request for that consent at `now`.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] for a value that is missing, malformed, beyond the service's
    /// limits, or not part of a consent to the service.
    pub fn with_only(
        &self,
        values: &BTreeMap<String, String>,
        now: OffsetDateTime,
    ) -> Result<Right, Problem> {
        let asked = |name: &String| self.asked().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !values.keys().all(asked) {
            let detail = format!(
                "There is something that a consent to {} does not say",
                self.name
            );
            return Err(Problem::new(Kind::RequestInvalid).detail(detail));
        }
        let right = self.with(values)?;
        let said = |(key, unit)| {
            let value = right.metadata.get(key)?;
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
            let (from, to) = (NamedValue::new(from_key, from), NamedValue::new(to_key, to));
            self.period.check_span(from, to, *unit)?;
        }
        Ok(right)
    }

    /// Returns the keys whose values the caller supplies, with their format.
    fn asked(&self) -> impl Iterator<Item = (&str, Unit)> {
        self.metadata.iter().filter_map(|(key, said)| match said {
            Metadata::Requested(unit) => Some((key.as_str(), *unit)),
            Metadata::Fixed(_) => None,
        })
    }
}

fn template(name: String, raw: Raw) -> Option<ServiceTemplate> {
    let named = !name.is_empty() && !raw.resource.is_empty();
    let metadata = raw.metadata.into_iter();
    let metadata: Option<_> = metadata
        .map(|(key, text)| Some((key, metadata_of(text)?)))
        .collect();
    let fits = (1..=3650).contains(&raw.valid_days) && raw.period.are_valid();
    (named && fits).then_some(ServiceTemplate {
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
        Some(unit) => Unit::named(unit).map(Metadata::Requested),
        None => (!text.is_empty()).then_some(Metadata::Fixed(text)),
    }
}
