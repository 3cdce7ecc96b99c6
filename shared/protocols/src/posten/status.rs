//! Status of a job.

use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

use super::read::{self, Element};
use super::{Address, Flow, Identity, Posten, UnreadableAnswer};

/// Snapshot of a job. Delivery is at least once and unordered: a snapshot may come twice, and an
/// older one after a newer one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// Posten's number of the job.
    pub job_id: i64,
    /// Reference given by this app, echoed.
    pub reference: Option<String>,
    /// Status of the whole job, on which decisions are based.
    pub job: JobStatus,
    /// State of each signer, in arbitrary order.
    pub signers: Vec<SignerState>,
    /// Address that confirms the change as stored. Always present for a portal job.
    pub confirmation: Option<Address>,
    /// Address that cancels the job while that is possible. Portal only.
    pub cancellation: Option<Address>,
    /// Address that deletes the documents, once that is possible.
    pub delete_documents: Option<Address>,
    /// Signed document, with the signatures made so far.
    pub pades: Option<Address>,
}

/// Status of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobStatus {
    /// Incomplete: at least one signer may still sign.
    InProgress,
    /// Complete: every signer has signed.
    Completed,
    /// Ended without all signatures.
    Failed,
}

/// State of a signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignerState {
    /// Identity; `None` if Posten omits it, as its schema allows for a job with one signer.
    pub who: Option<Identity>,
    /// Status.
    pub status: SignerStatus,
    /// Time from which the status applies.
    pub since: OffsetDateTime,
    /// Signature of the signer.
    pub xades: Option<Address>,
}

/// Status of a signer. The list is open: unknown values are kept unchanged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignerStatus {
    /// `WAITING`: has not signed yet, or may not yet.
    Waiting,
    /// `SIGNED`: has signed.
    Signed,
    /// `REJECTED`: refused to sign.
    Rejected,
    /// `EXPIRED`: did not sign in time.
    Expired,
    /// `FAILED`: technical failure. Direct only; whether the signer may try again is not
    /// documented.
    Failed,
    /// `CANCELLED`: the sender withdrew the job. Portal only.
    Cancelled,
    /// `RESERVED`: the signer has opted out of digital letters from public senders. Portal only.
    Reserved,
    /// `CONTACT_INFORMATION_MISSING`: the register has no address. Portal only.
    ContactInformationMissing,
    /// `BLOCKED`: too many wrong codes. Portal only.
    Blocked,
    /// `SIGNERS_NAME_NOT_AVAILABLE`: the name, which an authenticated signature needs, was not
    /// found.
    NameNotAvailable,
    /// `NOT_APPLICABLE`: the job ended while this signer was waiting.
    NotApplicable,
    /// Unknown status.
    Other(String),
}

impl SignerStatus {
    const KNOWN: [(&str, Self); 11] = [
        ("WAITING", Self::Waiting),
        ("SIGNED", Self::Signed),
        ("REJECTED", Self::Rejected),
        ("EXPIRED", Self::Expired),
        ("FAILED", Self::Failed),
        ("CANCELLED", Self::Cancelled),
        ("RESERVED", Self::Reserved),
        (
            "CONTACT_INFORMATION_MISSING",
            Self::ContactInformationMissing,
        ),
        ("BLOCKED", Self::Blocked),
        ("SIGNERS_NAME_NOT_AVAILABLE", Self::NameNotAvailable),
        ("NOT_APPLICABLE", Self::NotApplicable),
    ];

    /// Returns the status as Posten writes it.
    pub fn as_str(&self) -> &str {
        if let Self::Other(text) = self {
            return text;
        }
        let mut known = Self::KNOWN.iter();
        known
            .find(|(_, known)| known == self)
            .map_or("", |(text, _)| text)
    }

    /// Parses a status as Posten writes it.
    pub fn from_text(text: &str) -> Self {
        let mut known = Self::KNOWN.into_iter();
        known
            .find(|(word, _)| *word == text)
            .map_or_else(|| Self::Other(text.to_owned()), |(_, known)| known)
    }
}

