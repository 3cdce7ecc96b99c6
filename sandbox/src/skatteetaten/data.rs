//! The parties' accounts: invented, but with the shapes of both ledgers.

use super::ledger::{
    Account, Amount, Claim, Covered, Day, Instalment, Payment, Placed, Refund, Term,
};

/// The party's account, if there is such a party.
pub(super) fn account(party: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.party == party)
}

const NO_TERM: Term = Term {
    name: None,
    year: None,
    span: None,
};

/// A claim that most of the others are variations of.
const CLAIM: Claim = Claim {
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

pub(super) const ACCOUNTS: &[Account] = &[
    SOLE_TRADER,
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
];

/// An amount on record for 313367002 that no binary floating point number holds.
pub const ODD_AMOUNT: &str = "12345678901234567.89";

const TRADER: &str = "313367002";
const OWNER: &str = "04827896468";

/// Items on the enterprise and on its owner, from both ledgers, over three years.
const SOLE_TRADER: Account = Account {
    party: TRADER,
    shielded: false,
    claims: &[
        Claim {
            part: TRADER,
            id: "KRAV-1000001",
            kind: "Mva-melding",
            group: "Merverdiavgift",
            original: Amount("25000.0"),
            remaining: Amount("25000.0"),
            description: "Mva-melding",
            term: Term {
                name: Some("5. termin"),
                year: Some(0),
                span: Some((Day(0, 9, 1), Day(0, 10, 31))),
            },
            created: Day(0, 11, 15),
            determined: Some("egenfastsatt"),
            instalments: &[Instalment {
                id: "FORF-1000001",
                due: Day(0, 12, 10),
                original: Amount("25000.0"),
                remaining: Amount("25000.0"),
                kid: Some("00313367002120269"),
                payments: &[],
            }],
            ..CLAIM
        },
        Claim {
            part: OWNER,
            id: "2000002",
            kind: "RESTSKATT",
            original: Amount("10000.0"),
            remaining: Amount("6000.0"),
            interest: Some(Amount("120.5")),
            description: "Restskatt",
            term: Term {
                year: Some(-1),
                ..NO_TERM
            },
            created: Day(0, 6, 20),
            instalments: &[Instalment {
                id: "2000012",
                due: Day(0, 8, 20),
                original: Amount("10000.0"),
                remaining: Amount("6000.0"),
                kid: None,
                payments: &[Placed {
                    payment: "3000003",
                    amount: Amount("4000.0"),
                    day: Day(0, 9, 2),
                    paid: Day(0, 9, 1),
                    paid_amount: Amount("-4500.0"),
                }],
            }],
            ..CLAIM
        },
        // Made in one year and due in the next: it shows in the windows of both.
        Claim {
            part: OWNER,
            id: "2000003",
            kind: "UTSKR_FORSKSKATT",
            original: Amount("12501.0"),
            remaining: Amount("3125.25"),
            description: "Forskuddsskatt",
            term: Term {
                year: Some(0),
                ..NO_TERM
            },
            created: Day(-1, 12, 15),
            determined: Some("myndighetsfastsatt"),
            instalments: &[
                Instalment {
                    id: "2000031",
                    due: Day(0, 3, 15),
                    original: Amount("9375.75"),
                    remaining: Amount("0.0"),
                    kid: Some("04827896468202513"),
                    payments: &[Placed {
                        payment: "3000004",
                        amount: Amount("9375.75"),
                        day: Day(0, 3, 14),
                        paid: Day(0, 3, 13),
                        paid_amount: Amount("9375.75"),
                    }],
                },
                Instalment {
                    id: "2000032",
                    due: Day(0, 12, 15),
                    original: Amount("3125.25"),
                    remaining: Amount("3125.25"),
                    kid: Some("04827896468202513"),
                    payments: &[],
                },
            ],
            ..CLAIM
        },
        Claim {
            part: TRADER,
            id: "KRAV-0900001",
            kind: "Mva-melding",
            group: "Merverdiavgift",
            original: Amount("18750.0"),
            description: "Mva-melding",
            term: Term {
                name: Some("2. termin"),
                year: Some(-1),
                span: Some((Day(-1, 3, 1), Day(-1, 4, 30))),
            },
            created: Day(-1, 5, 28),
            determined: Some("egenfastsatt"),
            instalments: &[Instalment {
                id: "FORF-0900001",
                due: Day(-1, 6, 10),
                original: Amount("18750.0"),
                remaining: Amount("0.0"),
                kid: Some("00313367002120250"),
                payments: &[Placed {
                    payment: "3000001",
                    amount: Amount("-18750.0"),
                    day: Day(-1, 7, 1),
                    paid: Day(-1, 6, 30),
                    paid_amount: Amount("-18750.0"),
                }],
            }],
            ..CLAIM
        },
        Claim {
            part: TRADER,
            id: "KRAV-0900002",
            kind: "Forsinkelsesrente",
            group: "Merverdiavgift",
            original: Amount("0.1"),
            remaining: Amount("0.1"),
            description: "Forsinkelsesrente",
            created: Day(-1, 8, 1),
            principal: Some("KRAV-0900001"),
            instalments: &[Instalment {
                id: "FORF-0900002",
                due: Day(-1, 9, 1),
                original: Amount("0.1"),
                remaining: Amount("0.1"),
                kid: Some("00313367002202613"),
                payments: &[],
            }],
            ..CLAIM
        },
        Claim {
            part: OWNER,
            id: "1900007",
            kind: "RESTERENDE_SKT_TILB",
            original: Amount("-62374.0"),
            description: "Tilgode skatt",
            term: Term {
                year: Some(-2),
                ..NO_TERM
            },
            created: Day(-1, 5, 1),
            instalments: &[Instalment {
                id: "600006",
                due: Day(-1, 5, 21),
                original: Amount("-62374.0"),
                remaining: Amount("0.0"),
                kid: None,
                payments: &[],
            }],
            ..CLAIM
        },
        Claim {
            part: TRADER,
            id: "1800001",
            kind: "ARBGAVG",
            group: "Arbeidsgiveravgift",
            original: Amount("7480.00"),
            remaining: Amount("0.00"),
            description: "Arbeidsgiveravgift",
            term: Term {
                name: Some("2. termin"),
                year: Some(-2),
                span: None,
            },
            created: Day(-2, 5, 5),
            instalments: &[Instalment {
                id: "1800011",
                due: Day(-2, 5, 15),
                original: Amount("7480.00"),
                remaining: Amount("0.00"),
                kid: None,
                payments: &[],
            }],
            ..CLAIM
        },
        // Written off, and kept for its amount.
        Claim {
            part: TRADER,
            id: "1800002",
            kind: "BORTSKRV_DEBET",
            group: "Andre krav",
            original: Amount(ODD_AMOUNT),
            remaining: Amount("0.00"),
            description: "Feilregistrert krav, avskrevet",
            created: Day(-2, 9, 3),
            determined: Some("blank"),
            instalments: &[Instalment {
                id: "1800021",
                due: Day(-2, 10, 1),
                original: Amount(ODD_AMOUNT),
                remaining: Amount("0.00"),
                kid: None,
                payments: &[],
            }],
            ..CLAIM
        },
    ],
    payments: &[
        Payment {
            part: OWNER,
            id: "3000003",
            date: Day(0, 9, 1),
            amount: Amount("-4500.0"),
            unplaced: Some(Amount("500.0")),
            kind: "Innbetalt OCR",
            claims: &[Covered {
                instalment: "2000012",
                amount: Amount("4000.0"),
                placed: Day(0, 9, 2),
                description: "Restskatt",
                due: Day(0, 8, 20),
                original: Amount("10000.0"),
                remaining: Amount("6000.0"),
            }],
        },
        Payment {
            part: OWNER,
            id: "3000004",
            date: Day(0, 3, 13),
            amount: Amount("9375.75"),
            unplaced: None,
            kind: "Bankoverføring",
            claims: &[Covered {
                instalment: "2000031",
                amount: Amount("9375.75"),
                placed: Day(0, 3, 14),
                description: "Forskuddsskatt",
                due: Day(0, 3, 15),
                original: Amount("9375.75"),
                remaining: Amount("0.0"),
            }],
        },
        Payment {
            part: TRADER,
            id: "3000001",
            date: Day(-1, 6, 30),
            amount: Amount("-18750.0"),
            unplaced: None,
            kind: "Innbetalt OCR",
            claims: &[Covered {
                instalment: "FORF-0900001",
                amount: Amount("18750.0"),
                placed: Day(-1, 7, 1),
                description: "Mva-melding",
                due: Day(-1, 6, 10),
                original: Amount("18750.0"),
                remaining: Amount("0.0"),
            }],
        },
        Payment {
            part: TRADER,
            id: "2800001",
            date: Day(-2, 5, 14),
            amount: Amount("7480.00"),
            unplaced: None,
            kind: "Bankoverføring",
            claims: &[],
        },
    ],
    refunds: &[Refund {
        part: OWNER,
        id: "500005",
        date: Day(-1, 5, 21),
        amount: Amount("62374.0"),
        message: "Tilgode skatt",
        instalment: "600006",
        kind: "RESTERENDE_SKT_TILB",
        credit: Amount("-62374.0"),
        year: -2,
    }],
};

/// Amounts that no binary floating point number holds.
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
                payments: &[],
            }],
            ..CLAIM
        },
        Claim {
            part: "314055403",
            id: "2100002",
            kind: "BORTSKRV_DEBET",
            group: "Andre krav",
            original: Amount("12345678901234.55"),
            remaining: Amount("12345678901234.55"),
            interest: Some(Amount("0.2")),
            description: "Tvangsmulkt (testbeløp)",
            created: Day(-1, 10, 1),
            determined: Some("blank"),
            instalments: &[Instalment {
                id: "2100021",
                due: Day(-1, 11, 1),
                original: Amount("12345678901234.55"),
                remaining: Amount("12345678901234.55"),
                kid: Some("00314055403120255"),
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
                payments: &[Placed {
                    payment: "3200001",
                    amount: Amount("4171.0"),
                    day: Day(0, 8, 20),
                    paid: Day(0, 8, 19),
                    paid_amount: Amount("4171.0"),
                }],
            },
            Instalment {
                id: "2200012",
                due: Day(0, 12, 24),
                original: Amount("4171.0"),
                remaining: Amount("4171.0"),
                kid: Some("02829090123202510"),
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
        kind: "Innbetalt OCR",
        claims: &[Covered {
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

/// Nothing is owed, but something was paid out.
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
    }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skatteetaten::party::{is_organisation, is_person};
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
                assert_ne!(claim.created.date(today), Date::MIN);
                for instalment in claim.instalments {
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
