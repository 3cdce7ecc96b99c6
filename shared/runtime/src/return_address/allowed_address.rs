//! Entries of the allow-list.

use url::Url;

use innsyn_core::origin::Origin;

/// Schemes with a meaning of their own in browsers, which no app can have.
const NOT_AN_APPS: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Allowed origin or app scheme, with an optional path prefix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AllowedAddress {
    /// Web pages of this origin below this path.
    Web(Origin, String),
    /// Addresses of an app: the scheme with `://`, and what follows it.
    App(String, String),
    /// Addresses of an app without a host (RFC 8252 §7.1): the scheme with a colon, and a path
    /// prefix.
    AppPath(String, String),
}

impl AllowedAddress {
    /// Parses `https://bank.example`, `https://bank.example/back`, `bank-app://`,
    /// `bank-app://consent`, `no.bank.app:/` or `no.bank.app:/done`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(origin) = Origin::parse(text) {
            return Some(Self::Web(origin, String::new()));
        }
        let url = Url::parse(text).ok()?;
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::parse_app_path(text, &url);
        };
        // An entry that the URL standard would normalise differs from what the operator reads in
        // the list.
        let is_normal = url.as_str() == text && rest.bytes().all(is_unreserved_or_slash);
        if let Some(origin) = Origin::parse(&url.origin().ascii_serialization()) {
            let path = text.strip_prefix(origin.as_str())?;
            let is_path = path == url.path() && path.bytes().all(is_unreserved_or_slash);
            return (url.as_str() == text && is_path).then(|| Self::Web(origin, path.to_owned()));
        }
        (is_normal && is_apps(scheme)).then(|| Self::App(format!("{scheme}://"), rest.to_owned()))
    }

    /// Parses `no.bank.app:/` or `no.bank.app:/done`. The scheme must be the app's domain in
    /// reverse order: another app may have registered a scheme without a period (RFC 8252 §8.4).
    fn parse_app_path(text: &str, url: &Url) -> Option<Self> {
        let (scheme, path) = text.split_once(':')?;
        let is_normal = url.as_str() == text && path.bytes().all(is_unreserved_or_slash);
        let is_domain = is_apps(scheme) && is_reversed_domain(scheme);
        let is_path = path.starts_with('/');
        (is_normal && is_domain && is_path)
            .then(|| Self::AppPath(format!("{scheme}:"), path.to_owned()))
    }

    pub(super) fn holds(&self, address: &Url) -> bool {
        match self {
            Self::Web(origin, prefix) => {
                origin.owns(address.as_str()) && is_below(address.path(), prefix)
            }
            Self::App(scheme, prefix) => {
                let rest = address.as_str().strip_prefix(scheme.as_str());
                let path = rest.and_then(|rest| rest.split('?').next());
                path.is_some_and(|path| is_below(path, prefix))
            }
            Self::AppPath(scheme, prefix) => {
                let rest = address.as_str().strip_prefix(scheme.as_str());
                let path = rest.and_then(|rest| rest.split('?').next());
                // Two slashes would begin a host; without any it is not a path.
                path.is_some_and(|path| !path.starts_with("//") && is_below(path, prefix))
            }
        }
    }
}

/// Returns whether `path` is `prefix` or lies below it. A path below a prefix must not hold
/// anything that a server may resolve again: encoded slashes and dots, backslashes, and parameters
/// of a segment (`/..;/`).
fn is_below(path: &str, prefix: &str) -> bool {
    if prefix.is_empty() {
        return true;
    }
    let rest = path.strip_prefix(prefix);
    let is_within =
        rest.is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'));
    let lower = path.to_ascii_lowercase();
    let resolves = ["%2e", "%2f", "%5c", "%25", "\\", ";"];
    is_within
        && !resolves.iter().any(|part| lower.contains(part))
        && !path
            .split('/')
            .any(|segment| segment == "." || segment == "..")
}

/// Returns whether a scheme has at least two labels with periods between them.
fn is_reversed_domain(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

fn is_apps(scheme: &str) -> bool {
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
        })
        && !NOT_AN_APPS.contains(&scheme)
}

