//! Redirects after an answer: the addresses that a service's owner allows, and the parameters that
//! are added.
//!
//! Sources: Altinn, "Be om samtykke", "Autorisere datakonsument", "Test av tjeneste"; release notes
//! 18.8, 21.3, 21.5 and 21.12. Assumption: that parameters land after a fragment, as they did in
//! the sister feature.

use url::Url;
use uuid::Uuid;

use super::switches::Encoding;

/// Outcome in the return address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// Approval, with the code for tokens.
    Accepted(Uuid),
    /// Refusal, with the code of the request unless it came by a link.
    Refused(Option<Uuid>),
}

/// Appends the outcome to the address.
pub(super) fn compose(stored: &str, outcome: Outcome, encoding: Encoding) -> String {
    let joint = if stored.contains('?') { '&' } else { '?' };
    let parameters = match outcome {
        Outcome::Accepted(code) => format!("AuthorizationCode={code}&Status=OK"),
        Outcome::Refused(code) => {
            let blank = match encoding {
                Encoding::Twice => "%2520",
                Encoding::Once => "%20",
            };
            let message = "User did not give consent".replace(' ', blank);
            let code = code.map(|code| format!("&FailedAuthorizationCode={code}"));
            let code = code.unwrap_or_default();
            format!("Status=Failed&ErrorMessage={message}{code}")
        }
    };
    format!("{stored}{joint}{parameters}")
}

/// Returns whether the text is an absolute address of any scheme.
pub(super) fn is_address(address: &str) -> bool {
    Url::parse(address).is_ok()
}

/// Returns whether one of the conditions, separated by semicolons, allows the address. None at all
/// allows every one.
pub(super) fn is_allowed(conditions: &str, address: &str) -> bool {
    let Ok(address) = Url::parse(address) else {
        return false;
    };
    let mut conditions = conditions.split(';').map(str::trim).peekable();
    conditions.peek().is_none_or(|first| first.is_empty())
        || conditions.any(|condition| allows(condition, &address))
}

/// Returns whether the condition allows the address, by scheme and host. Without a scheme it allows
/// the web's two.
fn allows(condition: &str, address: &Url) -> bool {
    let (scheme, host) = match condition.split_once("://") {
        Some((scheme, host)) => (Some(scheme), host),
        None => (None, condition),
    };
    let is_scheme = match scheme {
        Some(scheme) => scheme == address.scheme(),
        None => ["http", "https"].contains(&address.scheme()),
    };
    let named = address.host_str().unwrap_or_default();
    let is_host = match host.strip_prefix("*.") {
        // A star matches whole labels at the beginning, and nothing else.
        Some(domain) if !domain.contains('*') => named
            .strip_suffix(domain)
            .is_some_and(|labels| labels.ends_with('.')),
        _ => !host.contains('*') && named == host,
    };
    is_scheme && is_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_at_the_end() {
        let code = Uuid::from_u128(0x5f0c_2f39_8f0b_4d0e_9a52_7f6f_0c7b_1d11);
        let told = |stored, outcome| compose(stored, outcome, Encoding::Twice);
        assert_eq!(
            told("https://bank.example/cb?s=1", Outcome::Accepted(code)),
            "https://bank.example/cb?s=1&AuthorizationCode=5f0c2f39-8f0b-4d0e-9a52-7f6f0c7b1d11&Status=OK"
        );
        assert_eq!(
            told("https://bank.example", Outcome::Refused(Some(code))),
            "https://bank.example?Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent\
             &FailedAuthorizationCode=5f0c2f39-8f0b-4d0e-9a52-7f6f0c7b1d11"
        );
        assert_eq!(
            compose(
                "bank-app://consent#top",
                Outcome::Refused(None),
                Encoding::Once
            ),
            "bank-app://consent#top?Status=Failed&ErrorMessage=User%20did%20not%20give%20consent"
        );
    }

    #[test]
    fn scheme_and_host_must_be_one_of_the_owners() {
        const CONDITIONS: &str = "https://bank.example; *.bank.example;plain.example;bank-app://consent;bank.*;*bank.test";
        for address in [
            "https://bank.example/any?path",
            "http://a.b.bank.example/",
            "https://plain.example",
            "http://plain.example",
            "bank-app://consent/x",
        ] {
            assert!(is_allowed(CONDITIONS, address), "{address}");
            assert!(is_allowed("", address), "{address}");
        }
        for address in [
            "http://bank.example/",
            "https://notbank.example/",
            "https://bank.example.evil.example/",
            "bank-app://other",
            "https://bank.no/",
            "https://mybank.test/",
            "nonsense",
        ] {
            assert!(!is_allowed(CONDITIONS, address), "{address}");
        }
    }
}
