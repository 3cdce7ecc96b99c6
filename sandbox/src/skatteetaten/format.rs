//! JSON or XML, by `Accept`.

use http::{HeaderMap, header};

/// How an answer is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The first acceptable of those asked for; JSON when nothing is asked for.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else {
            return Some(Self::Json);
        };
        accept
            .to_str()
            .ok()?
            .split(',')
            .find_map(|range| match range.split(';').next()?.trim() {
                "*/*" | "application/*" | "application/json" => Some(Self::Json),
                "application/xml" => Some(Self::Xml),
                _ => None,
            })
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=UTF-8",
            Self::Xml => "application/xml;charset=UTF-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_json_and_xml_are_had() {
        let asked = |accept: &'static str| {
            Format::of(&HeaderMap::from_iter([(
                header::ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        assert_eq!(Format::of(&HeaderMap::new()), Some(Format::Json));
        assert_eq!(asked("*/*"), Some(Format::Json));
        assert_eq!(asked("text/html, application/xml;q=0.9"), Some(Format::Xml));
        assert_eq!(asked("application/json"), Some(Format::Json));
        assert_eq!(asked("text/csv"), None);
    }
}
