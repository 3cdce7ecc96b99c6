//! The four answers, from what is on record.

use time::Date;

use super::element::{claim, payment, refund};
use super::ledger::{Account, Amount, Claim, Payment, Refund, decimal};
use super::period::Period;
use crate::kit::document::{Members, Node};

/// Contents of a dataset's answer.
pub(super) struct Contents {
    pub(super) members: Members,
    /// True if the answer has no items.
    pub(super) is_empty: bool,
}

/// Builds `aapnekrav`: open claims, unplaced payments, and sums.
pub(super) fn open_claims(account: &Account, today: Date) -> Contents {
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
        let sums = Sums::add_up(
            claims.iter().copied().filter(|claim| claim.group == group),
            today,
        );
        let mut members = vec![("kravgruppe", Node::text(group))];
        members.extend(sums.members(None));
        Node::Object(members)
    });
    let per_group = per_group.collect();
    let unplaced_sum = unplaced.iter().map(|(_, amount)| amount.minor()).sum();
    let totals = Sums::add_up(claims.iter().copied(), today).members(Some(unplaced_sum));
    let is_empty = claims.is_empty() && unplaced.is_empty();
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
    Contents { members, is_empty }
}

/// Builds `krav`. Assumption: a claim belongs to a window if it was made in it or an instalment is
/// due in it; the documentation does not name the relevant date.
pub(super) fn claims(account: &Account, period: Period, today: Date) -> Contents {
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

/// Builds the dataset `innbetalinger`: payments in the period.
pub(super) fn payments(account: &Account, period: Period, today: Date) -> Contents {
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

/// Builds the dataset `utbetalinger`: payouts in the period.
pub(super) fn refunds(account: &Account, period: Period, today: Date) -> Contents {
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

/// Builds the answer for a shielded party: the query, and that the party is shielded.
pub(super) fn shielded(party: &str, period: Option<Period>) -> Members {
    head(party, period, true)
}

fn listed(
    account: &Account,
    period: Period,
    name: &'static str,
    items: impl Iterator<Item = Node>,
) -> Contents {
    let items: Vec<Node> = items.collect();
    let is_empty = items.is_empty();
    let mut members = head(account.party, Some(period), false);
    members.push((name, Node::List(items)));
    Contents { members, is_empty }
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
    /// Adds up the claims. A claim with one unpaid, overdue instalment counts as overdue with its
    /// whole remainder.
    fn add_up<'a>(claims: impl Iterator<Item = &'a Claim>, today: Date) -> Self {
        let mut sums = Self {
            interest: 0,
            overdue: 0,
            not_due: 0,
        };
        for claim in claims {
            let interest = claim.interest.map_or(0, Amount::minor);
            sums.interest = sums.interest.saturating_add(interest);
            let overdue = claim.instalments.iter().any(|instalment| {
                !instalment.remaining.is_zero() && instalment.due.date(today) < today
            });
            let sum = if overdue {
                &mut sums.overdue
            } else {
                &mut sums.not_due
            };
            *sum = sum.saturating_add(claim.remaining.minor());
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
        let due = self.overdue.saturating_add(self.not_due);
        let owed = due.saturating_add(self.interest);
        let balance = owed.saturating_sub(unplaced.unwrap_or(0));
        members.push(("saldo", sum(balance)));
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skatteetaten::data::account;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 20);

    #[test]
    fn open_claims_are_summed_without_rounding() {
        let contents = open_claims(account("313367002").unwrap(), TODAY);
        assert!(!contents.is_empty);
        let json = Node::Object(contents.members).json();
        assert!(
            json.contains(
                r#""totalOversikt":{"sumStipulerteRenter":120.5,"sumForfalteKrav":6083.1,"sumIkkeForfalteKrav":28125.25,"sumUplasserteInnbetalinger":500.0,"saldo":33828.85}"#
            ),
            "{json}"
        );
        assert!(
            json.contains(r#""partIdentifikator":"04827896468","kravidentifikator":"2000002""#)
        );
        assert!(json.contains(r#""betalingsinformasjon":{}"#));
        let contents = open_claims(account("314055403").unwrap(), TODAY);
        assert!(
            Node::Object(contents.members)
                .json()
                .contains(r#""saldo":149462.75"#)
        );
    }

    #[test]
    fn a_claim_over_new_year_shows_in_both_windows() {
        let account = account("313367002").unwrap();
        for (from, to) in [
            (date!(2025 - 01 - 01), date!(2025 - 12 - 31)),
            (date!(2026 - 01 - 01), date!(2026 - 12 - 31)),
        ] {
            let contents = claims(account, Period { from, to }, TODAY);
            assert!(
                Node::Object(contents.members)
                    .json()
                    .contains(r#""kravidentifikator":"2000003""#)
            );
        }
    }

    #[test]
    fn nothing_is_told_as_such() {
        let contents = open_claims(account("14858512450").unwrap(), TODAY);
        assert!(contents.is_empty);
        assert!(
            Node::Object(contents.members)
                .json()
                .contains(r#""aapentKravMedGjenstaaendeBeloep":[]"#)
        );
        let period = Period {
            from: date!(2026 - 01 - 01),
            to: date!(2026 - 12 - 31),
        };
        assert!(!refunds(account("14858512450").unwrap(), period, TODAY).is_empty);
        assert!(payments(account("14858512450").unwrap(), period, TODAY).is_empty);
    }
}
