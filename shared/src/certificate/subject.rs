//! Whose a certificate is, and where it says so.
//!
//! SEID 2 has the organisation number in `organizationIdentifier`, SEID 1 in `serialNumber`, and before that it
//! stood at the end of the organisation's name. Some certificates have it in two places; then both must agree.

use thiserror::Error;

use super::Generation;
use super::name::{
    DistinguishedName, GIVEN_NAME, ORGANISATION_IDENTIFIER, SERIAL_NUMBER, SURNAME, UNIT,
};
use crate::party::OrganisationNumber;

/// Whose a certificate is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// Its whole name.
    pub name: DistinguishedName,
}

/// The organisation number of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubjectNumber {
    /// The number.
    pub number: OrganisationNumber,
    /// Whether it is a payment service provider's, as in a PSD2 seal.
    pub is_psd2: bool,
}

/// Why a certificate has no organisation number that could be relied on.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NumberError {
    /// There is none.
    #[error("the certificate has no organisation number")]
    Missing,
    /// There is one that cannot be.
    #[error("{0} in the certificate is not an organisation number: its check digit is wrong")]
    CheckDigit(String),
    /// There are two that differ.
    #[error("the certificate has two organisation numbers, {0} and {1}")]
    Mismatch(String, String),
}

impl Subject {
    /// The organisation's registered name (`O`).
    pub fn organisation(&self) -> Option<&str> {
        self.name.organisation()
    }

    /// The name that the holder prefers (`CN`).
    pub fn common_name(&self) -> Option<&str> {
        self.name.common_name()
    }

    /// The organisation number.
    pub fn number(&self) -> Result<SubjectNumber, NumberError> {
        let identifiers = || self.name.all(ORGANISATION_IDENTIFIER);
        let registered = identifiers().filter_map(of_register);
        let psd2 = identifiers().filter_map(of_psd2);
        let serial = self.name.all(SERIAL_NUMBER);
        let serial = serial.filter(|text| is_nine_digits(text));
        let legacy = self.name.organisation().and_then(at_end);
        let mut found = registered
            .chain(psd2)
            .chain(serial)
            .map(str::to_owned)
            .chain(legacy);
        let first = found.next().ok_or(NumberError::Missing)?;
        if let Some(other) = found.find(|other| *other != first) {
            return Err(NumberError::Mismatch(first, other));
        }
        let number =
            OrganisationNumber::parse(&first).map_err(|_| NumberError::CheckDigit(first))?;
        Ok(SubjectNumber {
            number,
            is_psd2: identifiers().any(|text| of_psd2(text).is_some()),
        })
    }

    /// The number of a part of the organisation that `OU` names. It is not who the certificate is for.
    pub fn sub_unit(&self) -> Option<OrganisationNumber> {
        let own = self.number().ok().map(|own| own.number);
        let units = self.name.all(UNIT).filter_map(at_end);
        units
            .filter_map(|text| OrganisationNumber::parse(&text).ok())
            .find(|number| Some(number) != own.as_ref())
    }

    /// Values of `organizationIdentifier` of another form than the Norwegian ones.
    pub fn unexpected_identifiers(&self) -> Vec<&str> {
        let identifiers = self.name.all(ORGANISATION_IDENTIFIER);
        identifiers
            .filter(|text| of_register(text).or(of_psd2(text)).is_none())
            .collect()
    }

    /// Which of the Norwegian profiles it is written in: for certificates of issuers that are not known.
    pub fn generation(&self) -> Option<Generation> {
        if self.name.all(ORGANISATION_IDENTIFIER).next().is_some() {
            return Some(Generation::Seid2);
        }
        self.number().ok().map(|_| Generation::Seid1)
    }

    /// Whether it is a human being: by a name, or by a number that Buypass, Commfides or ETSI give to persons.
    pub(super) fn names_person(&self) -> bool {
        let mut names = self.name.all(SURNAME).chain(self.name.all(GIVEN_NAME));
        let is_persons = |text: &str| {
            let prefixes = ["UN:NO-9578-4", "9578-4", "PNONO-"];
            let is_number = text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number || prefixes.iter().any(|prefix| text.starts_with(prefix))
        };
        names.next().is_some() || self.name.all(SERIAL_NUMBER).any(is_persons)
    }
}

fn is_nine_digits(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `NTRNO-310000205`: the register of entities (ETSI EN 319 412-1 §5.1.4).
fn of_register(text: &str) -> Option<&str> {
    text.strip_prefix("NTRNO-")
        .filter(|number| is_nine_digits(number))
}

/// `PSDNO-FSA-310000205`: a payment service provider (ETSI TS 119 495 §5.2.1).
fn of_psd2(text: &str) -> Option<&str> {
    let (authority, number) = text.strip_prefix("PSDNO-")?.split_once('-')?;
    let is_name = !authority.is_empty() && authority.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_name && is_nine_digits(number)).then_some(number)
}

/// The number after the last hyphen: `Navn AS-310000205`, `Navn AS - 310 000 205`.
fn at_end(text: &str) -> Option<String> {
    let (_, end) = text.rsplit_once('-')?;
    let number: String = end.split_whitespace().collect();
    is_nine_digits(&number).then_some(number)
}
