//! Return address of the browser, composed as Altinn's consent page composes it, oddities included.
//! Source: the public code of Altinn's access management front end.

use url::Url;

use super::canonical_url::{canonical, escaped};

/// Outcome in the return address's query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// The request was accepted, even if the consent has ended since.
    Accepted,
    /// Rejected.
    Rejected,
    /// Unanswered.
    Unanswered,
}

impl Outcome {
    const fn parameters(self) -> &'static str {
        match self {
            Self::Accepted => "Status=OK",
            Self::Rejected => "Status=Failed&ErrorMessage=User+did+not+give+consent",
            Self::Unanswered => "",
        }
    }
}

/// Builds the return address. The joining `?` or `&` is added even without an outcome.
pub(super) fn compose(stored: &str, outcome: Outcome) -> String {
    let parameters = outcome.parameters();
    // A `?` anywhere selects `&`, even before the fragment of a hash-routed page.
    if stored.contains("#/") {
        return format!("{stored}{}{parameters}", joint(stored));
    }
    let stored = stored.trim();
    let (address, fragment) = match stored.split_once('#') {
        Some((address, fragment)) => (canonical(address), Some(escaped(fragment))),
        None => (canonical(stored), None),
    };
    let mut composed = format!("{address}{}{parameters}", joint(&address));
    if let Some(fragment) = fragment {
        composed.push('#');
        composed.push_str(&fragment);
    }
    composed
}

/// Returns whether the browser may be redirected there; if not, it stays at Altinn.
pub(super) fn is_well_formed(address: &str) -> bool {
    let mut bytes = address.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                let mut hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                hex() && hex()
            }
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if !fine {
            return false;
        }
    }
    Url::parse(address).is_ok()
}

/// Returns whether a request may be created with this return address: any absolute address of any
/// scheme, on any host, encrypted or not.
pub(super) fn is_allowed(address: &str) -> bool {
    Url::parse(address).is_ok()
}

fn joint(address: &str) -> char {
    if address.contains('?') { '&' } else { '?' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_as_the_page_tells_them() {
        const REFUSED: &str = "Status=Failed&ErrorMessage=User+did+not+give+consent";
        for (stored, before, after) in [
            ("https://bank.example", "https://bank.example/?", ""),
            (
                "https://bank.example/cb?s=1",
                "https://bank.example/cb?s=1&",
                "",
            ),
            (
                "https://bank.example/cb#top",
                "https://bank.example/cb?",
                "#top",
            ),
            (
                "https://bank.example/cb?s=1#top",
                "https://bank.example/cb?s=1&",
                "#top",
            ),
            (
                "https://bank.example/#/cb",
                "https://bank.example/#/cb?",
                "",
            ),
            (
                "https://bank.example/#/cb?s=1",
                "https://bank.example/#/cb?s=1&",
                "",
            ),
            (
                "https://bank.example/?a=1#/cb",
                "https://bank.example/?a=1#/cb&",
                "",
            ),
            ("https://bank.example?s=1", "https://bank.example/?s=1&", ""),
            (
                "https://Bank.Example:443/a/../c b#x y",
                "https://bank.example/c%20b?",
                "#x%20y",
            ),
            ("bank-app://consent", "bank-app://consent/?", ""),
            ("no.bank.app:/done", "no.bank.app:/done?", ""),
        ] {
            assert_eq!(
                compose(stored, Outcome::Accepted),
                format!("{before}Status=OK{after}")
            );
            assert_eq!(
                compose(stored, Outcome::Rejected),
                format!("{before}{REFUSED}{after}")
            );
            assert_eq!(
                compose(stored, Outcome::Unanswered),
                format!("{before}{after}")
            );
        }
    }

    #[test]
    fn hardly_any_address_is_refused() {
        for address in [
            "https://bank.example/cb",
            "http://localhost:1",
            "bank-app://consent",
            "a+b-c.1:x",
            "javascript:alert(1)",
        ] {
            assert!(is_allowed(address), "{address}");
        }
        for address in [
            "",
            "/cb",
            "bank.example",
            "1app://x",
            "https://",
            "Bank App://x",
        ] {
            assert!(!is_allowed(address), "{address}");
        }
    }

    #[test]
    fn unescaped_characters_keep_the_browser_at_altinn() {
        assert!(is_well_formed("https://bank.example/cb?s=%C3%A5&Status=OK"));
        for address in [
            "https://bank.example/c b",
            "https://bank.example/å",
            "https://bank.example/%4",
            "https://bank.example/{}",
        ] {
            assert!(!is_well_formed(address), "{address}");
        }
    }
}
