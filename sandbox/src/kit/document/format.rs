//! Answer format, JSON or XML, selected by `Accept`.

use http::{HeaderMap, header};

/// Format of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// Returns the acceptable format with the greatest weight (RFC 9110 §12.4.2), or the first of
    /// equal ones; JSON if the header is absent. An invalid weight counts as 1.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let accepts: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        if accepts.is_empty() {
            return Some(Self::Json);
        }
        let ranges: Vec<Range> = accepts
            .iter()
            .flat_map(|accept| accept.split(','))
            .filter_map(Range::read)
            .collect();
        let weight = |format: Self| {
            // The most specific range decides: `*/*, application/json;q=0` is XML.
            let fitting = ranges.iter().filter(|range| range.fits(format));
            let range = fitting.max_by_key(|range| range.format.is_some())?;
            (range.weight > 0).then_some(range.weight)
        };
        let first = ranges.iter().find_map(|range| range.format);
        let other = match first {
            Some(Self::Xml) => [Self::Xml, Self::Json],
            _ => [Self::Json, Self::Xml],
        };
        let [(preferred, most), (second, least)] = other.map(|format| (format, weight(format)));
        match (most, least) {
            (None, None) => None,
            (most, least) if least > most => Some(second),
            _ => Some(preferred),
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=UTF-8",
            Self::Xml => "application/xml;charset=UTF-8",
        }
    }
}

/// Media range that covers JSON or XML.
struct Range {
    /// Format of the media range; `None` for `*/*`.
    format: Option<Format>,
    /// Weight (`q`) in thousandths.
    weight: u16,
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let format = match parts.next()?.to_ascii_lowercase().as_str() {
            "*/*" | "application/*" => None,
            "application/json" => Some(Format::Json),
            "application/xml" => Some(Format::Xml),
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        Some(Self {
            format,
            weight: weight.and_then(thousandths).unwrap_or(1000),
        })
    }

    fn fits(&self, format: Format) -> bool {
        self.format.is_none_or(|own| own == format)
    }
}

/// Parses `0.875` as 875; at most three decimals and at most 1.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !["0", "1"].contains(&whole) {
        return None;
    }
    let weight: u16 = format!("{whole}{decimals:0<3}").parse().ok()?;
    (weight <= 1000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_json_and_xml_are_had() {
        let asked = |accept: &'static str| {
            Format::from_headers(&HeaderMap::from_iter([(
                header::ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        assert_eq!(Format::from_headers(&HeaderMap::new()), Some(Format::Json));
        assert_eq!(asked("*/*"), Some(Format::Json));
        assert_eq!(asked("text/html, application/xml;q=0.9"), Some(Format::Xml));
        assert_eq!(asked("application/json"), Some(Format::Json));
        assert_eq!(asked("text/csv"), None);
        for (accept, format) in [
            ("application/json;q=0.5, application/xml", Some(Format::Xml)),
            (
                "application/xml;q=0.5, application/json;q=0.9",
                Some(Format::Json),
            ),
            ("application/xml; q=0.9, */*; q=0.8", Some(Format::Xml)),
            ("application/xml, application/json", Some(Format::Xml)),
            ("application/json, application/xml", Some(Format::Json)),
            ("application/json;q=0, */*", Some(Format::Xml)),
            ("*/*, application/json;q=0", Some(Format::Xml)),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("Application/JSON;charset=utf-8", Some(Format::Json)),
            ("application/json;q=2", Some(Format::Json)),
            ("", None),
        ] {
            assert_eq!(asked(accept), format, "{accept}");
        }
    }
}
