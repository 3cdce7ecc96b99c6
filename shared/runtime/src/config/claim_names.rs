//! Parsing of settings that name claims.

use innsyn_core::party::PersonNumber;

use super::claims::{BackEndClaim, Meaning, REGISTERED, SUBJECT};
use super::resolve::{LOGIN_BACK_END_CLAIM, Resolver};

impl Resolver<'_> {
    /// Reads a variable that names a claim with the meaning `meaning`. Returns `None` where a fault
    /// is recorded.
    pub fn claim(&mut self, name: &str, meaning: Meaning, remedy: &str) -> Option<String> {
        let claim = self.required(name, remedy)?;
        let is_fit = self.expect_fit(name, claim, meaning, remedy);
        is_fit.then(|| claim.to_owned())
    }

    /// Reads an optional variable that names a claim with the meaning `meaning`. Returns `None`
    /// also where a fault is recorded; the fault makes the settings invalid.
    pub fn optional_claim(&mut self, name: &str, meaning: Meaning, remedy: &str) -> Option<String> {
        self.optional(name)?;
        self.claim(name, meaning, remedy)
    }

    /// Reads `login_back_end_claim`. `party` is the claim that identifies the customer.
    pub(super) fn back_end_claims(&mut self, party: Option<&str>) -> Option<Vec<BackEndClaim>> {
        const NAME: &str = LOGIN_BACK_END_CLAIM.name;
        const REMEDY: &str = "set it to claim=value, such as client_id=case-work, or to several such separated by commas";
        let mut claims = Vec::new();
        let mut is_fit = true;
        for part in self.list(NAME) {
            let pair = part.split_once('=');
            let pair = pair.map(|(claim, value)| (claim.trim(), value.trim()));
            let Some((claim, value)) =
                pair.filter(|(claim, value)| !claim.is_empty() && !value.is_empty())
            else {
                self.invalid(NAME, "has a part that is not claim=value", REMEDY);
                return None;
            };
            let claim = BackEndClaim {
                claim: claim.to_owned(),
                value: value.to_owned(),
            };
            is_fit &= self.expect_fit(NAME, &claim.claim, Meaning::BackEnd, REMEDY);
            if let Some((reason, remedy)) = contradiction(&claim, party) {
                self.invalid(NAME, reason, remedy);
                is_fit = false;
            }
            claims.push(claim);
        }
        is_fit.then_some(claims)
    }

    fn expect_fit(&mut self, name: &str, claim: &str, meaning: Meaning, remedy: &str) -> bool {
        let is_fit = !REGISTERED.contains(&claim) || meaning.registered().contains(&claim);
        if !is_fit {
            // The name of a registered claim is not secret.
            let reason = format!("is the registered claim {claim}, which says something else");
            self.invalid(name, &reason, remedy);
        }
        is_fit
    }
}

/// Returns why the claim could never hold, or would hold for a person, with the remedy.
fn contradiction(
    claim: &BackEndClaim,
    party: Option<&str>,
) -> Option<(&'static str, &'static str)> {
    if PersonNumber::parse(&claim.value).is_ok() {
        let reason = "has a value that is a person's number";
        return Some((
            reason,
            "set the value to what the login service calls the back end",
        ));
    }
    if claim.is_scope() && claim.value.contains(char::is_whitespace) {
        return Some((
            "has a scope with a space in it",
            "name each scope by itself",
        ));
    }
    match party {
        Some(SUBJECT) if claim.claim != SUBJECT => Some((
            "never holds beside login_party_claim sub, by which every token is a person's",
            "set it to sub=value, the back end's own subject",
        )),
        Some(party) if party != SUBJECT && claim.claim == party => Some((
            "has the claim of login_party_claim, by which a token is a person's",
            "set it to another claim, such as client_id=case-work",
        )),
        _ => None,
    }
}
