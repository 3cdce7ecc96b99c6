//! What a signer does: opens the redirect address, signs, refuses, or fails at it.

use time::OffsetDateTime;

use super::job::{Job, JobStatus, SignerStatus};
use super::life::Obstacle;
use super::order::{Flow, Order, Who};
use super::signature::Signature;
use super::switches::TechnicalFailure;
use super::{Posten, contact};
use crate::altinn::register::{self, Person};
use crate::random;

/// Which signer of which job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ceremony {
    pub(super) job: i64,
    /// Position in the order, from 0.
    pub(super) position: usize,
}

/// What a signer, or something on the signer's way, does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Act {
    Sign,
    Reject,
    /// The ceremony breaks down.
    Fail,
    /// The security code was wrong too often: only for those addressed by contact information.
    Block,
}

/// Why an act came to nothing.
#[derive(Debug)]
pub(super) enum NotDone {
    Unknown,
    NotThisSigner,
    Obstacle(Obstacle),
    /// The sandbox's own trouble.
    Trouble(anyhow::Error),
}

/// Why a redirect address does not open anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Closed {
    Unknown,
    Used,
}

impl Posten {
    /// Opens a redirect address, once; `open` is what the browser has open already.
    pub(super) fn open(
        &self,
        token: &str,
        open: Option<Ceremony>,
        now: OffsetDateTime,
    ) -> Result<Ceremony, Closed> {
        if token.is_empty() {
            return Err(Closed::Unknown);
        }
        let mut state = self.state(now);
        for job in state.jobs.values_mut() {
            for (position, signer) in job.signers.iter_mut().enumerate() {
                let redirect = signer.redirect.as_mut();
                let Some(redirect) = redirect.filter(|redirect| redirect.token == token) else {
                    continue;
                };
                let ceremony = Ceremony {
                    job: job.id,
                    position,
                };
                if redirect.used && open != Some(ceremony) {
                    return Err(Closed::Used);
                }
                redirect.used = true;
                return Ok(ceremony);
            }
        }
        Err(Closed::Unknown)
    }

    /// Does it as `person`, or as whoever may when nobody is named. In the direct flow, gives the address
    /// that the browser goes back to. May make an RSA key: not for an async thread.
    pub(super) fn act(
        &self,
        ceremony: Ceremony,
        person: Option<&'static Person>,
        act: Act,
        now: OffsetDateTime,
    ) -> Result<Option<String>, NotDone> {
        let Ceremony { job, position } = ceremony;
        let mut state = self.state(now);
        let switches = state.switches.clone();
        let job = state.jobs.get_mut(&job).ok_or(NotDone::Unknown)?;
        let ordered = job.order.signers.get(position).ok_or(NotDone::Unknown)?;
        let person = match (&ordered.who, person) {
            (Who::Number(number), Some(person)) if number != person.number => {
                return Err(NotDone::NotThisSigner);
            }
            (Who::Number(number), None) => register::person(number),
            (_, person) => person,
        };
        job.may_act(position)?;
        match act {
            Act::Sign => match contact::name(&job.order, ordered, person) {
                Some(name) => {
                    let authority = &self.end_users;
                    let signature = Signature::make(&job.order, &name, authority, now);
                    let signature = signature.map_err(NotDone::Trouble)?;
                    job.sign(position, signature, &switches.contacts)?;
                }
                None => job.fail(position, SignerStatus::SignersNameNotAvailable, now)?,
            },
            Act::Reject => job.fail(position, SignerStatus::Rejected, now)?,
            Act::Fail if !job.is_direct() => return Err(Obstacle::WrongFlow.into()),
            Act::Fail => match switches.technical_failure {
                TechnicalFailure::Retry => job.break_down(position, now)?,
                TechnicalFailure::Ends => job.fail(position, SignerStatus::Failed, now)?,
            },
            Act::Block if !matches!(ordered.who, Who::Contact { .. }) => {
                return Err(Obstacle::WrongFlow.into());
            }
            Act::Block => job.fail(position, SignerStatus::Blocked, now)?,
        }
        leave(job, position).map_err(NotDone::Trouble)
    }
}

/// The exit address for what has become of the signer, with a token to ask for the status with.
fn leave(job: &mut Job, position: usize) -> anyhow::Result<Option<String>> {
    let Flow::Direct { exit, .. } = &job.order.flow else {
        return Ok(None);
    };
    let [completion, rejection, error] = exit;
    let Some(signer) = job.signers.get_mut(position) else {
        return Ok(None);
    };
    let exit = match signer.state.status {
        SignerStatus::Signed => completion,
        SignerStatus::Rejected => rejection,
        _ => error,
    };
    let token = random::token()?;
    let address = with_token(exit, &token);
    signer.status_token = Some(token);
    Ok(Some(address))
}

/// `address` with `status_query_token` in its query, which may be there already.
fn with_token(address: &str, token: &str) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}status_query_token={token}{fragment}")
}

/// Whether the person may be this signer.
pub(super) fn may_be(order: &Order, position: usize, person: &Person) -> bool {
    match order.signers.get(position).map(|signer| &signer.who) {
        Some(Who::Number(number)) => number == person.number,
        Some(_) => true,
        None => false,
    }
}

/// Whether a status token of the job is good: the latest of one of its signers.
pub(super) fn token_status(job: &Job, token: &str) -> Token {
    let mut tokens = job
        .signers
        .iter()
        .filter_map(|signer| signer.status_token.as_deref());
    if tokens.any(|known| known == token) {
        return Token::Good;
    }
    let any = job
        .signers
        .iter()
        .any(|signer| signer.status_token.is_some());
    if any || job.status != JobStatus::InProgress {
        Token::Wrong
    } else {
        Token::TooEarly
    }
}

/// What a status token is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    Good,
    Wrong,
    /// Nobody has come to the end of the ceremony.
    TooEarly,
}

impl From<Obstacle> for NotDone {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_in_the_query() {
        for (address, expected) in [
            (
                "https://a.example/x",
                "https://a.example/x?status_query_token=T",
            ),
            (
                "https://a.example/x?job=1",
                "https://a.example/x?job=1&status_query_token=T",
            ),
            (
                "https://a.example/x#top",
                "https://a.example/x?status_query_token=T#top",
            ),
        ] {
            assert_eq!(with_token(address, "T"), expected);
        }
    }
}
