//! Stored rows of an order. Types that hold a number or a customer as plain text have no `Debug`.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::reference::Reference;
use innsyn_core::secret::Secret;
use innsyn_protocols::posten::answer::Created;
use innsyn_protocols::posten::job::{Job, Plan, Signer};
use innsyn_protocols::posten::{Address, Flow, Identity};
use innsyn_runtime::return_address::{Journey, ReturnAddress};

use super::placement::{OrderedBy, Placement, TemplateId};

/// Default lifetime of a direct job, and of a group in the portal flow (signering-docs,
/// "Portalflyt").
const USUAL_TIME: Duration = Duration::days(30);

/// Retention of a row after the last day on which a signer can sign. Posten keeps the documents for
/// 40 days (signering-docs, "Lagring").
pub(super) const AFTERMATH: Duration = Duration::days(60);

/// Stored order with its customer. Rows of an older release lack the members with a default.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Record {
    /// Id of the job; empty in rows of earlier releases.
    #[serde(default)]
    id: String,
    /// Login service's `sub` of the customer whose job it is.
    asked_by: String,
    pub(super) flow: Flow,
    /// Signers in the sequence of the order: the index is the signer's number in this API.
    pub(super) signers: Vec<Identity>,
    return_address: Option<String>,
    /// Expiry of the rows, in Unix seconds.
    until: i64,
    /// Posten's response; `None` while it is not known.
    pub(super) made: Option<CreatedJob>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(default)]
    ordered_by: OrderedBy,
    /// Time of the order, in Unix seconds.
    #[serde(default)]
    ordered_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<TemplateId>,
    /// Slots of the job in the lists of orders.
    #[serde(default)]
    pub(super) slots: Slots,
    /// SHA-256 of the sealed package in hexadecimal, if the order asked for its return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) package_sha256: Option<String>,
}

/// Slots that a job owns in the lists of orders. An abandoned slot is in no record.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Slots {
    /// Slot among the orders of its hour.
    pub(super) hour: Option<u32>,
    /// Slot among the orders with its reference.
    pub(super) reference: Option<u32>,
}

/// Posten's response to the order.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct CreatedJob {
    pub(super) job_id: i64,
    pub(super) status: Option<Address>,
    pub(super) cancellation: Option<Address>,
    /// Addresses that create a new redirect URL, by the signer's number.
    pub(super) signers: Vec<Option<Address>>,
}

impl Record {
    pub(super) fn new(
        job: &Job,
        placement: &Placement<'_>,
        return_address: Option<&ReturnAddress>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: job.reference.clone(),
            asked_by: placement.subject.expose().clone(),
            flow: job.flow(),
            signers: job.signers.iter().map(Signer::identity).collect(),
            return_address: return_address.map(|address| address.as_str().to_owned()),
            until: over_at(job, now).saturating_add(AFTERMATH).unix_timestamp(),
            made: None,
            reference: placement.reference.clone(),
            ordered_by: placement.ordered_by.clone(),
            ordered_at: Some(now.unix_timestamp()),
            template: placement.template.clone(),
            slots: Slots::default(),
            package_sha256: None,
        }
    }

    /// Returns the bank's reference.
    pub(super) const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Returns the party that placed the order.
    pub(super) const fn ordered_by(&self) -> &OrderedBy {
        &self.ordered_by
    }

    /// Returns the time of the order; `None` for one placed at an older release.
    pub(super) fn ordered_at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.ordered_at?).ok()
    }

    /// Returns the login service's `sub` of the customer whose job it is.
    pub(super) fn subject(&self) -> &str {
        &self.asked_by
    }

    /// Returns the template from which the job was ordered.
    pub(super) const fn template(&self) -> Option<&TemplateId> {
        self.template.as_ref()
    }

    /// Returns the id of the job; `None` in a row of an earlier release.
    pub(super) fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| is_id(id))
    }

    pub(super) fn is_of(&self, subject: &Secret<String>) -> bool {
        self.asked_by == *subject.expose()
    }

    /// Returns the request with marks that name the customer who ordered.
    pub(super) fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        consumer: &OrganisationNumber,
    ) -> Context<'a, P> {
        context.for_customer(consumer, &self.asked_by)
    }

    pub(super) fn until(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.until).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    pub(super) fn return_address(&self) -> Option<ReturnAddress> {
        ReturnAddress::from_row(self.return_address.as_deref()?, Journey::Signature)
    }

    /// Stores Posten's response, in which the order of the signers has no meaning.
    pub(super) fn take(&mut self, created: &Created) {
        let address = |who: &Identity| {
            let mut signers = created.signers.iter();
            let signer = signers.find(|signer| signer.who == *who)?;
            Some(signer.address.clone())
        };
        self.made = Some(CreatedJob {
            job_id: created.job_id,
            status: created.status.clone(),
            cancellation: created.cancellation.clone(),
            signers: self.signers.iter().map(address).collect(),
        });
    }
}

/// Returns the SHA-256 of `bytes` in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let hash = hmac_sha256::Hash::hash(bytes);
    let halves = hash.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    let digits = halves.filter_map(|half| char::from_digit(u32::from(half), 16));
    digits.collect()
}

/// Returns the last moment at which a signer can sign.
fn over_at(job: &Job, now: OffsetDateTime) -> OffsetDateTime {
    match &job.plan {
        Plan::Direct { .. } => now.saturating_add(USUAL_TIME),
        Plan::Portal {
            activation,
            available,
        } => {
            let start = activation.map_or(now, |activation| activation.max(now));
            let mut groups: Vec<u8> = job.signers.iter().map(|signer| signer.order).collect();
            groups.sort_unstable();
            groups.dedup();
            let groups = i32::try_from(groups.len()).unwrap_or(1);
            let each = available.unwrap_or(USUAL_TIME);
            start.saturating_add(each.saturating_mul(groups))
        }
    }
}

/// Ticket, found by the state in an exit address.
#[derive(Deserialize, Serialize)]
pub(super) struct Ticket {
    /// Id of the job.
    pub(super) id: String,
}

/// Returns a new id: 128 bits in letters from `a` to `p`. It is also the job's reference at Posten,
/// which must not look like a national identity number; without digits it cannot.
pub(super) fn random_id(platform: &impl Platform) -> String {
    let mut bytes = [0_u8; ID_LENGTH / 2];
    platform.random(&mut bytes);
    id_of(bytes)
}

/// Returns the id with these random bytes.
pub(super) fn id_of(bytes: [u8; ID_LENGTH / 2]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    nibbles
        .map(|nibble| char::from(b'a'.saturating_add(nibble)))
        .collect()
}

const ID_LENGTH: usize = 32;

/// Returns whether `text` has the form of an id from [`random_id`].
pub(super) fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| (b'a'..=b'p').contains(&byte))
}
