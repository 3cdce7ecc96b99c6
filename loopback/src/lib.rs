//! Access to a program that listens on the loopback: programs of this machine. A page in a browser reaches the loopback too,
//! from any web site, perhaps under a name of its own (DNS rebinding), and its requests need not have an `Origin`: those for
//! images have none.
//!
//! # Examples
//!
//! ```
//! use http::{HeaderMap, HeaderValue, header::HOST};
//!
//! let mut headers = HeaderMap::new();
//! headers.insert(HOST, HeaderValue::from_static("localhost:7165"));
//! assert!(loopback::is_program_of_this_machine(&headers));
//! headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
//! assert!(!loopback::is_program_of_this_machine(&headers));
//! ```

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;

/// Prefix of header names that browsers set by themselves, and that no page can set or remove
/// (<https://fetch.spec.whatwg.org/#forbidden-request-header>). All current browsers send `Sec-Fetch-Site` to the loopback.
const OF_BROWSERS: &str = "sec-";

/// Returns whether the request is from a program, not a browser, and names this machine in its
/// `Host`.
pub fn is_program_of_this_machine(headers: &HeaderMap) -> bool {
    names_this_machine(headers) && !is_of_a_browser(headers)
}

/// Returns whether a browser sent the request, whichever page caused it.
pub fn is_of_a_browser(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| *name == ORIGIN || name.as_str().starts_with(OF_BROWSERS))
}

/// Returns whether there is exactly one `Host`, a name or address of this machine with any port.
pub fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.to_str().ok().and_then(|host| host.parse().ok());
    host.is_some_and(|host: Authority| is_this_machine(host.host()))
}

/// Returns whether `host`, as it is written in an address, is `localhost` or an address of the loopback.
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn names_of_this_machine_are_few() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "localhost.example",
            "127.0.0.1.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::]",
            "2130706433",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn there_is_one_host() {
        let mut headers = HeaderMap::new();
        assert!(!names_this_machine(&headers));
        headers.append(HOST, HeaderValue::from_static("localhost:7164"));
        assert!(names_this_machine(&headers));
        headers.append(HOST, HeaderValue::from_static("localhost:7164"));
        assert!(!names_this_machine(&headers));
        for rebound in [
            "rebound.example",
            "localhost.rebound.example:7164",
            "user@",
            "0.0.0.0",
        ] {
            headers.insert(HOST, HeaderValue::from_static(rebound));
            assert!(!names_this_machine(&headers), "{rebound}");
        }
    }

    /// Headers that browsers send with a request for an image, a form, a script, a navigation and a typed address.
    #[test]
    fn a_browser_gives_itself_away() {
        for (name, value) in [
            ("origin", "https://elsewhere.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "image"),
            ("sec-ch-ua", "\"Chromium\""),
            ("sec-purpose", "prefetch"),
            ("sec-gpc", "1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("localhost"));
            assert!(is_program_of_this_machine(&headers));
            headers.insert(name, HeaderValue::from_static(value));
            assert!(is_of_a_browser(&headers), "{name}");
            assert!(!is_program_of_this_machine(&headers), "{name}");
        }
    }
}
