//! The elements of the answers: claims, payments and refunds as Skatteetaten writes them, with the
//! spellings that differ from place to place.

use time::Date;

use super::ledger::{
    Amount, BankAccount, Claim, CoveredInstalment, Instalment, Offset, Payment, Placement, Refund,
};
use crate::kit::document::{Members, Node};

/// Builds a `Krav` element.
pub(super) fn claim(claim: &Claim, today: Date) -> Node {
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
    members.extend(term.year.map(|year| {
        (
            "aar",
            Node::text(today.year().saturating_add(year).to_string()),
        )
    }));
    if let Some((from, to)) = term.span {
        members.push(("fraDato", Node::text(from.date(today).to_string())));
        members.push(("tilDato", Node::text(to.date(today).to_string())));
    }
    members
}

fn instalment(instalment: &Instalment, today: Date) -> Node {
    let how = instalment.kid.map_or_else(Members::new, |kid| {
        vec![
            ("kidnummer", Node::text(kid)),
            ("konto", bank_account(&BankAccount::COLLECTION)),
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
    if !instalment.offsets.is_empty() {
        let offsets = instalment
            .offsets
            .iter()
            .map(|found| offset(found, today))
            .collect();
        members.push(("plassertMotkrav", Node::List(offsets)));
    }
    Node::Object(members)
}

fn offset(offset: &Offset, today: Date) -> Node {
    let year = today.year().saturating_add(offset.year).to_string();
    Node::Object(vec![
        ("kravforfallsIdentifikator", Node::text(offset.instalment)),
        ("plassertBeloep", amount(offset.amount)),
        ("kravtype", Node::text(offset.kind)),
        (
            "plassertDato",
            Node::text(offset.placed.date(today).to_string()),
        ),
        ("kravbeskrivelse", described(offset.description)),
        (
            "forfallsdato",
            Node::text(offset.due.date(today).to_string()),
        ),
        ("kravperiode", Node::Object(vec![("aar", Node::text(year))])),
    ])
}

fn placed(placed: &Placement, today: Date) -> Node {
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
        ("innbetaltFra", payer(&placed.from)),
        ("innbetalingstype", Node::text("Innbetalt OCR")),
    ])
}

/// Builds an `Innbetaling` element.
pub(super) fn payment(payment: &Payment, today: Date) -> Node {
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
        ("innbetaltFra", payer(&payment.from)),
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

fn covered(covered: &CoveredInstalment, today: Date) -> Node {
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

/// Builds an `Utbetaling` element.
pub(super) fn refund(refund: &Refund, today: Date) -> Node {
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
                Node::text(today.year().saturating_add(refund.year).to_string()),
            )]),
        ),
    ]);
    let to = vec![
        ("meldingSendtTilMottaker", Node::text(refund.message)),
        ("konto", bank_account(&refund.to)),
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

fn payer(account: &BankAccount) -> Node {
    Node::Object(vec![("konto", bank_account(account))])
}

fn bank_account(account: &BankAccount) -> Node {
    let members = [
        ("bankinformasjon", account.bank),
        ("kontoeiersNavn", account.owner),
        ("kontonummer", account.number),
        ("iban", account.iban),
        ("swiftBIC", account.swift),
    ];
    let members = members.into_iter();
    Node::Object(
        members
            .filter_map(|(name, text)| Some((name, Node::text(text?))))
            .collect(),
    )
}

fn described(text: &str) -> Node {
    let text = Node::Object(vec![
        ("tekst", Node::text(text)),
        ("spraak", Node::text("nb")),
    ]);
    Node::Object(vec![("spraakTekst", Node::List(vec![text]))])
}
