//! Address template of a dataset, with placeholders for the values of a call.
//!
//! `{party}` and `{package}` are predefined; every other placeholder names a parameter and its
//! unit, as in `{inntektsaar:year}`. The values need no escaping: they are numbers, a checked
//! package, and dates.

use innsyn_core::calendar::Unit;

/// Path and query with placeholders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Package,
    Party,
    Parameter(String, Unit),
}

impl Template {
    /// Parses a template. Returns `None` if a placeholder is unknown or not closed, if `{party}`
    /// does not occur exactly once, or if the text has characters that are not valid in an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, place)) = rest.split_once('{') {
            let (place, after) = place.split_once('}')?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(match place.split_once(':') {
                Some((name, unit)) if is_name(name) => {
                    Part::Parameter(name.to_owned(), Unit::named(unit)?)
                }
                None if place == "party" => Part::Party,
                None if place == "package" => Part::Package,
                _ => return None,
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        let template = Self(parts);
        let parties = template.0.iter().filter(|part| **part == Part::Party);
        let plain = |part: &Part| !matches!(part, Part::Text(text) if !text.bytes().all(is_plain));
        (text.starts_with('/') && parties.count() == 1 && template.0.iter().all(plain))
            .then_some(template)
    }

    /// Returns the parameters' names and units, in their order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, Unit)> {
        self.0.iter().filter_map(|part| match part {
            Part::Parameter(name, unit) => Some((name.as_str(), *unit)),
            _ => None,
        })
    }

    pub(super) fn has_package(&self) -> bool {
        self.0.contains(&Part::Package)
    }

    /// Returns the path and query. `value` returns each parameter; an unknown one is left empty.
    pub(super) fn filled<'a>(
        &self,
        package: &str,
        party: &str,
        value: impl Fn(&str) -> Option<&'a str>,
    ) -> String {
        let texts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Package => package,
            Part::Party => party,
            Part::Parameter(name, _) => value(name).unwrap_or_default(),
        });
        texts.collect()
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'?' | b'=' | b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let template =
            Template::parse("/v2/oppgjoer/{package}/{inntektsaar:year}/{party}?a={dag:day}")
                .expect("a template");
        assert!(template.has_package());
        let names: Vec<_> = template.parameters().collect();
        assert_eq!(names, [("inntektsaar", Unit::Year), ("dag", Unit::Day)]);
        let filled = template.filled("sbl", "02829090123", |name| {
            (name == "inntektsaar").then_some("2025")
        });
        assert_eq!(filled, "/v2/oppgjoer/sbl/2025/02829090123?a=");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "v1/{party}",
            "/v1/party",
            "/v1/{party}/{party}",
            "/v1/{party",
            "/v1/{party}/{x}",
            "/v1/{party}/{x:week}",
            "/v1/{party}/{:year}",
            "/v1/{party}/{a b:year}",
            "/v1/{party}/}",
            "/v1/{party}#x",
            "/v1/{party}\r\n",
            "/v1/{party}@elsewhere",
        ] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }
}
