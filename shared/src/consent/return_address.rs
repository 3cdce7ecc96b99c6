//! Where a browser may be sent after the consent: only where the deployment's list says.

use url::Url;

use crate::altinn::Outcome;
use crate::config::Origin;
use crate::problem::{Kind, Problem};

/// The longest address, in bytes.
const LONGEST: usize = 2000;

/// The query parameter that says how it went.
const OUTCOME: &str = "consent";

/// Schemes that a browser gives a meaning of its own, so that no app can have them.
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

/// The places on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddresses(Vec<Place>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Place {
    Origin(Origin),
    /// An app's scheme, with `://`.
    App(String),
}

impl ReturnAddresses {
    /// Reads exact origins and app schemes such as `bank-app://`; at least one.
    pub fn parse<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let places: Option<Vec<Place>> = parts.map(Place::parse).collect();
        places.filter(|places| !places.is_empty()).map(Self)
    }

    /// The address that `text` stands for, if its place is on the list.
    pub fn check(&self, text: &str) -> Result<ReturnAddress, Problem> {
        let refused = |detail: &str| Problem::new(Kind::ReturnAddressNotAllowed).detail(detail);
        if text.len() > LONGEST {
            return Err(refused("The return address is too long"));
        }
        let address = Url::parse(text)
            .map_err(|_| refused("The return address is not an absolute address"))?;
        if address.fragment().is_some()
            || !address.username().is_empty()
            || address.password().is_some()
        {
            return Err(refused(
                "The return address may have neither a fragment nor a user",
            ));
        }
        if address.query_pairs().any(|(name, _)| name == OUTCOME) {
            return Err(refused(
                "The parameter consent of the return address is ours to set",
            ));
        }
        if !self.0.iter().any(|place| place.holds(&address)) {
            return Err(refused(
                "The return address is not on the deployment's list",
            ));
        }
        Ok(ReturnAddress(address))
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        if let Some(origin) = Origin::parse(text) {
            return Some(Self::Origin(origin));
        }
        let scheme = text.strip_suffix("://")?;
        let mut bytes = scheme.bytes();
        let shaped = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
            });
        (shaped && !NOT_AN_APPS.contains(&scheme)).then(|| Self::App(text.to_owned()))
    }

    fn holds(&self, address: &Url) -> bool {
        match self {
            Self::Origin(origin) => origin.owns(address.as_str()),
            Self::App(scheme) => address.as_str().starts_with(scheme),
        }
    }
}

/// An address that was on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnAddress(Url);

impl ReturnAddress {
    /// Takes back what [`Self::as_str`] gave to a sealed row.
    pub(super) fn from_row(text: &str) -> Option<Self> {
        Url::parse(text).ok().map(Self)
    }

    /// The address in its normal form, ASCII only.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address with `consent=…` at the end of its query.
    pub fn with(&self, outcome: Outcome) -> String {
        let mut address = self.0.clone();
        address
            .query_pairs_mut()
            .append_pair(OUTCOME, outcome.as_str());
        address.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ReturnAddresses {
        let parts = [
            "https://bank.example",
            "http://localhost:3000",
            "bank-app://",
        ];
        ReturnAddresses::parse(parts.into_iter()).expect("a list")
    }

    #[test]
    fn the_outcome_joins_the_query() {
        for (text, address) in [
            (
                "https://bank.example",
                "https://bank.example/?consent=granted",
            ),
            (
                "https://bank.example/a/b",
                "https://bank.example/a/b?consent=granted",
            ),
            (
                "https://bank.example/a?",
                "https://bank.example/a?consent=granted",
            ),
            (
                "https://bank.example/a?x=1&y=%20",
                "https://bank.example/a?x=1&y=%20&consent=granted",
            ),
            (
                "HTTPS://Bank.Example:443/å",
                "https://bank.example/%C3%A5?consent=granted",
            ),
            (
                "http://localhost:3000/back",
                "http://localhost:3000/back?consent=granted",
            ),
            // A backslash is a slash to browsers: what is sent is what was judged.
            (
                "https://bank.example\\@evil.example/",
                "https://bank.example/@evil.example/?consent=granted",
            ),
            ("bank-app://consent", "bank-app://consent?consent=granted"),
            (
                "bank-app://consent/done?tab=2",
                "bank-app://consent/done?tab=2&consent=granted",
            ),
        ] {
            let address_of = list().check(text).expect(text);
            assert_eq!(address_of.with(Outcome::Granted), address);
        }
    }

    #[test]
    fn other_places_are_refused() {
        for text in [
            "",
            "/back",
            "//bank.example/back",
            "http://bank.example/",
            "https://bank.example:8443/",
            "https://bank.example.evil.example/",
            "https://bank.example@evil.example/",
            "https://u:p@bank.example/",
            "https://evil.example/https://bank.example",
            "https://bank.example/#top",
            "https://bank.example/?consent=granted",
            "https://bank.example/?c%6fnsent=x",
            "javascript:alert(1)",
            "data:text/html,x",
            "bank-app2://consent",
            "bank-app:consent",
            "bank-app://u@consent",
            "other-app://consent",
        ] {
            let problem = list().check(text).expect_err(text);
            assert_eq!(problem.kind, Kind::ReturnAddressNotAllowed, "{text}");
        }
        let long = format!("https://bank.example/{}", "a".repeat(LONGEST));
        assert!(list().check(&long).is_err());
    }

    #[test]
    fn the_list_holds_origins_and_app_schemes_only() {
        for text in [
            "",
            "bank.example",
            "https://bank.example/",
            "https://bank.example/back",
            "https://*.bank.example",
            "http://bank.example",
            "javascript://",
            "data://",
            "https://",
            "Bank-App://",
            "bank app://",
            "1app://",
        ] {
            assert_eq!(ReturnAddresses::parse([text].into_iter()), None, "{text}");
        }
        assert_eq!(ReturnAddresses::parse(std::iter::empty()), None);
    }
}
