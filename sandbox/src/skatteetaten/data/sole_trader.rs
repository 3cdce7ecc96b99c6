//! 313367002, a sole trader: items on the enterprise and on its owner.

use super::common::{CLAIM, NO_TERM, TO};
use crate::skatteetaten::ledger::{
    Account, Amount, BankAccount, Claim, CoveredInstalment, Day, Instalment, Payment, Placement,
    Refund, Term,
};

/// Amount on record for 313367002 whose last digit a floating-point number would drop.
pub const ODD_AMOUNT: &str = "84120.10";

const TRADER: &str = "313367002";
const OWNER: &str = "04827896468";

/// Items on the enterprise and on its owner, from both ledgers, over three years.
pub(super) const ACCOUNT: Account = Account {
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
                offsets: &[],
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
                offsets: &[],
                payments: &[Placement {
                    payment: "3000003",
                    amount: Amount("4000.0"),
                    day: Day(0, 9, 2),
                    paid: Day(0, 9, 1),
                    paid_amount: Amount("-4500.0"),
                    from: BankAccount::MASKED,
                }],
            }],
            ..CLAIM
        },
        // Made in one year and due in the next: it is in the windows of both.
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
                    offsets: &[],
                    payments: &[Placement {
                        payment: "3000004",
                        amount: Amount("9375.75"),
                        day: Day(0, 3, 14),
                        paid: Day(0, 3, 13),
                        paid_amount: Amount("9375.75"),
                        from: BankAccount::MASKED,
                    }],
                },
                Instalment {
                    id: "2000032",
                    due: Day(0, 12, 15),
                    original: Amount("3125.25"),
                    remaining: Amount("3125.25"),
                    kid: Some("04827896468202513"),
                    offsets: &[],
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
                offsets: &[],
                payments: &[Placement {
                    payment: "3000001",
                    amount: Amount("-18750.0"),
                    day: Day(-1, 7, 1),
                    paid: Day(-1, 6, 30),
                    paid_amount: Amount("-18750.0"),
                    from: BankAccount::EMPTY,
                }],
            }],
            ..CLAIM
        },
        Claim {
            part: TRADER,
            id: "KRAV-0900002",
            kind: "Forsinkelsesrente",
            group: "Merverdiavgift",
            original: Amount("83.1"),
            remaining: Amount("83.1"),
            description: "Forsinkelsesrente",
            created: Day(-1, 8, 1),
            principal: Some("KRAV-0900001"),
            instalments: &[Instalment {
                id: "FORF-0900002",
                due: Day(-1, 9, 1),
                original: Amount("83.1"),
                remaining: Amount("83.1"),
                kid: Some("00313367002202613"),
                offsets: &[],
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
                offsets: &[],
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
                offsets: &[],
                payments: &[],
            }],
            ..CLAIM
        },
        // Written off, but recorded with its amount.
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
                offsets: &[],
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
            from: BankAccount::MASKED,
            kind: "Innbetalt OCR",
            claims: &[CoveredInstalment {
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
            from: BankAccount::MASKED,
            kind: "Bankoverføring",
            claims: &[CoveredInstalment {
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
            from: BankAccount {
                owner: Some("FJORDVIK SNEKKERVERKSTED"),
                ..BankAccount::MASKED
            },
            kind: "Innbetalt OCR",
            claims: &[CoveredInstalment {
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
            from: BankAccount::MASKED,
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
        to: TO,
    }],
};
