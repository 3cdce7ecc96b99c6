//! Allow-list of the origins that a component may call. Each entry is one origin; all others are
//! refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use http::Uri;
use http::uri::Authority;
use url::Host;

use crate::template::Template;

/// Domain of the internal addresses of an application's components.
const INTERNAL: &str = ".spin.internal";
/// Host name of a component's own application, which is also the entry that allows it.
const OWN: &str = "self.alt";

/// Allow-list of a component as in the manifest: templates over application variables.
pub(crate) struct Entries {
    templates: Vec<(String, Template)>,
    /// Components with a trigger.
    components: BTreeSet<String>,
}

/// Allow-list of a component.
#[derive(Debug, Default)]
pub(crate) struct AllowedHosts(BTreeSet<Origin>);

/// Error: an entry that is not one origin. It shows the template, not the filled-in text.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("`{entry}`: {reason}")]
pub(crate) struct BadEntry {
    pub(crate) entry: String,
    pub(crate) reason: EntryError,
}

/// Scheme, host and port. Its text form is safe to log: no path, no query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub(crate) secure: bool,
    /// Host in lower case; an IPv6 address has brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Destination of a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Destination {
    /// Component of the application.
    Component(String),
    /// Public route of the application.
    Own,
    /// Other origin.
    Outside(Origin),
}

/// Error of an entry. Its text may come from a secret, so it is not repeated.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum EntryError {
    #[error("an entry is scheme://host or scheme://host:port")]
    Form,
    #[error("the scheme must be http or https")]
    Scheme,
    #[error(
        "wildcards, networks and ranges are part of Spin's format, but this host does not support them: each entry is one origin"
    )]
    Wildcard,
    #[error("an entry has no path")]
    Path,
    #[error("the host is not a name or an address")]
    Host,
    #[error("the port is not a number from 1 to 65535")]
    Port,
    #[error("there is no component `{0}` with a trigger")]
    UnknownComponent(String),
}

impl Entries {
    /// Creates the list from the entries with their templates.
    pub(crate) fn new(templates: Vec<(String, Template)>, components: &BTreeSet<&str>) -> Self {
        let components = components.iter().map(|id| (*id).to_owned());
        Self {
            templates,
            components: components.collect(),
        }
    }

    /// Fills the templates with these values. An entry with a missing variable is left out: the
    /// defaults cover some variables alone, and a complete set of values covers every template.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> Result<AllowedHosts, BadEntry> {
        let mut allowed = AllowedHosts::default();
        for (entry, template) in &self.templates {
            let Some(filled) = template.fill(values) else {
                continue;
            };
            // As by Spin, variables may be empty if the component calls no such origin.
            if !template.is_literal() && matches!(&*filled, "" | "http://" | "https://") {
                continue;
            }
            allowed
                .add(&filled, |id| self.components.contains(id))
                .map_err(|reason| BadEntry {
                    entry: entry.clone(),
                    reason,
                })?;
        }
        Ok(allowed)
    }
}

impl AllowedHosts {
    /// Adds one entry, with its template filled in.
    pub(crate) fn add(
        &mut self,
        entry: &str,
        has_component: impl Fn(&str) -> bool,
    ) -> Result<(), EntryError> {
        let origin = Origin::of_entry(entry)?;
        if let Destination::Component(id) = origin.clone().destination()
            && !has_component(&id)
        {
            return Err(EntryError::UnknownComponent(id));
        }
        self.0.insert(origin);
        Ok(())
    }

    /// Returns the destination of a request if it is allowed.
    pub(crate) fn destination(&self, uri: &Uri) -> Result<Destination, OriginDenied> {
        let origin = Origin::of_request(uri).ok_or(OriginDenied(None))?;
        if self.0.contains(&origin) {
            Ok(origin.destination())
        } else {
            Err(OriginDenied(Some(origin)))
        }
    }
}

/// Error: a request to an origin that is not listed, or to none.
#[derive(Debug)]
pub(crate) struct OriginDenied(pub(crate) Option<Origin>);

/// Returns whether a `Host` is reserved for components of the application.
pub(crate) fn is_internal(authority: &Authority) -> bool {
    authority
        .host()
        .to_ascii_lowercase()
        .trim_end_matches('.')
        .ends_with(INTERNAL)
}

