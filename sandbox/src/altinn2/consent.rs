//! Request for consent and its life: unopened, opened, then accepted or rejected, and never
//! anything else. Withdrawal, surrender, use and expiry of a consent appear at the token endpoint
//! alone.
//!
//! Sources: Altinn, "Forespørsler", "Hente token", "Logge bruk".

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::draft::Draft;
use super::status::{Answer, Status};
use crate::population::may_act_for;

/// Consent request, answered or not.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// `AuthorizationCode`: the handle for as long as the consent lasts.
    pub(super) code: Uuid,
    pub(super) draft: Draft,
    /// True for a consent by link: the consumer did not call the interface.
    pub(super) by_link: bool,
    pub(super) created: OffsetDateTime,
    opened: Option<OffsetDateTime>,
    answered: Option<(OffsetDateTime, Answer)>,
    ended: Option<EndReason>,
}

/// Reason why a consent is no longer in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EndReason {
    /// Withdrawn by the person.
    Withdrawn,
    /// Given up by the consumer.
    GivenUp,
    /// Used: a one-time consent ends with its use.
    Used,
}

/// Reason for refusing a person's answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AnswerRefusal {
    /// The request names the person who is to answer, whose identity is not disclosed.
    AnotherPerson,
    /// The person has no role for the party.
    NoAccess,
    /// The request has been answered.
    Answered,
    /// The request has expired.
    Expired,
    /// The consent is not in force, so that a person cannot withdraw it.
    NotInForce,
}

impl Consent {
    pub(super) fn new(draft: Draft, by_link: bool, now: OffsetDateTime) -> Self {
        Self {
            code: Uuid::new_v4(),
            draft,
            by_link,
            created: now,
            opened: None,
            answered: None,
            ended: None,
        }
    }

    /// Returns the status.
    pub(super) fn status(&self) -> Status {
        match (self.answered, self.opened) {
            (Some((_, answer)), _) => Status::Answered(answer),
            (None, Some(_)) => Status::Opened,
            (None, None) => Status::Unopened,
        }
    }

    /// Returns the time of the last change of status.
    pub(super) fn last_changed(&self) -> OffsetDateTime {
        let answered = self.answered.map(|(moment, _)| moment);
        answered.or(self.opened).unwrap_or(self.created)
    }

    /// Returns when it was given, if it was.
    pub(super) fn delegated(&self) -> Option<OffsetDateTime> {
        match self.answered {
            Some((moment, Answer::Accepted)) => Some(moment),
            _ => None,
        }
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.draft.valid_to <= now
    }

    /// Returns whether the consent is given, and neither ended nor expired.
    pub(super) fn is_in_force(&self, now: OffsetDateTime) -> bool {
        self.delegated().is_some() && self.ended.is_none() && !self.is_expired(now)
    }

    pub(super) fn ending(&self) -> Option<EndReason> {
        self.ended
    }

    pub(super) fn is_one_time(&self) -> bool {
        self.draft.parts.iter().any(|part| part.service.one_time)
    }

    /// Returns the consent as it is known to a reader who learns of answers `lag` later.
    pub(super) fn as_seen(&self, now: OffsetDateTime, lag: Duration) -> Self {
        let mut seen = self.clone();
        seen.answered = seen
            .answered
            .filter(|(moment, _)| moment.saturating_add(lag) <= now);
        seen
    }

    /// Records that the person opened the page.
    pub(super) fn open(&mut self, now: OffsetDateTime) {
        self.opened = self.opened.or(Some(now));
    }

    /// Checks that the person may answer: by a role for the party, and as the person that the
    /// request names.
    pub(super) fn authorise(&self, person: &str) -> Result<(), AnswerRefusal> {
        match &self.draft.required_delegator {
            Some(required) if required != person => Err(AnswerRefusal::AnotherPerson),
            _ if !may_act_for(person, &self.draft.offered_by) => Err(AnswerRefusal::NoAccess),
            _ => Ok(()),
        }
    }

    pub(super) fn answer(
        &mut self,
        answer: Answer,
        person: &str,
        now: OffsetDateTime,
    ) -> Result<(), AnswerRefusal> {
        self.authorise(person)?;
        if self.answered.is_some() {
            return Err(AnswerRefusal::Answered);
        }
        if self.is_expired(now) {
            return Err(AnswerRefusal::Expired);
        }
        self.open(now);
        self.answered = Some((now, answer));
        Ok(())
    }

    /// Withdraws the consent as the person; a consent for one use cannot be withdrawn.
    pub(super) fn withdraw(
        &mut self,
        person: &str,
        now: OffsetDateTime,
    ) -> Result<(), AnswerRefusal> {
        if !may_act_for(person, &self.draft.offered_by) {
            return Err(AnswerRefusal::NoAccess);
        }
        if !self.is_in_force(now) || self.is_one_time() {
            return Err(AnswerRefusal::NotInForce);
        }
        self.ended = Some(EndReason::Withdrawn);
        Ok(())
    }

    /// Ends the consent on the consumer's behalf. Returns false if there is none to end.
    pub(super) fn give_up(&mut self, now: OffsetDateTime) -> bool {
        let holds = self.is_in_force(now);
        if holds {
            self.ended = Some(EndReason::GivenUp);
        }
        holds
    }

    /// Records a use of the service. Returns false if the consent is not valid, or not for this
    /// service.
    pub(super) fn log_use(&mut self, code: &str, edition: u64, now: OffsetDateTime) -> bool {
        let mut parts = self.draft.parts.iter();
        let part = parts
            .find(|part| part.service.code == code && u64::from(part.service.edition) == edition);
        let Some(part) = part.filter(|_| self.is_in_force(now)) else {
            return false;
        };
        if part.service.one_time {
            self.ended = Some(EndReason::Used);
        }
        true
    }
}
