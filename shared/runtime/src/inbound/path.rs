//! Path patterns and their parameters.

/// Maximum length of a parameter's value, in bytes.
const LONGEST: usize = 64;

/// Values of the path parameters of a route's pattern.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct PathParameters(Vec<(&'static str, String)>);

impl PathParameters {
    /// Matches `path` against `pattern` and returns its parameters. A pattern has literal segments
    /// and names in braces, such as `/signatures/{id}`. Values consist of letters, digits, `-` and
    /// `_`, so they are never percent-decoded.
    pub(super) fn parse(pattern: &'static str, path: &str) -> Option<Self> {
        let mut segments = path.split('/');
        let mut path_parameters = Vec::new();
        for wanted in pattern.split('/') {
            let segment = segments.next()?;
            match name(wanted) {
                Some(name) if is_value(segment) => path_parameters.push((name, segment.to_owned())),
                None if wanted == segment => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(Self(path_parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut path_parameters = self.0.iter();
        path_parameters.find_map(|(place, value)| (*place == name).then_some(value.as_str()))
    }
}

fn name(wanted: &'static str) -> Option<&'static str> {
    wanted.strip_prefix('{')?.strip_suffix('}')
}

fn is_value(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST).contains(&segment.len()) && segment.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_paths_only() {
        let pattern = "/things/{id}/parts/{part}";
        let path_parameters =
            PathParameters::parse(pattern, "/things/a-1/parts/0").expect("it matches");
        assert_eq!(path_parameters.get("id"), Some("a-1"));
        assert_eq!(path_parameters.get("part"), Some("0"));
        assert_eq!(path_parameters.get("other"), None);
        for other in [
            "/things/a-1/parts",
            "/things/a-1/parts/0/",
            "/things/a-1/parts/0/more",
            "/things//parts/0",
            "/things/a%2F1/parts/0",
            "/things/a 1/parts/0",
            "/thing/a-1/parts/0",
            "things/a-1/parts/0",
        ] {
            assert_eq!(PathParameters::parse(pattern, other), None, "{other}");
        }
        let longest = "a".repeat(LONGEST);
        assert!(PathParameters::parse(pattern, &format!("/things/{longest}/parts/0")).is_some());
        assert!(PathParameters::parse(pattern, &format!("/things/{longest}a/parts/0")).is_none());
        assert!(PathParameters::parse("/things", "/things").is_some());
    }
}
