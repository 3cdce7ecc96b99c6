//! A job as its sender ordered it, once everything about it has been checked.

use bytes::Bytes;
use time::OffsetDateTime;

/// What a create request and its package say together.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) flow: Flow,
    /// On whose behalf it is: the organisation number in the path.
    pub(crate) organisation: String,
    /// Whose certificate was shown, where that is another organisation.
    pub(crate) broker: Option<String>,
    /// The sender's own reference, given back in answers.
    pub(crate) reference: Option<String>,
    /// The queue that changes of status are put into; the default one when absent.
    pub(crate) queue: Option<String>,
    pub(crate) title: String,
    /// What may stand in a notice.
    pub(crate) nonsensitive_title: Option<String>,
    pub(crate) description: Option<String>,
    /// 1–20, in the manifest's order.
    pub(crate) documents: Vec<Document>,
    /// 1–10, in the manifest's order.
    pub(crate) signers: Vec<Signer>,
    /// 3 or 4.
    pub(crate) authentication: Option<u8>,
    pub(crate) identifier_in_signed_documents: Option<Identifier>,
}

/// Where signers come from, and what only that flow has.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    /// The sender's own page sends them here and gets them back.
    Direct {
        /// Completion, rejection, error.
        exit: [String; 3],
        /// Changes of status are put into the queue.
        polling: bool,
    },
    /// They are notified and come by themselves.
    Portal {
        /// When the first group of signers may sign; at once when absent or past.
        activation: Option<OffsetDateTime>,
        /// How long each group has.
        available_seconds: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// `href`, decoded.
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) title: String,
    pub(crate) bytes: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) who: Who,
    pub(crate) signature_type: Option<SignatureType>,
    pub(crate) on_behalf_of: Option<OnBehalfOf>,
    /// 0–9; lower ones sign first. 0 in the direct flow.
    pub(crate) order: u8,
    /// Absent in the direct flow.
    pub(crate) notifications: Option<Notifications>,
}

/// How the sender named a signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    /// By national identity number.
    Number(String),
    /// By an identifier of the sender's own.
    Own(String),
    /// By nothing but how to reach the signer.
    Contact {
        email: Option<String>,
        sms: Option<String>,
    },
}

/// How a signer is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Notifications {
    /// As the contact register (KRR) says.
    Lookup,
    /// As the sender says.
    Given {
        email: Option<String>,
        sms: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignatureType {
    Advanced,
    Authenticated,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OnBehalfOf {
    Own,
    Other,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Identifier {
    NumberAndName,
    DateOfBirthAndName,
    Name,
}
