//! 313506673, a sole trader, whose data Altinn's own published test reads. The claims were partly
//! set off against a refund.

use super::common::{CLAIM, NO_TERM};
use crate::skatteetaten::ledger::{Account, Amount, Claim, Day, Instalment, Offset, Term};

const GARDENER: &str = "313506673";
const OWNER: &str = "02925796975";

/// A VAT claim with an offset, and the owner's credit claim that was set off.
pub(super) const ACCOUNT: Account = Account {
    party: GARDENER,
    shielded: false,
    claims: &[
        Claim {
            part: GARDENER,
            id: "KRAV-1000201",
            kind: "Mva-melding",
            group: "Merverdiavgift",
            original: Amount("18400.0"),
            remaining: Amount("12150.0"),
            description: "Mva-melding",
            term: Term {
                name: Some("4. termin"),
                year: Some(0),
                span: Some((Day(0, 7, 1), Day(0, 8, 31))),
            },
            created: Day(0, 9, 14),
            determined: Some("egenfastsatt"),
            instalments: &[Instalment {
                id: "FORF-1000201",
                due: Day(0, 10, 10),
                original: Amount("18400.0"),
                remaining: Amount("12150.0"),
                kid: Some("00313506673120263"),
                payments: &[],
                offsets: &[Offset {
                    instalment: "2000211",
                    amount: Amount("-6250.0"),
                    kind: "RESTERENDE_SKT_TILB",
                    placed: Day(0, 10, 12),
                    description: "Tilgode skatt",
                    due: Day(0, 10, 12),
                    year: -1,
                }],
            }],
            ..CLAIM
        },
        Claim {
            part: OWNER,
            id: "2000201",
            kind: "RESTERENDE_SKT_TILB",
            original: Amount("-6250.0"),
            description: "Tilgode skatt",
            term: Term {
                year: Some(-1),
                ..NO_TERM
            },
            created: Day(0, 9, 30),
            instalments: &[Instalment {
                id: "2000211",
                due: Day(0, 10, 12),
                original: Amount("-6250.0"),
                remaining: Amount("0.0"),
                kid: None,
                payments: &[],
                offsets: &[],
            }],
            ..CLAIM
        },
    ],
    payments: &[],
    refunds: &[],
};
