//! Values that most accounts share.

use crate::skatteetaten::ledger::{Amount, BankAccount, Claim, Day, Term};

pub(super) const NO_TERM: Term = Term {
    name: None,
    year: None,
    span: None,
};

/// Payee's account, masked.
pub(super) const TO: BankAccount = BankAccount {
    number: Some("627xxxxxx"),
    ..BankAccount::EMPTY
};

/// A claim that most of the others are variations of.
pub(super) const CLAIM: Claim = Claim {
    part: "",
    id: "",
    kind: "",
    group: "Skatt",
    original: Amount("0.0"),
    remaining: Amount("0.0"),
    interest: None,
    description: "",
    term: NO_TERM,
    created: Day(0, 1, 1),
    determined: None,
    principal: None,
    instalments: &[],
};
