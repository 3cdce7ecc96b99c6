//! The four answers, from what is on record.

use time::Date;

use super::ledger::{
    Account, Amount, Claim, Covered, Instalment, Payment, Placed, Refund, decimal,
};
use super::node::Node;
use super::period::Period;

type Members = Vec<(&'static str, Node)>;

/// `aapnekrav`: what is owed, what is paid and not placed, and sums. None when there is nothing.
pub(super) fn open_claims(account: &Account, today: Date) -> (Members, bool) {
    let claims: Vec<&Claim> = account
        .claims
        .iter()
        .filter(|claim| !claim.remaining.is_zero())
        .collect();
    let unplaced: Vec<(&Payment, Amount)> = account
        .payments
        .iter()
        .filter_map(|payment| {
            Some((
                payment,
                payment.unplaced.filter(|amount| !amount.is_zero())?,
            ))
        })
        .collect();
    let mut groups: Vec<&str> = Vec::new();
    for claim in &claims {
        if !groups.contains(&claim.group) {
            groups.push(claim.group);
        }
    }
    let per_group = groups.into_iter().map(|group| {
        let sums = Sums::of(
            claims.iter().copied().filter(|claim| claim.group == group),
            today,
        );
        let mut members = vec![("kravgruppe", Node::text(group))];
        members.extend(sums.members(None));
        Node::Object(members)
    });
    let per_group = per_group.collect();
    let unplaced_sum = unplaced.iter().map(|(_, amount)| amount.minor()).sum();
    let totals = Sums::of(claims.iter().copied(), today).members(Some(unplaced_sum));
    let nothing = claims.is_empty() && unplaced.is_empty();
    let mut members = head(account.party, None, false);
    members.extend([
        (
            "aapentKravMedGjenstaaendeBeloep",
            Node::List(claims.iter().map(|found| claim(found, today)).collect()),
        ),
        (
            "innbetalingMedUplassertBeloep",
            Node::List(
                unplaced
                    .iter()
                    .map(|(found, _)| payment(found, today))
                    .collect(),
            ),
        ),
        ("totalOversikt", Node::Object(totals)),
        ("oversiktPerKravgruppe", Node::List(per_group)),
    ]);
    (members, nothing)
}

/// `krav`. Assumption: a claim belongs to a window when it was made in it or an instalment falls due
/// in it; the documentation does not say which date counts.
pub(super) fn claims(account: &Account, period: Period, today: Date) -> (Members, bool) {
    let inside = |claim: &&Claim| {
        period.holds(claim.created.date(today))
            || claim
                .instalments
                .iter()
                .any(|instalment| period.holds(instalment.due.date(today)))
    };
    listed(
        account,
        period,
        "krav",
        account
            .claims
            .iter()
            .filter(inside)
            .map(|found| claim(found, today)),
    )
}

/// `innbetalinger`.
pub(super) fn payments(account: &Account, period: Period, today: Date) -> (Members, bool) {
    let inside = |payment: &&Payment| period.holds(payment.date.date(today));
    listed(
        account,
        period,
        "innbetaling",
        account
            .payments
            .iter()
            .filter(inside)
            .map(|found| payment(found, today)),
    )
}

/// `utbetalinger`.
pub(super) fn refunds(account: &Account, period: Period, today: Date) -> (Members, bool) {
    let inside = |refund: &&Refund| period.holds(refund.date.date(today));
    listed(
        account,
        period,
        "utbetaling",
        account
            .refunds
            .iter()
            .filter(inside)
            .map(|found| refund(found, today)),
    )
}

/// What is told about a shielded party: what was asked, and that it is shielded.
pub(super) fn shielded(party: &str, period: Option<Period>) -> Members {
    head(party, period, true)
}

fn listed(
    account: &Account,
    period: Period,
    name: &'static str,
    items: impl Iterator<Item = Node>,
) -> (Members, bool) {
    let items: Vec<Node> = items.collect();
    let nothing = items.is_empty();
    let mut members = head(account.party, Some(period), false);
    members.push((name, Node::List(items)));
    (members, nothing)
}

fn head(party: &str, period: Option<Period>, shielded: bool) -> Members {
    let mut members = vec![("partIdentifikator", Node::text(party))];
    if let Some(Period { from, to }) = period {
        let span = vec![
            ("fraOgMed", Node::text(from.to_string())),
            ("tilOgMed", Node::text(to.to_string())),
        ];
        members.push(("periode", Node::Object(span)));
    }
    members.push(("skjermet", Node::Flag(shielded)));
    members
}

/// Sums in øre.
struct Sums {
    interest: i128,
    overdue: i128,
    not_due: i128,
}

impl Sums {
    /// A claim counts as overdue with all that remains of it once one unpaid instalment is.
    fn of<'a>(claims: impl Iterator<Item = &'a Claim>, today: Date) -> Self {
        let mut sums = Self {
            interest: 0,
            overdue: 0,
            not_due: 0,
        };
        for claim in claims {
            sums.interest += claim.interest.map_or(0, Amount::minor);
            let overdue = claim.instalments.iter().any(|instalment| {
                !instalment.remaining.is_zero() && instalment.due.date(today) < today
            });
            let sum = if overdue {
                &mut sums.overdue
            } else {
                &mut sums.not_due
            };
            *sum += claim.remaining.minor();
        }
        sums
    }

    fn members(&self, unplaced: Option<i128>) -> Members {
        let sum = |minor| Node::Amount(decimal(minor));
        let mut members = vec![
            ("sumStipulerteRenter", sum(self.interest)),
            ("sumForfalteKrav", sum(self.overdue)),
            ("sumIkkeForfalteKrav", sum(self.not_due)),
        ];
        members.extend(unplaced.map(|unplaced| ("sumUplasserteInnbetalinger", sum(unplaced))));
        let balance = self.overdue + self.not_due + self.interest - unplaced.unwrap_or(0);
        members.push(("saldo", sum(balance)));
        members
    }
}

