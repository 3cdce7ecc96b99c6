//! Validation errors of a job.

use thiserror::Error;

/// First violation found in a job. It can be printed: it never repeats a value.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{field}` {violation}")]
pub struct InvalidJob {
    /// Path of the field, such as `signers[1].notifications.email`.
    pub field: String,
    /// Violated rule.
    pub violation: Violation,
}

/// Rule that a job is validated against before it is sent. Each text continues from the field's
/// name.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Violation {
    /// Lengths of the schemas, in composed characters, both inclusive.
    #[error("must be {0} to {1} characters long")]
    Length(usize, usize),
    /// Numbers of elements in the schemas, both inclusive.
    #[error("must have {0} to {1} parts")]
    Count(usize, usize),
    /// Documents over 10 MB together (signering-docs, "Opprette oppdrag").
    #[error("must not exceed {} bytes together", super::MOST_BYTES)]
    TooLarge,
    /// Characters that XML cannot hold (XML 1.0 §2.2), and those that a reader cannot see: control
    /// characters with line breaks, bidirectional controls, zero-width characters.
    #[error("must not hold control characters, line breaks or invisible characters")]
    Character,
    /// signering-docs, "Sikkerhet": personal data only in the signer's number, the title and the
    /// description.
    #[error("must not hold a national identity number")]
    PersonalData,
    /// Empty document.
    #[error("must not be empty")]
    Empty,
    /// The first bytes are not those of a PDF.
    #[error("is not a PDF document")]
    NotPdf,
    /// PDF version outside 1.1 to 1.7 (signering-docs, "Dokumentformat").
    #[error("must be a PDF of version 1.1 to 1.7")]
    PdfVersion,
    /// signering-docs, "Dokumentformat": no password or access restrictions.
    #[error("must not be encrypted or restricted")]
    PdfEncrypted,
    /// Text document that is not UTF-8.
    #[error("must be text in UTF-8")]
    NotText,
    /// Exit addresses: HTTPS, or HTTP to a loopback host, and no fragment, which would swallow the
    /// token.
    #[error("must be an address with https, without a fragment")]
    Address,
    /// Surrounding blanks would be lost: XML values are trimmed when read.
    #[error("must not begin or end with blanks")]
    Blanks,
    /// Not of the form name, `@`, domain.
    #[error("must be an e-mail address")]
    Email,
    /// Not digits with an optional leading plus sign.
    #[error("must be a mobile number")]
    Mobile,
    /// Real person outside production, synthetic one in production, or number of another register.
    #[error("must be a number of this environment's population register")]
    Population,
    /// Posten's answers identify signers by this value, and the schema requires unique identifiers.
    #[error("must be another than that of the signers before")]
    Duplicate,
    /// Element of the portal manifest only.
    #[error("is for the portal flow only")]
    PortalOnly,
    /// Element of the direct manifest only.
    #[error("is for the direct flow only")]
    DirectOnly,
    /// Missing notifications, which portal signers must have.
    #[error("must be there in the portal flow")]
    Needed,
    /// Signers addressed by contact information need an address: the register is searched by
    /// number.
    #[error("needs an address, as the register is searched by national identity number")]
    LookupWithoutNumber,
    /// signering-docs, "Adressering": for another, the register of contact information is not
    /// searched.
    #[error("must not be looked up for a signer who signs for another")]
    LookupForOther,
    /// Range of the schema: 0 to 9.
    #[error("must be 0 to 9")]
    Order,
    /// Availability outside the limits: 90 days (signering-docs, "Portalflyt").
    #[error("must be whole seconds, 0 to {}", super::LONGEST.whole_seconds())]
    Availability,
    /// Year that the manifest cannot hold, or time farther ahead than [`super::FARTHEST`].
    #[error("must be a time of the year 1 or later, at most {} days ahead", super::FARTHEST.whole_days())]
    Time,
    /// signering-docs, "Signert dokument": the number must be known.
    #[error("asks for numbers, but a signer is not addressed by one")]
    NumberNotKnown,
    /// signering-docs, "Signert dokument": by name only with an authenticated signature.
    #[error("cannot be the name alone with an advanced signature")]
    NameWithAdvanced,
    /// signering-docs, "Signert dokument": a public sender may have it only with an authenticated
    /// signature.
    #[error("cannot be the date of birth with a public sender's advanced signature")]
    BirthWithAdvanced,
    /// signering-docs, "Dokumentformat": a public sender has one document for an advanced
    /// signature.
    #[error("must be one alone with a public sender's advanced signature")]
    OneDocument,
}
