//! Web origins (RFC 6454).

use std::fmt;

use url::{Host, Url};

/// Web origin: `scheme://host[:port]` in lower case, without a trailing slash. The scheme is HTTPS,
/// or HTTP for loopback hosts.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin written exactly as a browser sends it (RFC 6454 §6.2). Returns `None` for
    /// any other form.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let local = match url.host()? {
            // The URL standard accepts a wildcard; here it would match nothing.
            Host::Domain(name) if name.contains('*') => return None,
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
        (safe && url.origin().ascii_serialization() == text).then(|| Self(text.to_owned()))
    }

    /// Returns the text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Returns whether `address` belongs to this origin, judged by its parsed parts.
    pub fn owns(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| {
            // The URL standard gives `blob:` the origin of the address inside.
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.origin().ascii_serialization() == self.0
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_exact() {
        for text in [
            "https://bank.example",
            "https://bank.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
        ] {
            assert_eq!(Origin::parse(text).expect(text).as_str(), text);
        }
        for text in [
            "",
            "bank.example",
            "https://bank.example/",
            "https://Bank.example",
            "http://bank.example",
            "https://bank.example:443",
            "https://*.example",
            "https://a@bank.example",
            "ftp://localhost",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_judged_by_its_parts() {
        let origin = Origin::parse("https://altinn.example").expect("an origin");
        assert!(origin.owns("https://altinn.example/consent?id=1"));
        for address in [
            "https://altinn.example.evil.example/",
            "https://altinn.example@evil.example/",
            "https://u@altinn.example/",
            "http://altinn.example/",
            "//altinn.example",
            "blob:https://altinn.example/0198a000-1111-4222-8333-444455556666",
            "filesystem:https://altinn.example/temporary/x",
        ] {
            assert!(!origin.owns(address), "{address}");
        }
    }
}
