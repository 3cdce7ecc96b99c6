//! Addresses in the canonical form of .NET's `Uri`, which Altinn's front end composes redirects
//! from.
//!
//! Source: the public code of .NET (`Uri`, `UriParser`). An address with `//` has a rooted path, in
//! any scheme; dot segments are resolved, backslashes become slashes. Left out: Unicode
//! normalisation.

use std::fmt::Write;

/// Returns scheme, authority, path and query of an address that has no fragment.
pub(super) fn canonical(address: &str) -> String {
    let (before, query) = match address.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (address, None),
    };
    let mut canonical = match before.split_once("://") {
        Some((scheme, rest)) => {
            let scheme = scheme.to_ascii_lowercase();
            let end = rest.find(['/', '\\']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            format!("{scheme}://{}{}", site(&scheme, authority), resolved(path))
        }
        None => match before.split_once(':') {
            Some((scheme, rest)) => format!("{}:{}", scheme.to_ascii_lowercase(), escaped(rest)),
            None => escaped(before),
        },
    };
    if let Some(query) = query {
        canonical.push('?');
        canonical.push_str(&escaped(query));
    }
    canonical
}

/// Percent-encodes the characters that RFC 3986 allows nowhere in an address; existing escapes
/// stay.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let fine = match character {
            '%' => {
                let mut ahead = rest.clone();
                let mut hex = || ahead.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                hex() && hex()
            }
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => false,
            _ => character.is_ascii_graphic(),
        };
        if fine {
            out.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Returns the authority with its host in lower case, without the scheme's default port.
fn site(scheme: &str, authority: &str) -> String {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{}@", escaped(user)), host),
        None => (String::new(), authority),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host, ""),
    };
    let port = match (scheme, port.parse::<u16>()) {
        ("http", Ok(80)) | ("https", Ok(443)) | (_, Err(_)) => String::new(),
        (_, Ok(port)) => format!(":{port}"),
    };
    format!("{user}{}{port}", host.to_lowercase())
}

/// Returns the path, rooted, with its dot segments resolved.
fn resolved(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path
        .strip_prefix('/')
        .unwrap_or(&path)
        .split('/')
        .peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", escaped(&kept.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_dotnet_writes_them() {
        for (address, expected) in [
            ("https://bank.example", "https://bank.example/"),
            ("https://bank.example?s=1", "https://bank.example/?s=1"),
            ("HTTPS://Bank.EXAMPLE/Cb", "https://bank.example/Cb"),
            ("https://bank.example:443/cb", "https://bank.example/cb"),
            ("http://bank.example:80/cb", "http://bank.example/cb"),
            ("https://bank.example:8443/", "https://bank.example:8443/"),
            ("https://bank.example:/", "https://bank.example/"),
            ("https://[::1]:443/cb", "https://[::1]/cb"),
            ("https://[::1]/cb", "https://[::1]/cb"),
            ("https://Me@Bank.example/", "https://Me@bank.example/"),
            ("https://bank.example/a/../b", "https://bank.example/b"),
            ("https://bank.example/a/./b/..", "https://bank.example/a/"),
            ("https://bank.example/../../b", "https://bank.example/b"),
            ("https://bank.example/a\\b", "https://bank.example/a/b"),
            ("https://bank.example/a//b", "https://bank.example/a//b"),
            (
                "https://bank.example/c b?x=y z",
                "https://bank.example/c%20b?x=y%20z",
            ),
            (
                "https://bank.example/å?å",
                "https://bank.example/%C3%A5?%C3%A5",
            ),
            (
                "https://bank.example/{}|^`",
                "https://bank.example/%7B%7D%7C%5E%60",
            ),
            (
                "https://bank.example/%C3%a5%4",
                "https://bank.example/%C3%a5%254",
            ),
            (
                "https://bank.example/?a='/../'",
                "https://bank.example/?a='/../'",
            ),
            ("https://bank.example/?", "https://bank.example/?"),
            ("bank-app://Consent", "bank-app://consent/"),
            ("bank-app://consent/a/../b", "bank-app://consent/b"),
            ("no.bank.app:/done/../x y", "no.bank.app:/done/../x%20y"),
        ] {
            assert_eq!(canonical(address), expected, "{address}");
        }
    }
}
