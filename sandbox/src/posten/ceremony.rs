//! Ceremony of a signer: opening the redirect address, signing, refusing, or failing at it.

use time::OffsetDateTime;

use super::contact;
use super::job::{Ceremony, Job, JobStatus, SignerStatus};
use super::life::ActionRefusal;
use super::order::{Flow, Order, SignerIdentifier};
use super::signature::Signature;
use super::state::Posten;
use super::switches::TechnicalFailure;
use crate::kit::random;
use crate::population::{self, Person};

/// Act of a signer, or of the signer's environment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SignerAction {
    Sign,
    Reject,
    /// The ceremony fails for a technical reason.
    Fail,
    /// Too many wrong security codes; possible for signers addressed by contact information.
    Block,
}

/// Reason why an action failed.
#[derive(Debug)]
pub(super) enum ActionError {
    Unknown,
    NotThisSigner,
    ActionRefusal(ActionRefusal),
    /// Internal error of the sandbox.
    Trouble(anyhow::Error),
}

/// Reason why a redirect address does not open anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RedirectError {
    Unknown,
    Used,
}

impl Posten {
    /// Opens a redirect address, which works once. `open` is the ceremony already open in the
    /// browser.
    pub(super) fn open(
        &self,
        token: &str,
        open: Option<Ceremony>,
        now: OffsetDateTime,
    ) -> Result<Ceremony, RedirectError> {
        if token.is_empty() {
            return Err(RedirectError::Unknown);
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
                    return Err(RedirectError::Used);
                }
                redirect.used = true;
                return Ok(ceremony);
            }
        }
        Err(RedirectError::Unknown)
    }

    /// Performs `act` as `person`, or as any person who may if none is named. In the direct flow,
    /// returns the address that the browser is redirected to. May generate an RSA key: not for an
    /// async thread.
    pub(super) fn act(
        &self,
        ceremony: Ceremony,
        person: Option<&'static Person>,
        act: SignerAction,
        now: OffsetDateTime,
    ) -> Result<Option<String>, ActionError> {
        let Ceremony { job, position } = ceremony;
        let mut state = self.state(now);
        let switches = state.switches.clone();
        let job = state.jobs.get_mut(&job).ok_or(ActionError::Unknown)?;
        let ordered = job
            .order
            .signers
            .get(position)
            .ok_or(ActionError::Unknown)?;
        let person = match (&ordered.who, person) {
            (SignerIdentifier::Number(number), Some(person)) if number != person.number => {
                return Err(ActionError::NotThisSigner);
            }
            (SignerIdentifier::Number(number), None) => population::person(number),
            (_, person) => person,
        };
        job.may_act(position)?;
        match act {
            SignerAction::Sign => match contact::name(&job.order, ordered, person) {
                Some(name) => {
                    let authority = &self.end_users;
                    let signature = Signature::make(&job.order, &name, authority, now);
                    let signature = signature.map_err(ActionError::Trouble)?;
                    job.sign(position, signature, &switches.contacts)?;
                }
                None => job.fail(position, SignerStatus::SignersNameNotAvailable, now)?,
            },
            SignerAction::Reject => job.fail(position, SignerStatus::Rejected, now)?,
            SignerAction::Fail if !job.is_direct() => return Err(ActionRefusal::WrongFlow.into()),
            SignerAction::Fail => match switches.technical_failure {
                TechnicalFailure::Retry => job.break_down(position, now)?,
                TechnicalFailure::Ends => job.fail(position, SignerStatus::Failed, now)?,
            },
            SignerAction::Block if !matches!(ordered.who, SignerIdentifier::Contact { .. }) => {
                return Err(ActionRefusal::WrongFlow.into());
            }
            SignerAction::Block => job.fail(position, SignerStatus::Blocked, now)?,
        }
        leave(job, position).map_err(ActionError::Trouble)
    }
}

/// Returns the exit address for the signer's outcome, with a token for a status request.
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

/// Returns whether the person may be this signer.
pub(super) fn may_be(order: &Order, position: usize, person: &Person) -> bool {
    match order.signers.get(position).map(|signer| &signer.who) {
        Some(SignerIdentifier::Number(number)) => number == person.number,
        Some(_) => true,
        None => false,
    }
}

/// Returns whether a status token of the job is good: the latest of one of its signers.
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

/// Validity of a status token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    Good,
    Wrong,
    /// The ceremony is not finished for any signer.
    TooEarly,
}

impl From<ActionRefusal> for ActionError {
    fn from(obstacle: ActionRefusal) -> Self {
        Self::ActionRefusal(obstacle)
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
