//! Parties of a consent, as Altinn writes them: URNs.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

const PERSON: &str = "urn:altinn:person:identifier-no:";
const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";
const PARTY: &str = "urn:altinn:party:uuid:";

/// Person or organisation, by any of its identifiers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// `urn:altinn:person:identifier-no:` and eleven digits.
    Person(String),
    /// `urn:altinn:organization:identifier-no:` and nine digits.
    Organisation(String),
    /// `urn:altinn:party:uuid:` and Altinn's own id.
    Uuid(Uuid),
}

/// Error: the text is none of the three URNs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the URN of a party")]
pub struct InvalidPartyUrn;

impl Party {
    /// Returns the number of a person or an organisation.
    pub(super) fn number(&self) -> Option<&str> {
        match self {
            Self::Person(number) | Self::Organisation(number) => Some(number),
            Self::Uuid(_) => None,
        }
    }
}

impl FromStr for Party {
    type Err = InvalidPartyUrn;

    fn from_str(urn: &str) -> Result<Self, InvalidPartyUrn> {
        if let Some(number) = urn.strip_prefix(PERSON) {
            digits(number, 11).map(Self::Person)
        } else if let Some(number) = urn.strip_prefix(ORGANISATION) {
            digits(number, 9).map(Self::Organisation)
        } else if let Some(id) = urn.strip_prefix(PARTY) {
            Uuid::parse_str(id)
                .map(Self::Uuid)
                .map_err(|_| InvalidPartyUrn)
        } else {
            Err(InvalidPartyUrn)
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(number) => write!(f, "{PERSON}{number}"),
            Self::Organisation(number) => write!(f, "{ORGANISATION}{number}"),
            Self::Uuid(id) => write!(f, "{PARTY}{id}"),
        }
    }
}

fn digits(number: &str, length: usize) -> Result<String, InvalidPartyUrn> {
    if number.len() == length && number.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(number.to_owned())
    } else {
        Err(InvalidPartyUrn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urns_are_read_and_written_back() {
        for urn in [
            "urn:altinn:person:identifier-no:14858512450",
            "urn:altinn:organization:identifier-no:313367002",
            "urn:altinn:party:uuid:0198a000-1111-7222-8333-444455556666",
        ] {
            assert_eq!(urn.parse::<Party>().unwrap().to_string(), urn);
        }
    }

    #[test]
    fn other_strings_are_not_parties() {
        for urn in [
            "",
            "313367002",
            "urn:altinn:person:identifier-no:1485851245",
            "urn:altinn:organization:identifier-no:31336700x",
            "urn:altinn:party:uuid:1",
        ] {
            assert_eq!(urn.parse::<Party>(), Err(InvalidPartyUrn), "{urn}");
        }
    }
}
