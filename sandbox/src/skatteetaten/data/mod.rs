//! The parties' accounts: invented, but with the shapes of both ledgers.

mod common;
mod gardener;
mod sole_trader;

use super::ledger::{
    Account, Amount, BankAccount, Claim, CoveredInstalment, Day, Instalment, Payment, Placement,
    Refund, Term,
};
use common::{CLAIM, NO_TERM, TO};

pub use sole_trader::ODD_AMOUNT;

/// Returns the party's account, if it has one.
pub(super) fn account(party: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.party == party)
}

pub(super) const ACCOUNTS: &[Account] = &[
    sole_trader::ACCOUNT,
    COMPANY,
    Account {
        party: "311851381",
        shielded: false,
        claims: &[],
        payments: &[],
        refunds: &[],
    },
    Account {
        party: "314961900",
        shielded: true,
        claims: &[],
        payments: &[],
        refunds: &[],
    },
    PERSON,
    SETTLED_PERSON,
    gardener::ACCOUNT,
];

/// Amounts that a binary floating-point number would write in another way, or add up to another
/// sum.
const COMPANY: Account = Account {
    party: "314055403",
    shielded: false,
    claims: &[
        Claim {
            part: "314055403",
            id: "2100001",
            kind: "FORSKTREKK",
            group: "Forskuddstrekk",
            original: Amount("148210.00"),
            remaining: Amount("148210.00"),
            description: "Forskuddstrekk",
            term: Term {
                name: Some("5. termin"),
                year: Some(0),
                span: Some((Day(0, 9, 1), Day(0, 10, 31))),
            },
            created: Day(0, 11, 5),
            determined: Some("egenfastsatt"),
            instalments: &[Instalment {
                id: "2100011",
                due: Day(0, 11, 16),
                original: Amount("148210.00"),
                remaining: Amount("148210.00"),
                kid: Some("00314055403120263"),
                offsets: &[],
                payments: &[],
            }],
            ..CLAIM
        },
        Claim {
            part: "314055403",
            id: "2100002",
            kind: "TVANGSMULKT",
            group: "Andre krav",
            original: Amount("1240.55"),
            remaining: Amount("1240.55"),
            interest: Some(Amount("12.2")),
            description: "Tvangsmulkt",
            created: Day(-1, 10, 1),
            determined: Some("blank"),
            instalments: &[Instalment {
                id: "2100021",
                due: Day(-1, 11, 1),
                original: Amount("1240.55"),
                remaining: Amount("1240.55"),
                kid: Some("00314055403120255"),
                offsets: &[],
                payments: &[],
            }],
            ..CLAIM
        },
    ],
    payments: &[],
    refunds: &[],
};

const PERSON: Account = Account {
    party: "02829090123",
    shielded: false,
    claims: &[Claim {
        part: "02829090123",
        id: "2200001",
        kind: "RESTSKATT",
        original: Amount("8342.0"),
        remaining: Amount("4171.0"),
        description: "Restskatt",
        term: Term {
            year: Some(-1),
            ..NO_TERM
        },
        created: Day(0, 6, 18),
        instalments: &[
            Instalment {
                id: "2200011",
                due: Day(0, 8, 20),
                original: Amount("4171.0"),
                remaining: Amount("0.0"),
                kid: Some("02829090123202510"),
                offsets: &[],
                payments: &[Placement {
                    payment: "3200001",
                    amount: Amount("4171.0"),
                    day: Day(0, 8, 20),
                    paid: Day(0, 8, 19),
                    paid_amount: Amount("4171.0"),
                    from: BankAccount::MASKED,
                }],
            },
            Instalment {
                id: "2200012",
                due: Day(0, 12, 24),
                original: Amount("4171.0"),
                remaining: Amount("4171.0"),
                kid: Some("02829090123202510"),
                offsets: &[],
                payments: &[],
            },
        ],
        ..CLAIM
    }],
    payments: &[Payment {
        part: "02829090123",
        id: "3200001",
        date: Day(0, 8, 19),
        amount: Amount("4171.0"),
        unplaced: None,
        from: BankAccount::MASKED,
        kind: "Innbetalt OCR",
        claims: &[CoveredInstalment {
            instalment: "2200011",
            amount: Amount("4171.0"),
            placed: Day(0, 8, 20),
            description: "Restskatt",
            due: Day(0, 8, 20),
            original: Amount("4171.0"),
            remaining: Amount("0.0"),
        }],
    }],
    refunds: &[],
};

