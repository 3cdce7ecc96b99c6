//! Subject of a certificate, and its organisation number.
//!
//! SEID 2 has the organisation number in `organizationIdentifier`, SEID 1 in `serialNumber`; older
//! certificates have it at the end of the organisation's name. Some certificates have it in two
//! places, which must then agree.

use thiserror::Error;

use super::Generation;
use super::name::{
    DistinguishedName, GIVEN_NAME, ORGANISATION_IDENTIFIER, SERIAL_NUMBER, SURNAME, UNIT,
};
use innsyn_core::party::OrganisationNumber;

/// Subject of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// Distinguished name.
    pub name: DistinguishedName,
}

/// Organisation number of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubjectNumber {
    /// Organisation number.
    pub number: OrganisationNumber,
    /// Set if the number is that of a payment service provider, as in a PSD2 seal.
    pub is_psd2: bool,
}

/// Reason why a certificate has no reliable organisation number.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NumberError {
    /// Certificate without an organisation number.
    #[error("the certificate has no organisation number")]
    Missing,
    /// Organisation number with an invalid check digit.
    #[error("{0} in the certificate is not an organisation number: its check digit is wrong")]
    CheckDigit(String),
    /// Certificate with two different organisation numbers.
    #[error("the certificate has two organisation numbers, {0} and {1}")]
    Mismatch(String, String),
}

impl Subject {
    /// Returns the organisation's registered name (`O`).
    pub fn organisation(&self) -> Option<&str> {
        self.name.organisation()
    }

    /// Returns the name that the holder prefers (`CN`).
    pub fn common_name(&self) -> Option<&str> {
        self.name.common_name()
    }

    /// Returns the organisation number.
    ///
    /// # Errors
    /// [`NumberError`], each variant.
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

    /// Returns the number of a sub-unit of the organisation that `OU` names. The certificate's
    /// holder is the organisation, not the sub-unit.
    pub fn sub_unit(&self) -> Option<OrganisationNumber> {
        let own = self.number().ok().map(|own| own.number);
        let units = self.name.all(UNIT).filter_map(at_end);
        units
            .filter_map(|text| OrganisationNumber::parse(&text).ok())
            .find(|number| Some(number) != own.as_ref())
    }

    /// Returns values of `organizationIdentifier` whose form is not one of the Norwegian ones.
    pub fn unexpected_identifiers(&self) -> Vec<&str> {
        let identifiers = self.name.all(ORGANISATION_IDENTIFIER);
        identifiers
            .filter(|text| of_register(text).or(of_psd2(text)).is_none())
            .collect()
    }

    /// Returns the Norwegian profile of the subject's form, for certificates of unknown issuers.
    pub fn generation(&self) -> Option<Generation> {
        if self.name.all(ORGANISATION_IDENTIFIER).next().is_some() {
            return Some(Generation::Seid2);
        }
        self.number().ok().map(|_| Generation::Seid1)
    }

    /// Returns whether the subject is a person: by a personal name, or by a number that Buypass,
    /// Commfides or ETSI define for persons.
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

/// Extracts the number from `NTRNO-310000205`: the register of entities (ETSI EN 319 412-1 §5.1.4).
fn of_register(text: &str) -> Option<&str> {
    text.strip_prefix("NTRNO-")
        .filter(|number| is_nine_digits(number))
}

/// Extracts the number from `PSDNO-FSA-310000205`: a payment service provider (ETSI TS 119 495
/// §5.2.1).
fn of_psd2(text: &str) -> Option<&str> {
    let (authority, number) = text.strip_prefix("PSDNO-")?.split_once('-')?;
    let is_name = !authority.is_empty() && authority.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_name && is_nine_digits(number)).then_some(number)
}

/// Extracts the number after the last hyphen: `Navn AS-310000205`, `Navn AS - 310 000 205`.
fn at_end(text: &str) -> Option<String> {
    let (_, end) = text.rsplit_once('-')?;
    let number: String = end.split_whitespace().collect();
    is_nine_digits(&number).then_some(number)
}