/// Parses a change from a queue, or the answer to [`Posten::status`].
///
/// # Errors
/// [`UnreadableAnswer`], each variant.
pub fn read(posten: &Posten, flow: Flow, body: &[u8]) -> Result<Change, UnreadableAnswer> {
    match flow {
        Flow::Direct => direct(posten, &read::message(body, &[DIRECT])?),
        Flow::Portal => portal(posten, &read::message(body, &[PORTAL])?),
    }
}

const DIRECT: &str = "direct-signature-job-status-response";
const PORTAL: &str = "portal-signature-job-status-change-response";

fn direct(posten: &Posten, answer: &Element) -> Result<Change, UnreadableAnswer> {
    let signatures: Result<Vec<_>, UnreadableAnswer> = answer
        .children("xades-url")
        .map(|element| {
            Ok((
                element.attribute("signer"),
                element.own_address(posten, "xades-url")?,
            ))
        })
        .collect();
    let signatures = signatures?;
    let states = answer.children("status").map(|element| {
        let signer = element.attribute("signer");
        let own = signatures.iter().find(|(other, _)| *other == signer);
        Ok(SignerState {
            who: signer.map(|who| Identity::Named(who.to_owned())),
            status: SignerStatus::from_text(element.text()),
            since: since(element)?,
            xades: own.map(|(_, address)| address.clone()),
        })
    });
    let states = states.collect();
    change(posten, answer, "signature-job-status", states, answer)
}

fn portal(posten: &Posten, answer: &Element) -> Result<Change, UnreadableAnswer> {
    let signatures = answer
        .child("signatures")
        .ok_or(UnreadableAnswer::Element("signatures"))?;
    let states = signatures.children("signature").map(|element| {
        let status = element.child("status");
        let status = status.ok_or(UnreadableAnswer::Element("status"))?;
        Ok(SignerState {
            who: signer_of(element),
            status: SignerStatus::from_text(status.text()),
            since: since(status)?,
            xades: element.address(posten, "xades-url")?,
        })
    });
    let change = change(posten, answer, "status", states.collect(), signatures)?;
    if change.confirmation.is_none() {
        return Err(UnreadableAnswer::Element("confirmation-url"));
    }
    Ok(change)
}

/// Converts the members that both messages have; `signatures` also holds the signed document.
fn change(
    posten: &Posten,
    answer: &Element,
    job: &'static str,
    signers: Result<Vec<SignerState>, UnreadableAnswer>,
    signatures: &Element,
) -> Result<Change, UnreadableAnswer> {
    let signers = signers?;
    if signers.is_empty() {
        return Err(UnreadableAnswer::Element("status"));
    }
    let job = match answer.text_of(job) {
        Some("IN_PROGRESS") => JobStatus::InProgress,
        Some("COMPLETED_SUCCESSFULLY") => JobStatus::Completed,
        Some("FAILED") => JobStatus::Failed,
        _ => return Err(UnreadableAnswer::Element(job)),
    };
    Ok(Change {
        job_id: answer.job_id()?,
        reference: answer.text_of("reference").map(str::to_owned),
        job,
        signers,
        confirmation: answer.address(posten, "confirmation-url")?,
        cancellation: answer.address(posten, "cancellation-url")?,
        delete_documents: answer.address(posten, "delete-documents-url")?,
        pades: signatures.address(posten, "pades-url")?,
    })
}

/// Returns the signer's identity, by number or by contact information.
fn signer_of(signature: &Element) -> Option<Identity> {
    if let Some(number) = signature.text_of("personal-identification-number") {
        return Some(Identity::Named(number.to_owned()));
    }
    let identifier = signature.child("identifier")?;
    let part = |name, attribute| {
        let element: &Element = identifier.child(name)?;
        element.attribute(attribute).map(str::to_owned)
    };
    Some(Identity::Contact {
        email: part("email", "address"),
        sms: part("sms", "number"),
    })
}

fn since(status: &Element) -> Result<OffsetDateTime, UnreadableAnswer> {
    let text = status.attribute("since");
    let text = text.ok_or(UnreadableAnswer::Element("since"))?;
    OffsetDateTime::parse(text, &Iso8601::DEFAULT).map_err(|_| UnreadableAnswer::Element("since"))
}
