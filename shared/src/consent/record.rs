//! What is stored: one record for each consent, and one ticket for each way back from Altinn. What holds a
//! number or a customer as plain text has no `Debug`.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::service::Service;
use crate::altinn::{Asked, Outcome, Right};
use crate::party::{Environment, OrganisationNumber, Party};
use crate::return_address::{Journey, ReturnAddress};
use crate::secret::Secret;

/// Whose consent, to whom, to what.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Who receives the data.
    pub consumer: &'a OrganisationNumber,
    /// Whose data.
    pub party: &'a Party,
    /// What the consent is to.
    pub service: &'a Service,
}

/// How one consent stands.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) request: Request,
    /// Where the party answers; `None` until Altinn has said so.
    pub(super) page: Option<String>,
    outcome: Outcome,
    /// When Altinn last said so, in Unix seconds.
    checked_at: i64,
}

impl Record {
    pub(super) const fn new(request: Request, outcome: Outcome, now: OffsetDateTime) -> Self {
        Self {
            request,
            page: None,
            outcome,
            checked_at: now.unix_timestamp(),
        }
    }

    /// What the consent is worth at `now`, as far as we know.
    pub(super) fn outcome(&self, now: OffsetDateTime) -> Outcome {
        match self.outcome {
            Outcome::Pending | Outcome::Granted if self.request.valid_to() <= now => {
                Outcome::Expired
            }
            outcome => outcome,
        }
    }

    /// How long ago Altinn was asked.
    pub(super) const fn age(&self, now: OffsetDateTime) -> Duration {
        Duration::seconds(now.unix_timestamp().saturating_sub(self.checked_at))
    }

    /// Takes Altinn's word.
    pub(super) const fn settle(&mut self, outcome: Outcome, now: OffsetDateTime) {
        self.outcome = outcome;
        self.checked_at = now.unix_timestamp();
    }
}

/// What was asked for, by whom, and where the browser shall end up.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Request {
    /// The consent's id, which is ours to choose.
    pub(super) id: String,
    /// What Altinn calls it, where Altinn has chosen another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handle: Option<String>,
    pub(super) right: Right,
    /// In Unix seconds.
    valid_to: i64,
    /// The login service's name for who asked first.
    asked_by: String,
    /// Where whoever answers it comes back to.
    return_address: String,
}

impl Request {
    pub(super) fn new(
        id: String,
        service: &Service,
        asker: &Asker<'_>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            handle: None,
            right: service.right.clone(),
            valid_to: (now + service.valid_for).unix_timestamp(),
            asked_by: asker.subject.expose().clone(),
            return_address: asker.return_address.as_str().to_owned(),
        }
    }

    /// Whether it brings `asker` home. The external service has one redirect address for a request, so that askers with
    /// different return addresses have requests of their own.
    pub(super) fn leads_home(&self, asker: &Asker<'_>) -> bool {
        self.return_address == asker.return_address.as_str()
    }

    pub(super) fn valid_to(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.valid_to).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    pub(super) fn return_address(&self) -> Option<ReturnAddress> {
        ReturnAddress::from_row(&self.return_address, Journey::Consent)
    }

    /// The request as Altinn knows it.
    pub(super) fn known(&self, key: &Key<'_>) -> Asked {
        Asked {
            id: self.id.clone(),
            handle: self.handle.clone(),
            from: key.party.clone(),
            party_name: None,
            to: key.consumer.clone(),
            rights: vec![self.right.clone()],
            valid_to: self.valid_to(),
            redirect_address: Secret::new(String::new()),
        }
    }

    /// The request as Altinn is to be asked, with what matters only then.
    pub(super) fn new_to_altinn(
        &self,
        key: &Key<'_>,
        asker: &Asker<'_>,
        redirect_address: String,
    ) -> Asked {
        Asked {
            handle: None,
            party_name: asker.party_name.cloned(),
            redirect_address: Secret::new(redirect_address),
            ..self.known(key)
        }
    }
}

/// Who asks, and where their browser shall end up.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The login service's name for the customer.
    pub subject: &'a Secret<String>,
    /// Checked against the list.
    pub return_address: &'a ReturnAddress,
    /// What the register calls the party, where the app says so. It is not stored.
    pub party_name: Option<&'a Secret<String>>,
}

/// Found by the state in a redirect address. It holds all that is needed to settle its request, also when
/// the record has been overwritten by another.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Ticket {
    party: String,
    service: String,
    pub(super) request: Request,
}

impl Ticket {
    pub(super) fn new(key: &Key<'_>, request: Request) -> Self {
        Self {
            party: key.party.expose().to_owned(),
            service: key.service.to_owned(),
            request,
        }
    }

    pub(super) fn party(&self, environment: Environment) -> Option<Party> {
        Party::parse(&self.party, environment).ok()
    }

    pub(super) fn key<'a>(&'a self, consumer: &'a OrganisationNumber, party: &'a Party) -> Key<'a> {
        Key {
            consumer,
            party,
            service: &self.service,
            right: &self.request.right,
        }
    }
}

/// What tells one record from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    pub(super) consumer: &'a OrganisationNumber,
    pub(super) party: &'a Party,
    service: &'a str,
    pub(super) right: &'a Right,
}

impl<'a> From<Subject<'a>> for Key<'a> {
    fn from(subject: Subject<'a>) -> Self {
        Self {
            consumer: subject.consumer,
            party: subject.party,
            service: &subject.service.name,
            right: &subject.service.right,
        }
    }
}

impl Key<'_> {
    /// The parts of the record's name. The resource is not among them: where the configuration names
    /// another, the record is of no use and gives way to a new one.
    pub(super) fn parts(&self) -> [String; 3] {
        let metadata = serde_json::to_string(&self.right.folded_metadata()).unwrap_or_default();
        [
            self.party.expose().to_owned(),
            self.service.to_owned(),
            metadata,
        ]
    }
}