const fn is_unreserved_or_slash(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_origins_and_app_schemes_with_or_without_a_path() {
        for text in [
            "https://bank.example",
            "https://bank.example/",
            "https://bank.example:8443/a/b-c_d.e~f/",
            "http://localhost:3000/back",
            "bank-app://",
            "bank-app://consent",
            "bank-app://consent/done/",
            "no.bank.app:/",
            "no.bank.app:/done",
            "no.bank-2.app:/done/",
            "no.bank.app://done",
        ] {
            assert!(AllowedAddress::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "bank.example",
            "https://*.bank.example",
            "https://bank.example/*",
            "https://bank.example/back?x",
            "https://bank.example/back#x",
            "https://bank.example/a/../b",
            "https://bank.example/a%2fb",
            "https://bank.example/å",
            "https://u@bank.example/back",
            "https://Bank.example/back",
            "https://bank.example:443/back",
            "http://bank.example",
            "http://bank.example/back",
            "blob:https://bank.example",
            "blob:https://bank.example/back",
            "blob://",
            "javascript://",
            "data://",
            "https://",
            "Bank-App://",
            "bank app://",
            "1app://",
            "bank-app://consent?x",
            "bank-app://*",
            "bank-app://u@consent",
            "bank-app:consent",
            // Without a period, or without a path.
            "bank-app:/consent",
            "bankapp:/",
            ".bank:/done",
            "no..bank:/done",
            "no.bank.app.:/done",
            "no.bank.app:",
            "no.bank.app:done",
            "no.bank.app:/done?x",
            "no.bank.app:/done#x",
            "no.bank.app:/*",
            "no.bank.app:/a/../b",
            "No.bank.app:/done",
            "javascript:/done",
            "https:/bank.example",
            "data:/x",
        ] {
            assert_eq!(AllowedAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_prefix_holds_whole_segments_only() {
        for (entry, address, holds) in [
            (
                "https://bank.example/back",
                "https://bank.example/back",
                true,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back?x=1",
                true,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/",
                true,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/a/b",
                true,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/a/../back",
                true,
            ),
            ("https://bank.example/back", "https://bank.example/", false),
            (
                "https://bank.example/back",
                "https://bank.example/backup",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/../admin",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/%2e%2e/admin",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/..%2fadmin",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/%252e%252e/a",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back/..;/admin",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back%5c..%5cadmin",
                false,
            ),
            (
                "https://bank.example/back",
                "https://bank.example/back\\..\\admin",
                false,
            ),
            (
                "https://bank.example/back/",
                "https://bank.example/back/a",
                true,
            ),
            (
                "https://bank.example/back/",
                "https://bank.example/back",
                false,
            ),
            ("bank-app://consent", "bank-app://consent", true),
            ("bank-app://consent", "bank-app://consent/done?tab=2", true),
            ("bank-app://consent", "bank-app://consents", false),
            ("bank-app://consent", "bank-app://consent:80/x", false),
            ("bank-app://consent", "bank-app://other?consent", false),
            ("bank-app://", "bank-app://other", true),
            ("bank-app://", "bank-app2://other", false),
        ] {
            let parsed = Url::parse(address).expect(address);
            let list = AllowedAddress::parse(entry).expect(entry);
            assert_eq!(list.holds(&parsed), holds, "{entry} {address}");
        }
    }

    #[test]
    fn an_app_by_its_domain_has_a_path_and_no_host() {
        for (entry, address, holds) in [
            ("no.bank.app:/", "no.bank.app:/", true),
            ("no.bank.app:/", "no.bank.app:/done?tab=2", true),
            ("no.bank.app:/", "no.bank.app:done", false),
            ("no.bank.app:/", "no.bank.app://done", false),
            ("no.bank.app:/", "no.bank.app:///done", false),
            ("no.bank.app:/", "no.bank.app2:/done", false),
            ("no.bank.app:/done", "no.bank.app:/done", true),
            ("no.bank.app:/done", "no.bank.app:/done/a?b=c", true),
            ("no.bank.app:/done", "no.bank.app:/x/../done", true),
            ("no.bank.app:/done", "no.bank.app:/done/../x", false),
            ("no.bank.app:/done", "no.bank.app:/done/..%2fx", false),
            ("no.bank.app:/done", "no.bank.app:/donee", false),
            ("no.bank.app:/done", "no.bank.app:/", false),
            ("no.bank.app:/done", "no.bank.app://done", false),
            ("no.bank.app://done", "no.bank.app:/done", false),
            ("no.bank.app://done", "no.bank.app://done", true),
        ] {
            let parsed = Url::parse(address).expect(address);
            let list = AllowedAddress::parse(entry).expect(entry);
            assert_eq!(list.holds(&parsed), holds, "{entry} {address}");
        }
    }
}
