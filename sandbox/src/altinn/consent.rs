//! Stored request and its life: created, then accepted or rejected, an accepted one possibly
//! revoked. Events record its history, and determine the status. Expiry changes no status.

use time::OffsetDateTime;
use uuid::Uuid;

use super::checks::CheckedDraft;
use super::draft::Draft;
use super::party::Party;
use super::problem::{self, Problem};
use super::register;

/// Consent request, answered or not.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) draft: Draft,
    pub(super) handled_by: Option<Party>,
    /// Name of the template, fixed at creation.
    pub(super) template: &'static str,
    pub(super) events: Vec<Event>,
}

/// Event in the life of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) created: OffsetDateTime,
    pub(super) performed_by: Party,
    pub(super) kind: EventKind,
}

/// Kind of an event. `Expired` is never stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EventKind {
    Created,
    Accepted,
    Rejected,
    Revoked,
    Expired,
}

impl EventKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Accepted => "Accepted",
            Self::Rejected => "Rejected",
            Self::Revoked => "Revoked",
            Self::Expired => "Expired",
        }
    }
}

impl Request {
    pub(super) fn new(checked: CheckedDraft, caller: Party, now: OffsetDateTime) -> Self {
        let CheckedDraft {
            draft,
            handled_by,
            template,
        } = checked;
        let created = Event::new(EventKind::Created, caller, now);
        Self {
            draft,
            handled_by,
            template,
            events: vec![created],
        }
    }

    /// Returns the status: that of the latest event.
    pub(super) fn status(&self) -> EventKind {
        self.events
            .last()
            .map_or(EventKind::Created, |event| event.kind)
    }

    /// Returns the time of acceptance.
    pub(super) fn consented(&self) -> Option<OffsetDateTime> {
        self.event(EventKind::Accepted).map(|event| event.created)
    }

    pub(super) fn event(&self, kind: EventKind) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind)
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.draft.valid_to <= now
    }

    /// Returns the request as it was known at `moment`; the creation is always known.
    pub(super) fn as_seen(&self, moment: OffsetDateTime) -> Self {
        let mut seen = self.clone();
        seen.events
            .retain(|event| event.kind == EventKind::Created || event.created <= moment);
        seen
    }

    /// Checks that the person may answer: by a role for the party, and as the person that the
    /// request names.
    pub(super) fn authorise(&self, person: &Party) -> Result<(), Problem> {
        let required = self.draft.required_delegator.as_ref();
        let named = required.is_none_or(|required| required == person);
        match person {
            Party::Person(number) if named && register::may_answer(number, &self.draft.from) => {
                Ok(())
            }
            _ => Err(problem::NOT_AUTHORISED),
        }
    }

    pub(super) fn accept(&mut self, person: &Party, now: OffsetDateTime) -> Result<(), Problem> {
        self.authorise(person)?;
        match self.status() {
            EventKind::Accepted => Ok(()),
            EventKind::Created if self.is_expired(now) => {
                Err(Problem::validation(vec![problem::time_passed("ValidTo")]))
            }
            EventKind::Created => self.happen(EventKind::Accepted, person, now),
            _ => Err(problem::CANNOT_ACCEPT),
        }
    }

    pub(super) fn reject(&mut self, person: &Party, now: OffsetDateTime) -> Result<(), Problem> {
        self.authorise(person)?;
        match self.status() {
            EventKind::Rejected => Ok(()),
            EventKind::Created => self.happen(EventKind::Rejected, person, now),
            _ => Err(problem::CANNOT_REJECT),
        }
    }

    /// Revokes the consent. Any person with a role for the party may, even if the request named the
    /// person to answer.
    pub(super) fn revoke(&mut self, person: &Party, now: OffsetDateTime) -> Result<(), Problem> {
        match person {
            Party::Person(number) if register::may_answer(number, &self.draft.from) => {}
            _ => return Err(problem::NOT_AUTHORISED),
        }
        match self.status() {
            EventKind::Revoked => Ok(()),
            EventKind::Accepted => self.happen(EventKind::Revoked, person, now),
            _ => Err(problem::CANNOT_REVOKE),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "each transition ends in it")]
    fn happen(
        &mut self,
        kind: EventKind,
        person: &Party,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        self.events.push(Event::new(kind, person.clone(), now));
        Ok(())
    }

    /// Lists all reasons against a token for this consent.
    pub(super) fn obstacles(&self, from: &str, now: OffsetDateTime) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.draft.from.to_string() != from {
            problems.push(problem::PARTY_MISMATCH);
        }
        if self.is_expired(now) {
            problems.push(problem::EXPIRED);
        }
        match self.status() {
            EventKind::Revoked => problems.push(problem::REVOKED),
            EventKind::Accepted => {}
            _ => problems.push(problem::NOT_ACCEPTED),
        }
        problems
    }
}

impl Event {
    fn new(kind: EventKind, performed_by: Party, now: OffsetDateTime) -> Self {
        // Microseconds, as in the database.
        let created = now
            .replace_nanosecond(now.microsecond().saturating_mul(1000))
            .unwrap_or(now);
        Self {
            id: Uuid::new_v4(),
            created,
            performed_by,
            kind,
        }
    }

    /// Builds the event of an expired request.
    pub(super) fn expired(request: &Request) -> Self {
        Self {
            id: Uuid::from_u128(!request.draft.id.as_u128()),
            created: request.draft.valid_to,
            performed_by: request.draft.to.clone(),
            kind: EventKind::Expired,
        }
    }
}
