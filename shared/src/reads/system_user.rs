//! Reading as a party's system user (*systembruker*): what an organisation has made in Altinn so that our system may
//! act for it, in place of a consent.
//!
//! Sources: Digdir, "Systembruker"; Skatteetaten, "Krav og betalinger" (2024): so the package `regnskapssystem` is read.

use super::Failure;
use crate::party::Party;
use crate::problem::{Kind, Problem};
use crate::skatteetaten::Reason;
use crate::token::{Ask, is_external_ref};

/// Stands for the organisation's number.
const PARTY: &str = "{party}";

/// What the caller is told to do, who is not the one that sets the app up.
const REMEDY: &str = "Altinn has no system user of the organisation's for this app, or none with the right to these data: \
     whoever administers the organisation approves the app there";

/// The `externalRef` with which customers' system users are made: a text, in which `{party}` is the customer's number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference(String);

impl Reference {
    /// Letters, digits, `_` and `-`, 255 at most, with or without `{party}`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_external_ref(&text.replace(PARTY, "313367002")).then(|| Self(text.to_owned()))
    }

    /// `ask` with the system user of `party`, who must be an organisation: persons have none.
    pub(super) fn on(&self, ask: Ask, party: &Party) -> Result<Ask, Problem> {
        let Party::Organisation(owner) = party else {
            let problem = Problem::new(Kind::PartyInvalid);
            return Err(problem.detail("Only an organisation has a system user"));
        };
        // Altinn takes the number where no reference was chosen.
        let chosen = (self.0 != PARTY).then(|| self.0.replace(PARTY, owner.as_str()));
        ask.system_user(owner, chosen)
            .map_err(|error| Problem::new(Kind::Internal).cause(error))
    }
}

/// What the caller is told: where Maskinporten finds no system user, or the source finds that it has not the right, that
/// the party has to approve it. Neither says which, and the log has the code.
pub(super) fn explain(failure: Failure) -> Problem {
    let required = |problem: Problem| Problem {
        kind: Kind::SystemUserRequired,
        detail: Some(REMEDY.into()),
        ..problem
    };
    match failure {
        Failure::Source(refusal) if refusal.reason == Reason::Consent => required(refusal.into()),
        failure => match failure.without_consent() {
            problem if problem.kind == Kind::SystemUserRefused => required(problem),
            problem => problem,
        },
    }
}
