//! Paths: a pattern of ours, and what stands in its places.

/// The longest value of a place, in bytes.
const LONGEST: usize = 64;

/// What a path says in the places of its route's pattern.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Places(Vec<(&'static str, String)>);

impl Places {
    /// What `path` says, if it is of `pattern`: a path whose segments are literal or a name in braces, such as
    /// `/signatures/{id}`. What stands in a place is letters, digits, `-` and `_`, so nothing is ever decoded.
    pub(crate) fn of(pattern: &'static str, path: &str) -> Option<Self> {
        let mut segments = path.split('/');
        let mut places = Vec::new();
        for wanted in pattern.split('/') {
            let segment = segments.next()?;
            match name(wanted) {
                Some(name) if is_value(segment) => places.push((name, segment.to_owned())),
                None if wanted == segment => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(Self(places))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut places = self.0.iter();
        places.find_map(|(place, value)| (*place == name).then_some(value.as_str()))
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
        let places = Places::of(pattern, "/things/a-1/parts/0").expect("it matches");
        assert_eq!(places.get("id"), Some("a-1"));
        assert_eq!(places.get("part"), Some("0"));
        assert_eq!(places.get("other"), None);
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
            assert_eq!(Places::of(pattern, other), None, "{other}");
        }
        let longest = "a".repeat(LONGEST);
        assert!(Places::of(pattern, &format!("/things/{longest}/parts/0")).is_some());
        assert!(Places::of(pattern, &format!("/things/{longest}a/parts/0")).is_none());
        assert!(Places::of("/things", "/things").is_some());
    }
}
