//! Strict parsing of query strings and forms.

use std::borrow::Cow;
use std::fmt;

use innsyn_core::problem::{Kind, Problem};
use innsyn_core::text::folded;

/// Parameters that a route accepts. Repeated parameters are refused, compared without case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parameters {
    /// Listed parameters only; others are refused.
    Only(&'static [&'static str]),
    /// Listed parameters; others are ignored, because another party adds to the address.
    AmongOthers(&'static [&'static str]),
    /// Any parameters: the handler knows the allowed ones from the configuration and refuses
    /// others.
    Any,
}

/// Parameters of a request, decoded.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Query(Vec<(Cow<'static, str>, String)>);

impl fmt::Debug for Query {
    /// Omits the values: they may hold a state or a code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query(… {})", self.0.len())
    }
}

impl Query {
    /// Parses `a=1&b=2` with percent encoding and `+` for space.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for an unknown or repeated parameter, and for a value with invalid
    /// percent encoding.
    pub fn parse(text: &str, parameters: Parameters) -> Result<Self, Problem> {
        let mut read = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = match (decode(name), parameters) {
                (Some(name), Parameters::Any) => Some(Cow::Owned(name)),
                (Some(name), Parameters::Only(names) | Parameters::AmongOthers(names)) => {
                    let mut names = names.iter();
                    names
                        .find(|known| **known == name)
                        .map(|name| Cow::Borrowed(*name))
                }
                (None, _) => None,
            };
            let Some(name) = name else {
                if matches!(parameters, Parameters::AmongOthers(_)) {
                    continue;
                }
                return Err(invalid("The query has an unknown parameter"));
            };
            // A name chosen by the caller may hold anything, so it is not repeated.
            let called = match &name {
                Cow::Borrowed(name) => format!("The parameter {name}"),
                Cow::Owned(_) => "A parameter".to_owned(),
            };
            if read.iter().any(|(known, _)| folded(known) == folded(&name)) {
                return Err(invalid(&format!("{called} stands there twice")));
            }
            let value =
                decode(value).ok_or_else(|| invalid(&format!("{called} is not encoded well")))?;
            read.0.push((name, value));
        }
        Ok(read)
    }

    /// Returns the value of a parameter, if it is present.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns all names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_ref(), value.as_str()))
    }
}

fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(detail)
}

/// Decodes percent encoding and `+` for space; `None` if the encoding is invalid.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["fraOgMed", "tilOgMed"];

    #[test]
    fn reads_what_is_known() {
        let query = Query::parse(
            "fraOgMed=2026-01-01&tilOgMed=a%20b+c%C3%A5",
            Parameters::Only(NAMES),
        )
        .expect("valid");
        assert_eq!(query.get("fraOgMed"), Some("2026-01-01"));
        assert_eq!(query.get("tilOgMed"), Some("a b cå"));
        assert_eq!(
            Query::parse("", Parameters::Only(NAMES)),
            Ok(Query::default())
        );
    }

    #[test]
    fn refuses_nonsense() {
        for text in [
            "x=1",
            "fraOgMed=1&fraOgMed=2",
            "fraOgMed=%zz",
            "fraOgMed=%4",
            "fraOgMed=%ff",
            "%66raOgMed=1&fraOgMed=2",
            "=",
        ] {
            let problem = Query::parse(text, Parameters::Only(NAMES)).expect_err(text);
            assert_eq!(problem.kind, Kind::RequestInvalid);
        }
    }

    #[test]
    fn takes_any_where_the_configuration_decides_but_none_twice() {
        let query = Query::parse("inntektsaar=2025&%C3%A5=1", Parameters::Any).expect("valid");
        let pairs: Vec<_> = query.iter().collect();
        assert_eq!(pairs, [("inntektsaar", "2025"), ("å", "1")]);
        let twice = Query::parse("02829090123=1&02829090123=2", Parameters::Any);
        let detail = twice.expect_err("twice").detail.expect("a detail");
        assert_eq!(&*detail, "A parameter stands there twice");
        for twice in ["fraOgMed=1&fraogmed=2", "a=1&%EF%BD%81=2"] {
            assert!(Query::parse(twice, Parameters::Any).is_err(), "{twice}");
        }
        assert!(Query::parse("%ff=1", Parameters::Any).is_err());
    }

    #[test]
    fn passes_others_over_where_the_route_says_so() {
        let query = Query::parse(
            "fraOgMed=1&Status=OK&Status=%zz",
            Parameters::AmongOthers(NAMES),
        )
        .expect("valid");
        assert_eq!(query.get("fraOgMed"), Some("1"));
        assert!(Query::parse("fraOgMed=1&fraOgMed=1", Parameters::AmongOthers(NAMES)).is_err());
    }
}