/// Account without claims, but with a payout.
const SETTLED_PERSON: Account = Account {
    party: "14858512450",
    shielded: false,
    claims: &[Claim {
        part: "14858512450",
        id: "2300001",
        kind: "RESTERENDE_SKT_TILB",
        original: Amount("-2310.0"),
        description: "Tilgode skatt",
        term: Term {
            year: Some(-1),
            ..NO_TERM
        },
        created: Day(0, 4, 8),
        instalments: &[Instalment {
            id: "2300011",
            due: Day(0, 4, 9),
            original: Amount("-2310.0"),
            remaining: Amount("0.0"),
            kid: None,
            offsets: &[],
            payments: &[],
        }],
        ..CLAIM
    }],
    payments: &[],
    refunds: &[Refund {
        part: "14858512450",
        id: "500023",
        date: Day(0, 4, 9),
        amount: Amount("2310.0"),
        message: "Tilgode skatt",
        instalment: "2300011",
        kind: "RESTERENDE_SKT_TILB",
        credit: Amount("-2310.0"),
        year: -1,
        to: BankAccount {
            owner: Some("SOLVEIG BREKKE"),
            ..TO
        },
    }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::{is_organisation, is_person};
    use time::Date;
    use time::macros::date;

    /// KID by modulo 11: weights 2 to 7 from the right, the check digit itself counting once.
    fn has_check_digit(kid: &str) -> bool {
        let weights = [1]
            .into_iter()
            .chain([2, 3, 4, 5, 6, 7].into_iter().cycle());
        let digits = kid.chars().rev().map(|digit| digit.to_digit(10).unwrap());
        digits
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
            == 0
    }

    #[test]
    fn the_data_are_consistent() {
        let today = date!(2026 - 11 - 20);
        for account in ACCOUNTS {
            assert!(
                is_organisation(account.party) || is_person(account.party),
                "{}",
                account.party
            );
            for claim in account.claims {
                assert!(is_organisation(claim.part) || is_person(claim.part));
                let sum = |amount: fn(&Instalment) -> Amount| -> i128 {
                    claim
                        .instalments
                        .iter()
                        .map(|instalment| amount(instalment).minor())
                        .sum()
                };
                assert_eq!(
                    claim.original.minor(),
                    sum(|instalment| instalment.original),
                    "{}",
                    claim.id
                );
                assert_eq!(
                    claim.remaining.minor(),
                    sum(|instalment| instalment.remaining),
                    "{}",
                    claim.id
                );
                // Ten million kroner: what is above has not been seen.
                assert!(claim.original.minor().abs() < 1_000_000_000, "{}", claim.id);
                assert_ne!(claim.created.date(today), Date::MIN);
                for instalment in claim.instalments {
                    let placed = instalment.payments.iter().map(|payment| payment.amount);
                    let offset = instalment.offsets.iter().map(|offset| offset.amount);
                    let covered: i128 = placed.chain(offset).map(|part| part.minor().abs()).sum();
                    let paid = instalment.original.minor() - instalment.remaining.minor();
                    assert!(covered == 0 || covered == paid, "{}", instalment.id);
                    assert_ne!(instalment.due.date(today), Date::MIN);
                    assert!(
                        instalment.kid.is_none_or(has_check_digit),
                        "{}",
                        instalment.id
                    );
                }
            }
        }
    }
}
