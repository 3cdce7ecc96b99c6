//! Routing of a path to its component: an exact route wins over a wildcard, and a longer wildcard
//! over a shorter one, as in Spin.

/// Prefix of the host itself.
pub(crate) const WELL_KNOWN: &str = "/.well-known/spin/";

/// Public routes of an application.
#[derive(Debug, Default)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    pattern: String,
    /// Prefix without a trailing slash.
    prefix: String,
    wildcard: bool,
    component: String,
}

/// Route of a path.
#[derive(Debug, PartialEq)]
pub(crate) struct Match<'r> {
    pub(crate) component: &'r str,
    /// Route as in the manifest.
    pub(crate) pattern: &'r str,
    /// Route without its wildcard.
    pub(crate) prefix: &'r str,
    /// Part of the path that the wildcard matches; empty for an exact route.
    pub(crate) rest: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("route `{0}` must start with `/`")]
    Relative(String),
    #[error("route `{0}` is reserved for the host")]
    Reserved(String),
    #[error(
        "route `{0}` has a named or inner wildcard, which is part of Spin's format, but this host does not support it"
    )]
    Unsupported(String),
    #[error("route `{0}` is given twice")]
    Repeated(String),
}

impl Routes {
    /// Adds a public route in the manifest's notation.
    pub(crate) fn add(&mut self, pattern: &str, component: &str) -> Result<(), RouteError> {
        if !pattern.starts_with('/') {
            return Err(RouteError::Relative(pattern.to_owned()));
        }
        if pattern.starts_with(WELL_KNOWN) {
            return Err(RouteError::Reserved(pattern.to_owned()));
        }
        let (prefix, wildcard) = match pattern.strip_suffix("/...") {
            Some(prefix) => (prefix, true),
            None => (without_slash(pattern), false),
        };
        if prefix
            .split('/')
            .any(|segment| segment.starts_with(':') || segment.contains('*') || segment == "...")
        {
            return Err(RouteError::Unsupported(pattern.to_owned()));
        }
        if self
            .0
            .iter()
            .any(|route| route.prefix == prefix && route.wildcard == wildcard)
        {
            return Err(RouteError::Repeated(pattern.to_owned()));
        }
        self.0.push(Route {
            pattern: pattern.to_owned(),
            prefix: prefix.to_owned(),
            wildcard,
            component: component.to_owned(),
        });
        Ok(())
    }

    pub(crate) fn find(&self, path: &str) -> Option<Match<'_>> {
        self.0
            .iter()
            .filter_map(|route| Some((route, route.rest(path)?)))
            .max_by_key(|(route, _)| (!route.wildcard, route.prefix.len()))
            .map(|(route, rest)| Match {
                component: &route.component,
                pattern: &route.pattern,
                prefix: if route.prefix.is_empty() {
                    "/"
                } else {
                    &route.prefix
                },
                rest: rest.to_owned(),
            })
    }
}

impl Route {
    fn rest<'p>(&self, path: &'p str) -> Option<&'p str> {
        if !self.wildcard {
            return (without_slash(path) == self.prefix).then_some("");
        }
        let rest = path.strip_prefix(&self.prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(patterns: &[&str]) -> Routes {
        let mut routes = Routes::default();
        for pattern in patterns {
            routes.add(pattern, pattern).unwrap();
        }
        routes
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = routes(&["/...", "/claims/...", "/claims/krav", "/consent"]);
        for (path, pattern, rest) in [
            ("/", "/...", "/"),
            ("/other", "/...", "/other"),
            ("/claims", "/claims/...", ""),
            ("/claims/", "/claims/...", "/"),
            ("/claims/aapnekrav", "/claims/...", "/aapnekrav"),
            ("/claims/krav", "/claims/krav", ""),
            ("/claims/krav/", "/claims/krav", ""),
            ("/claimsandmore", "/...", "/claimsandmore"),
            ("/consent", "/consent", ""),
            ("/consent/callback", "/...", "/consent/callback"),
        ] {
            let found = routes.find(path).unwrap();
            assert_eq!(
                (found.pattern, found.rest.as_str()),
                (pattern, rest),
                "{path}"
            );
        }
    }

    #[test]
    fn a_path_without_a_route_is_not_found() {
        assert_eq!(routes(&["/claims/...", "/"]).find("/token"), None);
    }

    #[test]
    fn routes_that_cannot_be_served_are_refused() {
        for (pattern, message) in [
            ("claims", "route `claims` must start with `/`"),
            (
                "/.well-known/spin/health",
                "route `/.well-known/spin/health` is reserved for the host",
            ),
            (
                "/a/:id",
                "route `/a/:id` has a named or inner wildcard, which is part of Spin's format, but this host does not support it",
            ),
            ("/first/", "route `/first/` is given twice"),
        ] {
            let error = routes(&["/first"]).add(pattern, "x").unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
