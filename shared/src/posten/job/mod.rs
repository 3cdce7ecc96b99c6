//! A signature job, as it is ordered.

mod check;
mod pdf;
mod unfit;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Flow, Identity};
use crate::party::{OrganisationNumber, PersonNumber};

pub use unfit::{Rule, Unfit};

/// The size that a job's documents may have together, in bytes (signering-docs, "Opprette oppdrag": 10 MB).
pub const MOST_BYTES: usize = 10_485_760;

/// Maximum number of documents in a job (direct.xsd and portal.xsd).
pub const MOST_DOCUMENTS: usize = 20;

/// Maximum number of signers of a job (direct.xsd and portal.xsd).
pub const MOST_SIGNERS: usize = 10;

/// The longest time that a group of signers may have: 90 days (signering-docs, "Portalflyt").
pub const LONGEST: Duration = Duration::seconds(7_776_000);

/// Maximum time until the activation of a portal job. Posten publishes no limit; this one is ours, so that every time
/// that follows from it can be written and stored.
pub const FARTHEST: Duration = Duration::days(366);

/// A signature job. [`Job::check`] tells whether Posten would take it; texts go out in Unicode's composed form
/// (NFC), in which their lengths are counted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which flow, with what belongs to it alone.
    pub plan: Plan,
    /// On whose behalf: the segment of the path and the sender in the manifest.
    pub sender: OrganisationNumber,
    /// Ours, random. Posten echoes it; it stands in e-mails, and nothing says that it must be unique.
    pub reference: String,
    /// The queue in which changes of the job are found; `None` for the default one.
    pub queue: Option<String>,
    /// Shown to the signers, 1 to 80 characters. It may name persons.
    pub title: String,
    /// Shown in notifications in place of the title, 1 to 80 characters. Portal only.
    pub nonsensitive_title: Option<String>,
    /// Shown to the signers, at most 220 characters. It may name persons.
    pub description: Option<String>,
    /// 1 to 20, of [`MOST_BYTES`] together.
    pub documents: Vec<Document>,
    /// 1 to 10.
    pub signers: Vec<Signer>,
    /// How well signers must prove who they are; Posten decides where it is not said.
    pub authentication: Option<AuthenticationLevel>,
    /// How signers are named in the signed document; Posten decides where it is not said.
    pub identifier: Option<IdentifierInDocument>,
}

/// What belongs to one flow alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Plan {
    /// Changes are polled for, besides what the browser brings home. Such a job lasts 30 days.
    Direct {
        /// Where the browser is sent afterwards.
        exit: ExitAddresses,
    },
    /// Posten notifies the signers.
    Portal {
        /// When the first group may sign, at most [`FARTHEST`] ahead; at once where it is not said or past.
        activation: Option<OffsetDateTime>,
        /// Time for each group to sign, in whole seconds, at most [`LONGEST`]; 30 days if absent.
        available: Option<Duration>,
    },
}

/// Where the signer's browser is sent when it leaves Posten, with the parameter `status_query_token` added.
/// At most 500 characters each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExitAddresses {
    /// After signing.
    pub completion: String,
    /// After refusing.
    pub rejection: String,
    /// After a failure.
    pub error: String,
}

/// What is to be signed. Its name in the package is made from its place and type, never from its title, which may
/// name a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// What it is.
    pub media_type: MediaType,
    /// Shown to the signers, 1 to 80 characters, without personal data.
    pub title: String,
    /// The document itself.
    pub content: Bytes,
}

/// What a document may be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum MediaType {
    /// PDF 1.1 to 1.7, without password or restrictions.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// Text in UTF-8. Posten's own pages disagree on whether it is still taken.
    #[serde(rename = "text/plain")]
    Text,
}

impl MediaType {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
        }
    }

    /// The end of a file's name.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Text => "txt",
        }
    }
}

/// One who is to sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// Who.
    pub who: Who,
    /// The kind of signature; Posten decides where it is not said.
    pub signature_type: Option<SignatureType>,
    /// For whom they sign: their own copy goes to their own mailbox, or not.
    pub on_behalf_of: OnBehalfOf,
    /// 0 to 9: lower numbers sign first, equal ones in any order. Portal only.
    pub order: u8,
    /// How they are told. Portal only, and necessary there.
    pub notifications: Option<Notifications>,
}

impl Signer {
    /// How Posten names the signer in its answers.
    pub fn identity(&self) -> Identity {
        match (&self.who, &self.notifications) {
            (Who::Person(number), _) => Identity::Named(number.expose().to_owned()),
            (Who::Own(identifier), _) => Identity::Named(super::text::composed(identifier)),
            (Who::Contact, Some(Notifications::Addresses { email, sms })) => Identity::Contact {
                email: email.as_deref().map(super::text::composed),
                sms: sms.as_deref().map(super::text::composed),
            },
            (Who::Contact, _) => Identity::Contact {
                email: None,
                sms: None,
            },
        }
    }
}

/// How a signer is addressed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// By national identity number.
    Person(PersonNumber),
    /// By an identifier of the sender's own, 1 to 80 characters, without personal data. Direct only.
    Own(String),
    /// By the e-mail address or mobile number of the notifications. Portal only.
    Contact,
}

/// The kinds of electronic signature (signering-docs, "Signaturtype").
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureType {
    /// An advanced one, as BankID makes.
    Advanced,
    /// A login that is taken as a signature; for public senders only.
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

/// For whom a signer signs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBehalfOf {
    /// For themselves.
    #[serde(rename = "self")]
    Oneself,
    /// For another, such as their employer: nothing is sent to their own mailbox.
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

/// How a signer of the portal is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notifications {
    /// At the addresses in the register of contact information: by e-mail always. For public senders only.
    Lookup {
        /// By SMS too.
        sms: bool,
    },
    /// At these; at least one.
    Addresses {
        /// An e-mail address.
        email: Option<String>,
        /// A mobile number.
        sms: Option<String>,
    },
}

/// The security level of the login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthenticationLevel {
    /// `3`, which lets MinID in. For public senders only.
    Three,
    /// `4`.
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

/// How signers are named in the signed document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierInDocument {
    /// By national identity number and name. Signers must be addressed by the number.
    NumberAndName,
    /// By date of birth and name.
    DateOfBirthAndName,
    /// By name.
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
    /// Returns a hash of what is to be signed, by whom and how: SHA-256 over the manifest and the documents. The reference, the
    /// queue and the exit addresses are not in it.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(super::manifest::manifest(self));
        for document in &self.documents {
            hash.update(hmac_sha256::Hash::hash(&document.content));
        }
        hash.finalize()
    }

    /// Which flow it is.
    pub const fn flow(&self) -> Flow {
        match self.plan {
            Plan::Direct { .. } => Flow::Direct,
            Plan::Portal { .. } => Flow::Portal,
        }
    }
}
