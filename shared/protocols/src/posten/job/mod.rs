//! Signature job: the order sent to Posten.

mod check;
mod invalid_job;
mod pdf;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Flow, Identity};
use innsyn_core::party::{OrganisationNumber, PersonNumber};

pub use invalid_job::{InvalidJob, Violation};

/// Maximum size of a job's documents together, in bytes (signering-docs, "Opprette oppdrag": 10
/// MB).
pub const MOST_BYTES: usize = 10_485_760;

/// Maximum number of documents in a job (direct.xsd and portal.xsd).
pub const MOST_DOCUMENTS: usize = 20;

/// Maximum number of signers of a job (direct.xsd and portal.xsd).
pub const MOST_SIGNERS: usize = 10;

/// Maximum time for a group of signers: 90 days (signering-docs, "Portalflyt").
pub const LONGEST: Duration = Duration::seconds(7_776_000);

/// Maximum time until the activation of a portal job. Posten publishes no limit; this one is the
/// app's, so that every time derived from it can be written and stored.
pub const FARTHEST: Duration = Duration::days(366);

/// Signature job. [`Job::check`] validates it against Posten's rules. Texts are sent in Unicode's
/// composed form (NFC), in which their lengths are counted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Flow, with the settings that belong to it.
    pub plan: Plan,
    /// Sender: the segment of the path and the sender in the manifest.
    pub sender: OrganisationNumber,
    /// Random reference. Posten echoes it and prints it in e-mails, and does not document it as
    /// unique.
    pub reference: String,
    /// Polling queue for changes of the job; `None` for the default one.
    pub queue: Option<String>,
    /// Title shown to the signers, 1 to 80 characters. It may name persons.
    pub title: String,
    /// Title shown in notifications in place of `title`, 1 to 80 characters. Portal only.
    pub nonsensitive_title: Option<String>,
    /// Description shown to the signers, at most 220 characters. It may name persons.
    pub description: Option<String>,
    /// Documents: 1 to 20, of at most [`MOST_BYTES`] together.
    pub documents: Vec<Document>,
    /// Signers: 1 to 10.
    pub signers: Vec<Signer>,
    /// Required authentication level; `None` for Posten's default.
    pub authentication: Option<AuthenticationLevel>,
    /// Identification of signers in the signed document; `None` for Posten's default.
    pub identifier: Option<IdentifierInDocument>,
}

/// Settings that belong to one flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Plan {
    /// Direct flow. The app polls for changes, besides the status that the browser's return gives.
    /// Such a job lasts 30 days.
    Direct {
        /// Exit addresses of the browser.
        exit: ExitAddresses,
    },
    /// Portal flow: Posten notifies the signers.
    Portal {
        /// Time from which the first group may sign, at most [`FARTHEST`] ahead; immediately if
        /// absent or past.
        activation: Option<OffsetDateTime>,
        /// Time for each group to sign, in whole seconds, at most [`LONGEST`]; 30 days if absent.
        available: Option<Duration>,
    },
}

/// Exit addresses to which the signer's browser is redirected from Posten, with the parameter
/// `status_query_token` added. At most 500 characters each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExitAddresses {
    /// Address after signing.
    pub completion: String,
    /// Address after rejection.
    pub rejection: String,
    /// Address after a failure.
    pub error: String,
}

/// Document to sign. Its file name in the package is derived from its position and type, never from
/// its title, which may name a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// Media type.
    pub media_type: MediaType,
    /// Title shown to the signers, 1 to 80 characters, without personal data.
    pub title: String,
    /// Content of the file.
    pub content: Bytes,
}

/// Media type of a document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum MediaType {
    /// PDF 1.1 to 1.7, without password or restrictions.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// Text in UTF-8. Posten's own pages disagree on whether it is still accepted.
    #[serde(rename = "text/plain")]
    Text,
}

impl MediaType {
    /// Returns the media type as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
        }
    }

    /// Returns the file extension.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Text => "txt",
        }
    }
}

/// Signer of a job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// Identity by which the signer is addressed.
    pub who: SignerIdentifier,
    /// Type of signature; `None` for Posten's default.
    pub signature_type: Option<SignatureType>,
    /// Person or organisation for which the signer signs: decides whether a copy goes to the
    /// signer's own mailbox.
    pub on_behalf_of: OnBehalfOf,
    /// Signing order, 0 to 9: lower numbers sign first, equal ones in any order. Portal only.
    pub order: u8,
    /// Notifications. Portal only, and required there.
    pub notifications: Option<Notifications>,
}

impl Signer {
    /// Returns the signer's identity as Posten writes it in its answers.
    pub fn identity(&self) -> Identity {
        match (&self.who, &self.notifications) {
            (SignerIdentifier::Person(number), _) => Identity::Named(number.expose().to_owned()),
            (SignerIdentifier::Own(identifier), _) => {
                Identity::Named(super::text::composed(identifier))
            }
            (SignerIdentifier::Contact, Some(Notifications::Addresses { email, sms })) => {
                Identity::Contact {
                    email: email.as_deref().map(super::text::composed),
                    sms: sms.as_deref().map(super::text::composed),
                }
            }
            (SignerIdentifier::Contact, _) => Identity::Contact {
                email: None,
                sms: None,
            },
        }
    }
}

/// Identity by which a signer is addressed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignerIdentifier {
    /// National identity number.
    Person(PersonNumber),
    /// Identifier assigned by the sender, 1 to 80 characters, without personal data. Direct only.
    Own(String),
    /// E-mail address or mobile number of the notifications. Portal only.
    Contact,
}

/// Type of electronic signature (signering-docs, "Signaturtype").
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureType {
    /// Advanced electronic signature, as BankID makes.
    Advanced,
    /// Authenticated signature: a login that counts as a signature; for public senders only.
    Authenticated,
}

impl SignatureType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Advanced => "ADVANCED_ELECTRONIC_SIGNATURE",
            Self::Authenticated => "AUTHENTICATED_ELECTRONIC_SIGNATURE",
        }
    }
}

/// Party for whom a signer signs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBehalfOf {
    /// Own behalf of the signer.
    #[serde(rename = "self")]
    Oneself,
    /// Other party, such as the signer's employer: nothing is sent to the signer's own mailbox.
    Other,
}

impl OnBehalfOf {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Oneself => "SELF",
            Self::Other => "OTHER",
        }
    }
}

/// Notification of a signer in the portal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notifications {
    /// Lookup in the register of contact information: always by e-mail. For public senders only.
    Lookup {
        /// Also by SMS.
        sms: bool,
    },
    /// Given addresses; at least one.
    Addresses {
        /// E-mail address.
        email: Option<String>,
        /// Mobile number.
        sms: Option<String>,
    },
}

/// Security level of the login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthenticationLevel {
    /// Level `3`, which includes MinID. For public senders only.
    Three,
    /// Level `4`.
    Four,
}

impl AuthenticationLevel {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Three => "3",
            Self::Four => "4",
        }
    }
}

/// Identification of signers in the signed document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierInDocument {
    /// National identity number and name. Signers must be addressed by the number.
    NumberAndName,
    /// Date of birth and name.
    DateOfBirthAndName,
    /// Name.
    Name,
}

impl IdentifierInDocument {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NumberAndName => "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME",
            Self::DateOfBirthAndName => "DATE_OF_BIRTH_AND_NAME",
            Self::Name => "NAME",
        }
    }
}

impl Job {
    /// Returns the flow.
    pub const fn flow(&self) -> Flow {
        match self.plan {
            Plan::Direct { .. } => Flow::Direct,
            Plan::Portal { .. } => Flow::Portal,
        }
    }
}
