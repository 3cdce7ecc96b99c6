//! What is wrong with a job.

use thiserror::Error;

/// The first thing that is wrong with a job. It can be printed: it never repeats a value.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{field}` {rule}")]
pub struct Unfit {
    /// Where, such as `signers[1].notifications.email`.
    pub field: String,
    /// Which rule it breaks.
    pub rule: Rule,
}

/// The rules that a job is held to before anything is sent. Each text goes on from the field's name.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Rule {
    /// Lengths of the schemas, in composed characters, both inclusive.
    #[error("must be {0} to {1} characters long")]
    Length(usize, usize),
    /// Numbers of elements in the schemas, both inclusive.
    #[error("must have {0} to {1} parts")]
    Count(usize, usize),
    /// signering-docs, "Opprette oppdrag": 10 MB together.
    #[error("must not exceed {} bytes together", super::MOST_BYTES)]
    TooLarge,
    /// Characters that XML cannot hold (XML 1.0 §2.2), and those that a reader cannot see: control characters with line breaks,
    /// bidirectional controls, zero-width characters.
    #[error("must not hold control characters, line breaks or invisible characters")]
    Character,
    /// signering-docs, "Sikkerhet": personal data only in the signer's number, the title and the description.
    #[error("must not hold a national identity number")]
    PersonalData,
    /// An empty document.
    #[error("must not be empty")]
    Empty,
    /// The first bytes are not a PDF's.
    #[error("is not a PDF document")]
    NotPdf,
    /// signering-docs, "Dokumentformat": 1.1 to 1.7.
    #[error("must be a PDF of version 1.1 to 1.7")]
    PdfVersion,
    /// signering-docs, "Dokumentformat": no password or access restrictions.
    #[error("must not be encrypted or restricted")]
    PdfEncrypted,
    /// Text of another encoding.
    #[error("must be text in UTF-8")]
    NotText,
    /// Where browsers are sent: HTTPS, or HTTP to this machine, and no fragment that would swallow the token.
    #[error("must be an address with https, without a fragment")]
    Address,
    /// They would be lost on the way: values of XML are read without them.
    #[error("must not begin or end with blanks")]
    Blanks,
    /// Not of the form name, `@`, domain.
    #[error("must be an e-mail address")]
    Email,
    /// Not digits with an optional plus sign in front.
    #[error("must be a mobile number")]
    Mobile,
    /// A real person outside production, a synthetic one in production, or a number of another register.
    #[error("must be a number of this environment's population register")]
    Population,
    /// Posten's answers name the signers so, and the schema demands it of identifiers.
    #[error("must be another than that of the signers before")]
    Duplicate,
    /// It stands in the manifest of the portal only.
    #[error("is for the portal flow only")]
    PortalOnly,
    /// It stands in the manifest of the direct flow only.
    #[error("is for the direct flow only")]
    DirectOnly,
    /// In the portal, each signer must be told somehow.
    #[error("must be there in the portal flow")]
    Needed,
    /// A signer by contact information needs an address, and the register is asked by number.
    #[error("needs an address, as the register is searched by national identity number")]
    LookupWithoutNumber,
    /// signering-docs, "Adressering": for another, the register of contact information is not asked.
    #[error("must not be looked up for a signer who signs for another")]
    LookupForOther,
    /// 0 to 9, of the schema.
    #[error("must be 0 to 9")]
    Order,
    /// signering-docs, "Portalflyt": 90 days.
    #[error("must be whole seconds, 0 to {}", super::LONGEST.whole_seconds())]
    Availability,
    /// A year that the manifest cannot hold, or a time farther ahead than [`super::FARTHEST`].
    #[error("must be a time of the year 1 or later, at most {} days ahead", super::FARTHEST.whole_days())]
    Time,
    /// signering-docs, "Signert dokument": the number must be known.
    #[error("asks for numbers, but a signer is not addressed by one")]
    NumberNotKnown,
    /// signering-docs, "Signert dokument": by name only with an authenticated signature.
    #[error("cannot be the name alone with an advanced signature")]
    NameWithAdvanced,
    /// signering-docs, "Signert dokument": a public sender may have it only with an authenticated signature.
    #[error("cannot be the date of birth with a public sender's advanced signature")]
    BirthWithAdvanced,
    /// signering-docs, "Dokumentformat": a public sender has one document for an advanced signature.
    #[error("must be one alone with a public sender's advanced signature")]
    OneDocument,
}
