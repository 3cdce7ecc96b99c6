//! Stored rows: one record for each consent, and one ticket for each redirect URI. Types that hold
//! a number or a customer as plain text have no `Debug`.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use innsyn_core::context::Context;
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::Platform;
use innsyn_core::reference::Reference;
use innsyn_core::secret::Secret;
use innsyn_protocols::altinn::{ConsentRequest, Outcome, Right, Subject};
use innsyn_runtime::return_address::{Journey, ReturnAddress};

/// Key of a consent and its record: the subject, and the name of the service in the app's API.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Name of the service.
    pub service: &'a str,
    /// Parties and right.
    pub subject: Subject<'a>,
}

/// Stored state of one consent.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) request: Request,
    /// Address where the party answers; `None` until Altinn has returned it.
    pub(super) page: Option<String>,
    outcome: Outcome,
    /// Time at which Altinn last confirmed the outcome, in Unix seconds.
    checked_at: i64,
    /// Time of the last lookup for any caller, successful or not, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<i64>,
    /// True if Altinn did not know the request at the last lookup.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_unknown: bool,
}

/// Maximum age of Altinn's confirmation of an active consent. A status request that finds an older
/// one asks Altinn again.
const FRESH: Duration = Duration::minutes(1);

/// Minimum interval between two lookups of one consent, or for one returning browser.
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

    /// Returns whether to ask Altinn: the outcome may have changed, and no other request has just
    /// asked.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        let may_have_changed = match self.outcome(now) {
            Outcome::Pending => true,
            Outcome::Granted => since(self.checked_at, now) >= FRESH,
            Outcome::Rejected | Outcome::Revoked | Outcome::Expired => false,
        };
        may_have_changed && has_rested(self.looked_at, now)
    }

    /// Records that a lookup is made now.
    pub(super) const fn look(&mut self, now: OffsetDateTime) {
        self.looked_at = Some(now.unix_timestamp());
    }

    /// Records that Altinn does not know the request.
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

    /// Returns the known outcome of the consent at `now`.
    pub(super) fn outcome(&self, now: OffsetDateTime) -> Outcome {
        match self.outcome {
            Outcome::Pending | Outcome::Granted if self.request.valid_to() <= now => {
                Outcome::Expired
            }
            outcome => outcome,
        }
    }

    /// Stores the outcome that Altinn has returned.
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

/// Returns whether [`LOOK_PAUSE`] has passed since the last lookup. A lookup that lies at least as
/// far in the future, because the clock was set back, counts as long enough ago.
fn has_rested(looked_at: Option<i64>, now: OffsetDateTime) -> bool {
    looked_at.is_none_or(|looked_at| {
        let since = since(looked_at, now);
        since >= LOOK_PAUSE || since <= -LOOK_PAUSE
    })
}

/// Stored consent request: contents, requester and return address.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Request {
    /// Id of the consent, chosen by the app.
    pub(super) id: String,
    /// Altinn's own name for the request, if it uses another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handle: Option<String>,
    pub(super) right: Right,
    /// Time until which the consent is valid, in Unix seconds.
    valid_to: i64,
    /// Login service's `sub` of the first requester.
    asked_by: String,
    /// Address to which the browser returns after the answer.
    return_address: String,
    /// Consumer's own reference, which is in the events about the consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<Reference>,
}

impl Request {
    pub(super) fn new(
        id: String,
        right: &Right,
        requester: &Requester<'_>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            handle: None,
            right: right.clone(),
            valid_to: now.saturating_add(requester.valid_for).unix_timestamp(),
            asked_by: requester.subject.expose().clone(),
            return_address: requester.return_address.as_str().to_owned(),
            reference: requester.reference.cloned(),
        }
    }

    /// Returns whether the request sends the browser to the return address of `requester`. The external
    /// service has one redirect address for each request, so askers with different return addresses
    /// have separate requests.
    pub(super) fn leads_home(&self, requester: &Requester<'_>) -> bool {
        self.return_address == requester.return_address.as_str()
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

    /// Returns the request in the form that Altinn knows.
    pub(super) fn requested<'a>(&'a self, key: &Key<'a>) -> ConsentRequest<'a> {
        ConsentRequest {
            id: &self.id,
            handle: self.handle.as_deref(),
            subject: Subject {
                right: &self.right,
                ..key.subject
            },
            valid_to: self.valid_to(),
        }
    }
}

/// Requester of a consent, with the contents that only a new request needs.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// Login service's `sub` of the customer.
    pub subject: &'a Secret<String>,
    /// Return address, checked against the allow-list.
    pub return_address: &'a ReturnAddress,
    /// Registered name of the party, if the app sends it. It is not stored.
    pub party_name: Option<&'a Secret<String>>,
    /// Consumer's own reference.
    pub reference: Option<&'a Reference>,
    /// Validity period of a new consent.
    pub valid_for: Duration,
}

/// Ticket of a redirect URI, found by its state. It holds everything needed to settle its request,
/// even after another request has overwritten the record.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Ticket {
    party: String,
    service: String,
    pub(super) request: Request,
    /// Time of the last lookup for a returning browser, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<i64>,
}

impl Ticket {
    pub(super) fn new(key: &Key<'_>, request: Request) -> Self {
        Self {
            party: key.subject.party.expose().to_owned(),
            service: key.service.to_owned(),
            request,
            looked_at: None,
        }
    }

    /// Returns whether Altinn may be asked for the browser that has come back.
    pub(super) fn may_look(&self, now: OffsetDateTime) -> bool {
        has_rested(self.looked_at, now)
    }

    /// Records that a lookup is made now.
    pub(super) const fn look(&mut self, now: OffsetDateTime) {
        self.looked_at = Some(now.unix_timestamp());
    }

    pub(super) fn party(&self, environment: Environment) -> Option<Party> {
        Party::parse(&self.party, environment).ok()
    }

    pub(super) fn key<'a>(&'a self, consumer: &'a OrganisationNumber, party: &'a Party) -> Key<'a> {
        Key::new(consumer, party, &self.service, &self.request.right)
    }
}

impl<'a> Key<'a> {
    pub(super) const fn new(
        consumer: &'a OrganisationNumber,
        party: &'a Party,
        service: &'a str,
        right: &'a Right,
    ) -> Self {
        let subject = Subject {
            consumer,
            party,
            right,
        };
        Self { service, subject }
    }

    /// Returns the parts of the record's name. The resource is not among them: if the configuration
    /// changes it, the record is unusable, and a new one replaces it.
    pub(super) fn parts(&self) -> [String; 3] {
        let subject = self.subject;
        let metadata = serde_json::to_string(&subject.right.folded_metadata()).unwrap_or_default();
        [
            subject.party.expose().to_owned(),
            self.service.to_owned(),
            metadata,
        ]
    }
}
