//! A stored request and its life: created, then accepted or rejected, an accepted one perhaps revoked.
//! What happened is kept as events; the status is read from them. Running out changes no status.

use time::OffsetDateTime;
use uuid::Uuid;

use super::checks::Checked;
use super::draft::Draft;
use super::party::Party;
use super::problem::{self, Problem};
use super::register;

/// A request for consent, answered or not.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) draft: Draft,
    pub(super) handled_by: Option<Party>,
    /// Frozen at creation.
    pub(super) template: &'static str,
    pub(super) events: Vec<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) created: OffsetDateTime,
    pub(super) performed_by: Party,
    pub(super) kind: EventKind,
}

/// What happened. `Expired` is never stored.
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
    pub(super) fn new(checked: Checked, caller: Party, now: OffsetDateTime) -> Self {
        let Checked {
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

    /// The status: the last thing that happened.
    pub(super) fn status(&self) -> EventKind {
        self.events
            .last()
            .map_or(EventKind::Created, |event| event.kind)
    }

    /// When it was accepted.
    pub(super) fn consented(&self) -> Option<OffsetDateTime> {
        self.event(EventKind::Accepted).map(|event| event.created)
    }

    pub(super) fn event(&self, kind: EventKind) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind)
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.draft.valid_to <= now
    }

    /// The same, as it was known at `moment`; the creation is always known.
    pub(super) fn as_seen(&self, moment: OffsetDateTime) -> Self {
        let mut seen = self.clone();
        seen.events
            .retain(|event| event.kind == EventKind::Created || event.created <= moment);
        seen
    }

    /// The person may answer: by a role for the party, and as the one that the request names.
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

    /// Anyone with a role for the party may revoke, also where the request named who was to answer.
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

    /// Everything that stands between this consent and a token for it.
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
        // Kept with microseconds, as the database does.
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

    /// What is shown of a request that has run out.
    pub(super) fn expired(request: &Request) -> Self {
        Self {
            id: Uuid::from_u128(!request.draft.id.as_u128()),
            created: request.draft.valid_to,
            performed_by: request.draft.to.clone(),
            kind: EventKind::Expired,
        }
    }
}
