//! Job as its sender ordered it, after all checks.

use bytes::Bytes;
use time::OffsetDateTime;

/// Order: a create request and its package together.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) flow: Flow,
    /// Organisation that it is for: the number in the path.
    pub(crate) organisation: String,
    /// Organisation of the client certificate, if that is another one.
    pub(crate) broker: Option<String>,
    /// The sender's own reference, given back in answers.
    pub(crate) reference: Option<String>,
    /// The queue that changes of status are put into; the default one when absent.
    pub(crate) queue: Option<String>,
    pub(crate) title: String,
    /// Title without sensitive data, for notifications.
    pub(crate) nonsensitive_title: Option<String>,
    pub(crate) description: Option<String>,
    /// Documents, 1–20, in the manifest's order.
    pub(crate) documents: Vec<Document>,
    /// Signers, 1–10, in the manifest's order.
    pub(crate) signers: Vec<Signer>,
    /// Security level of authentication: 3 or 4.
    pub(crate) authentication: Option<u8>,
    pub(crate) identifier_in_signed_documents: Option<Identifier>,
}

/// Flow of a job, with the parts that only that flow has.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    /// The sender's own page sends them here and gets them back.
    Direct {
        /// Exit addresses: completion, rejection, error.
        exit: [String; 3],
        /// Changes of status are put into the queue.
        polling: bool,
    },
    /// Portal flow: signers are notified and log in by themselves.
    Portal {
        /// Time when the first group of signers may sign; at once when absent or past.
        activation: Option<OffsetDateTime>,
        /// Seconds that each group of signers has.
        available_seconds: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// File name, decoded from `href`.
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) title: String,
    pub(crate) bytes: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) who: SignerIdentifier,
    pub(crate) signature_type: Option<SignatureType>,
    pub(crate) on_behalf_of: Option<OnBehalfOf>,
    /// Position in the signing order, 0–9; lower ones sign first. Always 0 in the direct flow.
    pub(crate) order: u8,
    /// Notifications; `None` in the direct flow.
    pub(crate) notifications: Option<Notifications>,
}

/// Identification of a signer by the sender.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SignerIdentifier {
    /// By national identity number.
    Number(String),
    /// By an identifier that the sender assigns.
    Own(String),
    /// By nothing but how to reach the signer.
    Contact {
        email: Option<String>,
        sms: Option<String>,
    },
}

/// Notifications to a signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Notifications {
    /// Contact information from the register (KRR).
    Lookup,
    /// Contact information from the sender.
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