impl Origin {
    /// Parses `scheme://host` or `scheme://host:port`.
    pub(crate) fn of_entry(entry: &str) -> Result<Self, EntryError> {
        let entry = entry.trim();
        let (scheme, rest) = entry.split_once("://").ok_or(EntryError::Form)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if [scheme, rest]
            .iter()
            .any(|part| part.contains('*') || part.contains(".."))
        {
            return Err(EntryError::Wildcard);
        }
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(EntryError::Scheme),
        };
        if let Some((_, path)) = rest.split_once('/') {
            let network = !path.is_empty() && path.bytes().all(|byte| byte.is_ascii_digit());
            return Err(if network {
                EntryError::Wildcard
            } else {
                EntryError::Path
            });
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let host = if host == "self" { OWN } else { host };
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(EntryError::Port)?,
            None => default_port(secure),
        };
        let host = Host::parse(host).map_err(|_| EntryError::Host)?.to_string();
        Ok(Self { secure, host, port })
    }

    fn of_request(uri: &Uri) -> Option<Self> {
        let secure = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = Host::parse(authority.host()).ok()?.to_string();
        Some(Self {
            secure,
            host,
            port: authority.port_u16().unwrap_or(default_port(secure)),
        })
    }

    fn destination(self) -> Destination {
        if self.host == OWN {
            return Destination::Own;
        }
        match self.host.strip_suffix(INTERNAL) {
            Some(component) => Destination::Component(component.to_owned()),
            None => Destination::Outside(self),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.host)?;
        if self.port == default_port(self.secure) {
            Ok(())
        } else {
            write!(formatter, ":{}", self.port)
        }
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> AllowedHosts {
        let mut hosts = AllowedHosts::default();
        for entry in entries {
            hosts.add(entry, |id| id == "token").unwrap();
        }
        hosts
    }

    #[test]
    fn only_listed_origins_may_be_called() {
        let hosts = allowed(&[
            "https://example.com",
            "http://127.0.0.1:8480/",
            "https://[::1]:9",
            "http://token.spin.internal",
            "http://self",
        ]);
        for (uri, expected) in [
            (
                "https://example.com/path?query",
                Some("https://example.com"),
            ),
            ("https://EXAMPLE.com:443/", Some("https://example.com")),
            ("http://127.0.0.1:8480/", Some("http://127.0.0.1:8480")),
            ("https://[::1]:9/", Some("https://[::1]:9")),
            ("http://example.com/", None),
            ("https://example.com:8443/", None),
            ("https://example.com.evil.org/", None),
            ("https://example.com@evil.org/", None),
            ("https://sub.example.com/", None),
            ("http://127.0.0.1/", None),
            ("ftp://example.com/", None),
        ] {
            let destination = hosts.destination(&uri.parse().unwrap()).ok();
            let origin = destination.map(|destination| match destination {
                Destination::Outside(origin) => origin.to_string(),
                other => format!("{other:?}"),
            });
            assert_eq!(origin.as_deref(), expected, "{uri}");
        }
        let to = |uri: &str| hosts.destination(&uri.parse().unwrap()).unwrap();
        assert_eq!(
            to("http://token.spin.internal/token"),
            Destination::Component("token".to_owned())
        );
        assert_eq!(to("http://self.alt/claims"), Destination::Own);
    }

    #[test]
    fn entries_that_are_not_one_origin_are_refused() {
        for (entry, error) in [
            ("example.com", EntryError::Form),
            ("", EntryError::Form),
            ("redis://localhost:6379", EntryError::Scheme),
            ("*://example.com:*", EntryError::Wildcard),
            ("https://*.example.com", EntryError::Wildcard),
            ("https://localhost:*", EntryError::Wildcard),
            ("https://localhost:8000..9000", EntryError::Wildcard),
            ("http://10.0.0.0/8", EntryError::Wildcard),
            ("https://example.com/path", EntryError::Path),
            ("https://", EntryError::Host),
            ("https://user@example.com", EntryError::Host),
            ("https://example.com:0", EntryError::Port),
            ("https://example.com:none", EntryError::Port),
            (
                "http://claims.spin.internal",
                EntryError::UnknownComponent("claims".to_owned()),
            ),
        ] {
            assert_eq!(
                AllowedHosts::default().add(entry, |id| id == "token"),
                Err(error),
                "{entry}"
            );
        }
    }

    #[test]
    fn entries_are_filled_with_what_there_is() {
        let entry = |text: &str| (text.to_owned(), Template::parse(text).unwrap());
        let texts = ["https://{{ a }}", "{{ b }}", "https://{{ c }}"].map(entry);
        let entries = Entries::new(texts.to_vec(), &BTreeSet::new());
        let values = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let some = values(&[("a", "example.com"), ("b", "")]);
        assert_eq!(entries.fill(&some).unwrap().0.len(), 1);
        let all = values(&[("a", ""), ("b", "http://localhost"), ("c", "s3cret:0")]);
        let error = entries.fill(&all).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`https://{{ c }}`: the port is not a number from 1 to 65535"
        );
        let literal = Entries::new(vec![entry("https://")], &BTreeSet::new());
        assert_eq!(literal.fill(&all).unwrap_err().reason, EntryError::Host);
    }

    #[test]
    fn internal_hosts_are_known_in_any_spelling() {
        for (host, internal) in [
            ("token.spin.internal", true),
            ("Token.SPIN.internal:80", true),
            ("token.spin.internal.", true),
            ("example.com", false),
            ("spin.internal.example.com", false),
        ] {
            assert_eq!(is_internal(&host.parse().unwrap()), internal, "{host}");
        }
    }
}