fn claim(claim: &Claim, today: Date) -> Node {
    let mut members = vec![
        ("partIdentifikator", Node::text(claim.part)),
        ("kravidentifikator", Node::text(claim.id)),
        ("kravtype", Node::text(claim.kind)),
        ("opprinneligBeloep", amount(claim.original)),
        ("gjenstaaendeBeloep", amount(claim.remaining)),
        (
            "kravforfall",
            Node::List(
                claim
                    .instalments
                    .iter()
                    .map(|found| instalment(found, today))
                    .collect(),
            ),
        ),
    ];
    members.extend(
        claim
            .interest
            .map(|interest| ("stipulerteRenter", amount(interest))),
    );
    members.push(("kravbeskrivelse", described(claim.description)));
    let term = term(claim, today);
    if !term.is_empty() {
        members.push(("kravperiode", Node::Object(term)));
    }
    members.push((
        "opprettelsesdatoForKrav",
        Node::text(claim.created.date(today).to_string()),
    ));
    members.push(("kravgruppe", Node::text(claim.group)));
    members.extend(
        claim
            .determined
            .map(|how| ("fastsettingsmaate", Node::text(how))),
    );
    members.extend(
        claim
            .principal
            .map(|id| ("hovedstolKravidentifikator", Node::text(id))),
    );
    Node::Object(members)
}

fn term(claim: &Claim, today: Date) -> Members {
    let term = &claim.term;
    let mut members = Members::new();
    members.extend(
        term.name
            .map(|name| ("periodeBeskrivelse", described(name))),
    );
    members.extend(
        term.year
            .map(|year| ("aar", Node::text((today.year() + year).to_string()))),
    );
    if let Some((from, to)) = term.span {
        members.push(("fraDato", Node::text(from.date(today).to_string())));
        members.push(("tilDato", Node::text(to.date(today).to_string())));
    }
    members
}

fn instalment(instalment: &Instalment, today: Date) -> Node {
    let how = instalment.kid.map_or_else(Members::new, |kid| {
        let account = vec![
            ("kontonummer", Node::text("76940518888")),
            ("iban", Node::text("NO5876940518888")),
            ("swiftBIC", Node::text("DNBANOKK")),
        ];
        vec![
            ("kidnummer", Node::text(kid)),
            ("konto", Node::Object(account)),
        ]
    });
    let mut members = vec![
        ("kravforfallsIdentifikator", Node::text(instalment.id)),
        (
            "forfallsdato",
            Node::text(instalment.due.date(today).to_string()),
        ),
        ("opprinneligBeloep", amount(instalment.original)),
        ("gjenstaaendeBeloep", amount(instalment.remaining)),
        ("betalingsinformasjon", Node::Object(how)),
    ];
    if !instalment.payments.is_empty() {
        let placed = instalment
            .payments
            .iter()
            .map(|found| placed(found, today))
            .collect();
        members.push(("plassertInnbetaling", Node::List(placed)));
    }
    Node::Object(members)
}

fn placed(placed: &Placed, today: Date) -> Node {
    Node::Object(vec![
        ("innbetalingsIdentifikator", Node::text(placed.payment)),
        ("plassertBeloep", amount(placed.amount)),
        (
            "plassertDato",
            Node::text(placed.day.date(today).to_string()),
        ),
        (
            "innbetalingsdato",
            Node::text(placed.paid.date(today).to_string()),
        ),
        ("innbetaltBeloep", amount(placed.paid_amount)),
        ("innbetaltFra", payer()),
        ("innbetalingstype", Node::text("Innbetalt OCR")),
    ])
}

fn payment(payment: &Payment, today: Date) -> Node {
    let mut members = vec![
        ("partIdentifikator", Node::text(payment.part)),
        ("innbetalingsidentifikator", Node::text(payment.id)),
        (
            "innbetalingsdato",
            Node::text(payment.date.date(today).to_string()),
        ),
        ("innbetaltBeloep", amount(payment.amount)),
    ];
    members.extend(
        payment
            .unplaced
            .map(|unplaced| ("uplassertBeloep", amount(unplaced))),
    );
    let receiver = vec![("kontonummer", Node::text("63450624804"))];
    members.extend([
        ("mottakersKontonummer", Node::Object(receiver)),
        ("innbetaltFra", payer()),
        ("innbetalingstype", Node::text(payment.kind)),
    ]);
    if !payment.claims.is_empty() {
        let covered = payment
            .claims
            .iter()
            .map(|found| covered(found, today))
            .collect();
        members.push(("plassertKrav", Node::List(covered)));
    }
    Node::Object(members)
}

