//! Reads as a party's system user (*systembruker*), which an organisation creates in Altinn so that
//! the app's system may act for it, in place of a consent.
//!
//! Sources: Digdir, "Systembruker"; Skatteetaten, "Krav og betalinger" (2024): the package
//! `regnskapssystem` is read so.

use super::Failure;
use crate::token::{TokenRequest, is_external_ref};
use innsyn_core::party::Party;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::read_api::Reason;

/// Placeholder for the organisation number.
const PARTY: &str = "{party}";

/// Advice to the caller, who is not the operator of the app.
const REMEDY: &str = "Altinn has no system user of the organisation's for this app, or none with the right to these data: \
     whoever administers the organisation approves the app there";

/// `externalRef` with which customers' system users are created; `{party}` is replaced by the
/// customer's number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference(String);

impl Reference {
    /// Parses a reference of letters, digits, `_` and `-`, at most 255 characters, with or without
    /// `{party}`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_external_ref(&text.replace(PARTY, "313367002")).then(|| Self(text.to_owned()))
    }

    /// Adds the system user of `party` to `ask`. The party must be an organisation: persons have no
    /// system users.
    pub(super) fn on(
        &self,
        token_request: TokenRequest,
        party: &Party,
    ) -> Result<TokenRequest, Problem> {
        let Party::Organisation(owner) = party else {
            let problem = Problem::new(Kind::PartyInvalid);
            return Err(
                problem.detail("The party must be an organisation: a person has no system user")
            );
        };
        // Altinn uses the number if no reference was chosen.
        let chosen = (self.0 != PARTY).then(|| self.0.replace(PARTY, owner.as_str()));
        token_request
            .system_user(owner, chosen)
            .map_err(|error| Problem::new(Kind::Internal).cause(error))
    }
}

/// Returns the problem for the caller: if Maskinporten finds no system user, or the source finds
/// that it lacks the right, the party has to approve it. The response does not distinguish the two;
/// the log has the code.
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
