//! Orders for tests.

use bytes::Bytes;
use time::{Duration, OffsetDateTime};

use super::contact::Contacts;
use super::end_user::EndUserAuthority;
use super::job::{Job, JobStatus, SignerStatus};
use super::order::{
    Document, Flow, Notifications, OnBehalfOf, Order, SignatureType, Signer, SignerIdentifier,
};
use super::sender::FJORDVIK;
use super::signature::Signature;
use crate::population::FJORDBANKEN;

pub(super) const RAGNA: &str = "04827896468";
pub(super) const EIRIK: &str = "02839211360";
/// National identity number that is not in the register.
pub(super) const NOBODY: &str = "17897432161";

pub(super) fn direct(polling: bool) -> Order {
    let exit = ["done", "refused", "failed"].map(|exit| format!("https://bank.example/{exit}"));
    order(Flow::Direct { exit, polling })
}

pub(super) fn portal(available: Duration) -> Order {
    order(Flow::Portal {
        activation: None,
        available_seconds: available.whole_seconds(),
    })
}

fn order(flow: Flow) -> Order {
    Order {
        flow,
        organisation: FJORDBANKEN.to_owned(),
        broker: None,
        reference: Some("case-1".to_owned()),
        queue: None,
        title: "Avtale".to_owned(),
        nonsensitive_title: None,
        description: None,
        documents: vec![Document {
            name: "avtale.txt".to_owned(),
            mime: "text/plain".to_owned(),
            title: "Avtale".to_owned(),
            bytes: Bytes::from_static("Blåbærsyltetøy".as_bytes()),
        }],
        signers: Vec::new(),
        authentication: None,
        identifier_in_signed_documents: None,
    }
}

impl Order {
    /// Adds a signer who is notified by e-mail.
    pub(super) fn signed_by(mut self, number: &str, group: u8) -> Self {
        let told = Notifications::Given {
            email: Some("somebody@example.no".to_owned()),
            sms: None,
        };
        self.signers.push(Signer {
            who: SignerIdentifier::Number(number.to_owned()),
            signature_type: Some(SignatureType::Advanced),
            on_behalf_of: Some(OnBehalfOf::Own),
            order: group,
            notifications: Some(told),
        });
        self
    }

    /// Makes it an order of a public body, whose signers are looked up.
    pub(super) fn of_a_public_body(mut self) -> Self {
        self.organisation = FJORDVIK.to_owned();
        for signer in &mut self.signers {
            signer.signature_type = None;
            signer.notifications = Some(Notifications::Lookup);
        }
        self
    }

    /// Creates the example's job, advanced to `now`.
    pub(super) fn job(self, now: OffsetDateTime) -> Job {
        let mut job = Job::new(1, self, now);
        job.advance(now, &Contacts::default());
        job
    }
}

impl Job {
    /// Returns the status of the job and of its signers.
    pub(super) fn told(&self) -> (JobStatus, Vec<SignerStatus>) {
        let signers = self.signers.iter().map(|signer| signer.state.status);
        (self.status, signers.collect())
    }
}

/// Creates an example signature.
pub(super) fn signature(order: &Order, at: OffsetDateTime) -> Signature {
    let authority = EndUserAuthority::generate(at).unwrap();
    Signature::make(order, "Ragna Fjordvik", &authority, at).unwrap()
}