fn covered(covered: &Covered, today: Date) -> Node {
    Node::Object(vec![
        ("kravforfallIdentifikator", Node::text(covered.instalment)),
        ("plassertBeloep", amount(covered.amount)),
        (
            "plassertDato",
            Node::text(covered.placed.date(today).to_string()),
        ),
        ("kravbeskrivelse", described(covered.description)),
        (
            "kravforfallsdato",
            Node::text(covered.due.date(today).to_string()),
        ),
        ("opprinneligKravforfallsbeloep", amount(covered.original)),
        ("gjenstaaendeKravforfallsbeloep", amount(covered.remaining)),
    ])
}

fn refund(refund: &Refund, today: Date) -> Node {
    let credit = Node::Object(vec![
        ("kravforfallidentifikator", Node::text(refund.instalment)),
        ("opprinneligBeloep", amount(refund.credit)),
        ("gjenstaaendeBeloep", amount(Amount("0.0"))),
        ("utbetaltBeloep", amount(refund.amount)),
        ("kravtype", Node::text(refund.kind)),
        (
            "kravperiode",
            Node::Object(vec![(
                "aar",
                Node::text((today.year() + refund.year).to_string()),
            )]),
        ),
    ]);
    let to = vec![
        ("meldingSendtTilMottaker", Node::text(refund.message)),
        (
            "konto",
            Node::Object(vec![("kontonummer", Node::text("627xxxxxx"))]),
        ),
        ("valutakode", Node::text("NOK")),
    ];
    Node::Object(vec![
        ("partIdentifikator", Node::text(refund.part)),
        ("utbetalingsidentifikator", Node::text(refund.id)),
        (
            "utbetaltdato",
            Node::text(refund.date.date(today).to_string()),
        ),
        ("utbetaltBeloep", amount(refund.amount)),
        ("betaltTil", Node::Object(to)),
        (
            "grunnlagForUtbetaling",
            Node::Object(vec![("kreditKrav", Node::List(vec![credit]))]),
        ),
        ("utbetalingstatus", Node::text("bekreftet")),
    ])
}

fn amount(amount: Amount) -> Node {
    Node::Amount(amount.0.to_owned())
}

fn payer() -> Node {
    let account = vec![("kontonummer", Node::text("******43210"))];
    Node::Object(vec![("konto", Node::Object(account))])
}

fn described(text: &str) -> Node {
    let text = Node::Object(vec![
        ("tekst", Node::text(text)),
        ("spraak", Node::text("nb")),
    ]);
    Node::Object(vec![("spraakTekst", Node::List(vec![text]))])
}

#[cfg(test)]
mod tests {
    use super::super::data::account;
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 20);

    #[test]
    fn open_claims_are_summed_without_rounding() {
        let (members, nothing) = open_claims(account("313367002").unwrap(), TODAY);
        let json = Node::Object(members).json();
        assert!(!nothing);
        assert!(
            json.contains(
                r#""totalOversikt":{"sumStipulerteRenter":120.5,"sumForfalteKrav":6000.1,"sumIkkeForfalteKrav":28125.25,"sumUplasserteInnbetalinger":500.0,"saldo":33745.85}"#
            ),
            "{json}"
        );
        assert!(
            json.contains(r#""partIdentifikator":"04827896468","kravidentifikator":"2000002""#)
        );
        assert!(json.contains(r#""betalingsinformasjon":{}"#));
        let (members, _) = open_claims(account("314055403").unwrap(), TODAY);
        assert!(
            Node::Object(members)
                .json()
                .contains(r#""saldo":12345679049444.75"#)
        );
    }

    #[test]
    fn a_claim_over_new_year_shows_in_both_windows() {
        let account = account("313367002").unwrap();
        for (from, to) in [
            (date!(2025 - 01 - 01), date!(2025 - 12 - 31)),
            (date!(2026 - 01 - 01), date!(2026 - 12 - 31)),
        ] {
            let (members, _) = claims(account, Period { from, to }, TODAY);
            assert!(
                Node::Object(members)
                    .json()
                    .contains(r#""kravidentifikator":"2000003""#)
            );
        }
    }

    #[test]
    fn nothing_is_told_as_such() {
        let (members, nothing) = open_claims(account("14858512450").unwrap(), TODAY);
        assert!(nothing);
        assert!(
            Node::Object(members)
                .json()
                .contains(r#""aapentKravMedGjenstaaendeBeloep":[]"#)
        );
        let period = Period {
            from: date!(2026 - 01 - 01),
            to: date!(2026 - 12 - 31),
        };
        assert!(!refunds(account("14858512450").unwrap(), period, TODAY).1);
        assert!(payments(account("14858512450").unwrap(), period, TODAY).1);
    }
}
