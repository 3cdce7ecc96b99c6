//! A request for consent and its life: unopened, opened, then accepted or rejected, and never anything else: that a
//! consent is withdrawn, given up, used or has run out shows at the token endpoint alone.
//!
//! Sources: Altinn, "Forespørsler", "Hente token", "Logge bruk".

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::draft::Draft;
use super::party;
use super::status::{Answer, Status};

/// A request, answered or not.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// `AuthorizationCode`: the handle for as long as the consent lasts.
    pub(super) code: Uuid,
    pub(super) draft: Draft,
    /// By a link: the consumer did not ask the interface.
    pub(super) by_link: bool,
    pub(super) created: OffsetDateTime,
    opened: Option<OffsetDateTime>,
    answered: Option<(OffsetDateTime, Answer)>,
    ended: Option<Ending>,
}

/// Why a consent that was given holds no longer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// By the person.
    Withdrawn,
    /// By the consumer.
    GivenUp,
    /// By the one use it was for.
    Used,
}

/// Why a person's wish is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Obstacle {
    /// The request names who is to answer; who that is is not told.
    AnotherPerson,
    /// The person has no role for the party.
    NoAccess,
    /// It is answered.
    Answered,
    /// Its time is out.
    Expired,
    /// There is no consent in force that a person can withdraw.
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

    /// The status.
    pub(super) fn status(&self) -> Status {
        match (self.answered, self.opened) {
            (Some((_, answer)), _) => Status::Answered(answer),
            (None, Some(_)) => Status::Opened,
            (None, None) => Status::Unopened,
        }
    }

    /// When the status was last another.
    pub(super) fn last_changed(&self) -> OffsetDateTime {
        let answered = self.answered.map(|(moment, _)| moment);
        answered.or(self.opened).unwrap_or(self.created)
    }

    /// When it was given, if it was.
    pub(super) fn delegated(&self) -> Option<OffsetDateTime> {
        match self.answered {
            Some((moment, Answer::Accepted)) => Some(moment),
            _ => None,
        }
    }

    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.draft.valid_to <= now
    }

    /// Given, and neither ended nor run out.
    pub(super) fn is_in_force(&self, now: OffsetDateTime) -> bool {
        self.delegated().is_some() && self.ended.is_none() && !self.is_expired(now)
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.ended
    }

    pub(super) fn is_one_time(&self) -> bool {
        self.draft.parts.iter().any(|part| part.service.one_time)
    }

    /// The same, as it is known to whoever learns of answers `lag` later.
    pub(super) fn as_seen(&self, now: OffsetDateTime, lag: Duration) -> Self {
        let mut seen = self.clone();
        seen.answered = seen
            .answered
            .filter(|(moment, _)| moment.saturating_add(lag) <= now);
        seen
    }

    /// The page is shown.
    pub(super) fn open(&mut self, now: OffsetDateTime) {
        self.opened = self.opened.or(Some(now));
    }

    /// The person may answer: by a role for the party, and as the one that the request names.
    pub(super) fn authorise(&self, person: &str) -> Result<(), Obstacle> {
        match &self.draft.required_delegator {
            Some(required) if required != person => Err(Obstacle::AnotherPerson),
            _ if !party::may_answer(person, &self.draft.offered_by) => Err(Obstacle::NoAccess),
            _ => Ok(()),
        }
    }

    pub(super) fn answer(
        &mut self,
        answer: Answer,
        person: &str,
        now: OffsetDateTime,
    ) -> Result<(), Obstacle> {
        self.authorise(person)?;
        if self.answered.is_some() {
            return Err(Obstacle::Answered);
        }
        if self.is_expired(now) {
            return Err(Obstacle::Expired);
        }
        self.open(now);
        self.answered = Some((now, answer));
        Ok(())
    }

    /// By the person; a consent for one use cannot be withdrawn.
    pub(super) fn withdraw(&mut self, person: &str, now: OffsetDateTime) -> Result<(), Obstacle> {
        if !party::may_answer(person, &self.draft.offered_by) {
            return Err(Obstacle::NoAccess);
        }
        if !self.is_in_force(now) || self.is_one_time() {
            return Err(Obstacle::NotInForce);
        }
        self.ended = Some(Ending::Withdrawn);
        Ok(())
    }

    /// By the consumer. False when there is nothing to give up.
    pub(super) fn give_up(&mut self, now: OffsetDateTime) -> bool {
        let holds = self.is_in_force(now);
        if holds {
            self.ended = Some(Ending::GivenUp);
        }
        holds
    }

    /// The service is used. False when the consent does not hold, or not for this service.
    pub(super) fn log_use(&mut self, code: &str, edition: u64, now: OffsetDateTime) -> bool {
        let mut parts = self.draft.parts.iter();
        let part = parts
            .find(|part| part.service.code == code && u64::from(part.service.edition) == edition);
        let Some(part) = part.filter(|_| self.is_in_force(now)) else {
            return false;
        };
        if part.service.one_time {
            self.ended = Some(Ending::Used);
        }
        true
    }
}
