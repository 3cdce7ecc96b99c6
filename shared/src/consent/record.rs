//! What is stored: one record for each consent, and one ticket for each way back from Altinn. What holds a
//! number or a customer as plain text has no `Debug`.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::service::Service;
use crate::altinn::{Asked, Outcome, Right};
use crate::context::Context;
use crate::party::{Environment, OrganisationNumber, Party};
use crate::platform::Platform;
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
    /// When Altinn was last asked for whoever asks us, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<i64>,
    /// Altinn did not know the request when it was last asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_unknown: bool,
}

/// Maximum age of Altinn's confirmation of an active consent. A status request that finds an older one asks Altinn
/// again.
const FRESH: Duration = Duration::minutes(1);

/// Altinn is asked about one consent, or for one browser that comes back, at most once in this time.
const LOOK_PAUSE: Duration = Duration::seconds(5);

impl Record {
    pub(super) const fn new(request: Request, outcome: Outcome, now: OffsetDateTime) -> Self {
        Self {
            request,
            page: None,
            outcome,
            checked_at: now.unix_timestamp(),
            looked_at: None,
            is_unknown: false,
        }
    }

    /// Returns whether to ask Altinn: the outcome may have changed, and no other request has just asked.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        let may_have_changed = match self.outcome(now) {
            Outcome::Pending => true,
            Outcome::Granted => since(self.checked_at, now) >= FRESH,
            Outcome::Rejected | Outcome::Revoked | Outcome::Expired => false,
        };
        may_have_changed && has_rested(self.looked_at, now)
    }

    /// Notes that Altinn is asked now.
    pub(super) const fn look(&mut self, now: OffsetDateTime) {
        self.looked_at = Some(now.unix_timestamp());
    }

    /// Notes that Altinn does not know the request.
    pub(super) const fn lose(&mut self) {
        self.is_unknown = true;
    }

    /// Returns whether Altinn knew the request when last asked.
    pub(super) const fn is_known_to_altinn(&self) -> bool {
        !self.is_unknown
    }

    /// Returns whether the party can still answer, as far as is known here.
    pub(super) fn is_open(&self, now: OffsetDateTime) -> bool {
        self.outcome(now) == Outcome::Pending && !self.is_unknown
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

    /// Takes Altinn's word.
    pub(super) const fn settle(&mut self, outcome: Outcome, now: OffsetDateTime) {
        self.outcome = outcome;
        self.checked_at = now.unix_timestamp();
        self.is_unknown = false;
    }
}

/// Returns the time from `seconds`, in Unix time, to `now`.
const fn since(seconds: i64, now: OffsetDateTime) -> Duration {
    Duration::seconds(now.unix_timestamp().saturating_sub(seconds))
}

/// Returns whether [`LOOK_PAUSE`] has passed since the last lookup. A lookup that lies at least as far in the future,
/// because the clock was set back, counts as long enough ago.
fn has_rested(looked_at: Option<i64>, now: OffsetDateTime) -> bool {
    looked_at.is_none_or(|looked_at| {
        let since = since(looked_at, now);
        since >= LOOK_PAUSE || since <= -LOOK_PAUSE
    })
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
    /// Address to which the browser returns after the answer.
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
            valid_to: now.saturating_add(service.valid_for).unix_timestamp(),
            asked_by: asker.subject.expose().clone(),
            return_address: asker.return_address.as_str().to_owned(),
        }
    }

    /// Returns whether the request sends the browser to the return address of `asker`. The external service has one
    /// redirect address for each request, so askers with different return addresses have separate requests.
    pub(super) fn leads_home(&self, asker: &Asker<'_>) -> bool {
        self.return_address == asker.return_address.as_str()
    }

    /// Returns the request with marks that name the customer who asked last.
    pub(super) fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        consumer: &OrganisationNumber,
    ) -> Context<'a, P> {
        context.for_customer(consumer, &self.asked_by)
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
    /// When Altinn was last asked for a browser that came back with it, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<i64>,
}

impl Ticket {
    pub(super) fn new(key: &Key<'_>, request: Request) -> Self {
        Self {
            party: key.party.expose().to_owned(),
            service: key.service.to_owned(),
            request,
            looked_at: None,
        }
    }

    /// Returns whether Altinn may be asked for the browser that has come back.
    pub(super) fn may_look(&self, now: OffsetDateTime) -> bool {
        has_rested(self.looked_at, now)
    }

    /// Notes that Altinn is asked now.
    pub(super) const fn look(&mut self, now: OffsetDateTime) {
        self.looked_at = Some(now.unix_timestamp());
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
