//! What parties can be asked to consent to, as configured.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::Duration;

use crate::altinn::{Altinn, Right};
use crate::config::Resolver;
use crate::problem::{Kind, Problem};

const REMEDY: &str = r#"set it to JSON such as {"krav-og-betalinger":{"resource":"ske-samtykke-krav-og-betalinger","valid_days":90}}"#;

/// One service that needs a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    /// What callers call it.
    pub name: String,
    /// What is consented to.
    pub right: Right,
    /// How long a consent lasts.
    pub valid_for: Duration,
}

/// All services of the deployment; at least one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Services(Vec<Service>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    resource: String,
    valid_days: u16,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Services {
    /// Reads `services`, which `altinn` must be able to name.
    pub fn resolve(resolver: &mut Resolver<'_>, altinn: Option<&Altinn>) -> Option<Self> {
        let raw: BTreeMap<String, Raw> = resolver.json("services", REMEDY)?;
        let services: Option<Vec<Service>> = raw
            .into_iter()
            .map(|(name, raw)| service(name, raw))
            .collect();
        let services = services.filter(|services| !services.is_empty());
        if services.is_none() {
            let reason = "has no service, or one without a resource, or one that is not valid for 1 to 3650 days";
            resolver.invalid("services", reason, REMEDY);
        }
        let services = services?;
        let is_named =
            |service: &Service| altinn.is_none_or(|altinn| altinn.can_name(&service.right));
        if !services.iter().all(is_named) {
            let reason = "has a resource that is not one of this altinn_generation";
            let remedy = "name a service of Altinn 2 by its code and edition, such as 5928_202301";
            resolver.invalid("services", reason, remedy);
            return None;
        }
        Some(Self(services))
    }

    /// The service called `name`; without a name, the only one there is.
    pub fn find(&self, name: Option<&str>) -> Result<&Service, Problem> {
        let found = match (name, self.0.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), services) => services.iter().find(|service| service.name == name),
        };
        found.ok_or_else(|| {
            Problem::new(Kind::RequestInvalid).detail("Name one of the deployment's services")
        })
    }
}

fn service(name: String, raw: Raw) -> Option<Service> {
    let named = !name.is_empty() && !raw.resource.is_empty();
    (named && (1..=3650).contains(&raw.valid_days)).then(|| Service {
        name,
        right: Right {
            resource: raw.resource,
            metadata: raw.metadata,
        },
        valid_for: Duration::days(raw.valid_days.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::altinn::{ApiKeys, Generation};
    use crate::config::{self, Origin};

    fn services(json: &str) -> Option<Services> {
        let raw = config::Raw::from_pairs([("services", json)]);
        let mut resolver = Resolver::new(&raw);
        let services = Services::resolve(&mut resolver, None);
        resolver.finish(services).ok()
    }

    #[test]
    fn are_found_by_name_and_the_only_one_without() {
        let one = services(r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"2025"}}}"#)
            .expect("services");
        let a = one.find(None).expect("the only one");
        assert_eq!((a.name.as_str(), a.valid_for), ("a", Duration::days(90)));
        assert_eq!(one.find(Some("a")), Ok(a));
        assert_eq!(
            one.find(Some("b")).expect_err("unknown").kind,
            Kind::RequestInvalid
        );
        let two = services(
            r#"{"a":{"resource":"r","valid_days":1},"b":{"resource":"s","valid_days":2}}"#,
        );
        let two = two.expect("services");
        assert_eq!(two.find(Some("b")).expect("b").right.resource, "s");
        assert!(two.find(None).is_err());
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
        let two = || Generation::Two(ApiKeys::of_one("310000205", key));
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
        ] {
            assert_eq!(services(json), None, "{json}");
        }
    }
}
