//! A consent: what is asked for, what Altinn keeps of it, and what that is worth.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::party::{OrganisationNumber, Party};
use crate::secret::Secret;

/// In nanoseconds.
const SECOND: u128 = 1_000_000_000;

/// A consent as it is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// A UUID of our own, which is the consent's for good.
    pub id: String,
    /// What Altinn calls it, where Altinn has chosen another name and we know it.
    pub handle: Option<String>,
    /// Whose data.
    pub from: Party,
    /// What the register calls the party: a person's surname, an organisation's name. Not every Altinn asks.
    pub party_name: Option<Secret<String>>,
    /// Who will receive it.
    pub to: OrganisationNumber,
    /// What is consented to.
    pub rights: Vec<Right>,
    /// Until when.
    pub valid_to: OffsetDateTime,
    /// Where Altinn sends the browser afterwards.
    pub redirect_address: Secret<String>,
}

impl Asked {
    /// The one person who may answer: a person answers for themself. For an organisation it is
    /// whoever Altinn lets.
    pub fn required_delegator(&self) -> Option<&Party> {
        matches!(self.from, Party::Person(_)).then_some(&self.from)
    }
}

/// One thing that is consented to, with its metadata: a resource of Altinn's resource registry, or at Altinn 2 a service.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Right {
    /// Such as `ske-samtykke-krav-og-betalinger`; at Altinn 2 code and edition, such as `5928_202301`.
    pub resource: String,
    /// Keys are compared without regard to case.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl Right {
    /// The metadata with its keys in lower case.
    pub fn folded_metadata(&self) -> BTreeMap<String, &str> {
        let metadata = self.metadata.iter();
        metadata
            .map(|(key, value)| (key.to_lowercase(), value.as_str()))
            .collect()
    }
}

impl PartialEq for Right {
    fn eq(&self, other: &Self) -> bool {
        // Keys that differ in case only would hide behind each other.
        let (one, two) = (self.folded_metadata(), other.folded_metadata());
        self.resource == other.resource
            && one == two
            && one.len() == self.metadata.len()
            && two.len() == other.metadata.len()
    }
}

impl Eq for Right {}

/// What Altinn says about a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consent {
    /// Our id.
    pub id: String,
    /// What Altinn calls it, where Altinn has chosen another name.
    pub handle: Option<String>,
    /// Whose data, as a URN.
    pub from: Urn,
    /// Who receives it, as a URN.
    pub to: Urn,
    /// What came of it, but for the time: see [`Self::outcome`].
    pub status: Status,
    /// Until when it holds, or may be answered.
    pub valid_to: OffsetDateTime,
    /// What is consented to. `None` where a right is of a kind that we never ask for.
    pub rights: Option<Vec<Right>>,
    /// Who approved it.
    pub approved_by: Option<Urn>,
    /// Where the party answers, unchecked: see [`super::Altinn::page`].
    pub(super) page: Option<String>,
}

/// What the party did, as Altinn keeps it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Not answered.
    Created,
    /// Yes.
    Accepted,
    /// No.
    Rejected,
    /// Yes, and later withdrawn.
    Revoked,
    /// Run out. Altinn does not keep this today: a consent past its time stays as it was.
    Expired,
}

/// What a consent is worth at some moment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not answered.
    Pending,
    /// Given and in force, by the right party, for what was asked.
    Granted,
    /// Answered with no.
    Rejected,
    /// Given, then withdrawn.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Outcome {
    /// As callers read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl Consent {
    /// What the consent is worth at `now`, held against what was asked for.
    pub fn outcome(&self, asked: &Asked, now: OffsetDateTime) -> Result<Outcome, Mismatch> {
        self.check(asked)?;
        Ok(match self.status {
            Status::Rejected => Outcome::Rejected,
            Status::Revoked => Outcome::Revoked,
            Status::Expired => Outcome::Expired,
            Status::Created | Status::Accepted if self.valid_to <= now => Outcome::Expired,
            Status::Created => Outcome::Pending,
            Status::Accepted => {
                self.check_approval(asked)?;
                Outcome::Granted
            }
        })
    }

    fn check(&self, asked: &Asked) -> Result<(), Mismatch> {
        // Altinn keeps microseconds; anything from a second on is another time.
        let (theirs, ours) = (self.valid_to, asked.valid_to);
        let drift = theirs
            .unix_timestamp_nanos()
            .abs_diff(ours.unix_timestamp_nanos());
        for (holds, member) in [
            (self.id.eq_ignore_ascii_case(&asked.id), Mismatch::Id),
            (self.from.0 == asked.from.urn(), Mismatch::From),
            (self.to.0 == asked.to.urn(), Mismatch::To),
            (
                self.rights
                    .as_deref()
                    .is_some_and(|rights| same(rights, &asked.rights)),
                Mismatch::Rights,
            ),
            (drift < SECOND, Mismatch::ValidTo),
        ] {
            if !holds {
                return Err(member);
            }
        }
        Ok(())
    }

    fn check_approval(&self, asked: &Asked) -> Result<(), Mismatch> {
        let Some(required) = asked.required_delegator() else {
            return Ok(());
        };
        match &self.approved_by {
            Some(person) if person.0 == required.urn() => Ok(()),
            _ => Err(Mismatch::ApprovedBy),
        }
    }
}

/// The same rights, in whatever order.
pub(super) fn same(left: &[Right], right: &[Right]) -> bool {
    let mut rest: Vec<&Right> = right.iter().collect();
    for wanted in left {
        let Some(found) = rest.iter().position(|other| *other == wanted) else {
            return false;
        };
        rest.swap_remove(found);
    }
    rest.is_empty()
}

/// The member in which Altinn's consent is not the one that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// `id`
    #[error("the consent has another id")]
    Id,
    /// `from`
    #[error("the consent is another party's")]
    From,
    /// `to`
    #[error("the consent is for another consumer")]
    To,
    /// `consentRights`
    #[error("the consent is to something else")]
    Rights,
    /// `validTo`
    #[error("the consent is valid until another time")]
    ValidTo,
    /// `performedBy` of the approval
    #[error("the consent was approved by somebody else")]
    ApprovedBy,
}

/// A party's URN. It may hold a national identity number, so it cannot be printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Urn(pub(super) String);

impl fmt::Debug for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Urn(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(metadata: &[(&str, &str)]) -> Right {
        let metadata = metadata.iter();
        Right {
            resource: "r".to_owned(),
            metadata: metadata
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn keys_are_compared_without_case_and_none_hides_behind_another() {
        let asked = right(&[("fraogmed", "2026-01")]);
        assert_eq!(asked, right(&[("fraOgMed", "2026-01")]));
        for other in [
            right(&[]),
            right(&[("fraogmed", "2026-02")]),
            right(&[("fraOgMed", "2025-01"), ("fraogmed", "2026-01")]),
            right(&[("FRAOGMED", "2025-01"), ("fraogmed", "2026-01")]),
        ] {
            assert_ne!(asked, other);
            assert_ne!(other, asked);
        }
    }
}
