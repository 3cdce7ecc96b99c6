//! Records of a party: claims, payments, refunds. Dates count years from the present one, so that
//! the data do not age.

use time::{Date, Month};

/// Kroner as they are sent: digits, a point, one or more decimals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Amount(pub(super) &'static str);

/// A day: years from the present one, month, day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Day(pub(super) i32, pub(super) u8, pub(super) u8);

/// Records of one party.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) party: &'static str,
    pub(super) shielded: bool,
    pub(super) claims: &'static [Claim],
    pub(super) payments: &'static [Payment],
    pub(super) refunds: &'static [Refund],
}

/// Claim (`Krav`).
#[derive(Debug)]
pub(super) struct Claim {
    /// The party that owes: of a sole trader, the enterprise or its owner.
    pub(super) part: &'static str,
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) group: &'static str,
    pub(super) original: Amount,
    pub(super) remaining: Amount,
    pub(super) interest: Option<Amount>,
    pub(super) description: &'static str,
    pub(super) term: Term,
    pub(super) created: Day,
    pub(super) determined: Option<&'static str>,
    pub(super) principal: Option<&'static str>,
    pub(super) instalments: &'static [Instalment],
}

/// Period of a claim (`kravperiode`). Any part may be absent.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) name: Option<&'static str>,
    /// Year, relative to the present one.
    pub(super) year: Option<i32>,
    pub(super) span: Option<(Day, Day)>,
}

/// Instalment of a claim (`Kravforfall`).
#[derive(Debug)]
pub(super) struct Instalment {
    pub(super) id: &'static str,
    pub(super) due: Day,
    pub(super) original: Amount,
    pub(super) remaining: Amount,
    pub(super) kid: Option<&'static str>,
    pub(super) payments: &'static [Placement],
    pub(super) offsets: &'static [Offset],
}

/// Bank account (`konto`). Any member may be absent.
#[derive(Clone, Copy, Debug)]
pub(super) struct BankAccount {
    /// `bankinformasjon`. Assumption: a text; its type is not published.
    pub(super) bank: Option<&'static str>,
    /// Owner's name (`kontoeiersNavn`).
    pub(super) owner: Option<&'static str>,
    /// Account number (`kontonummer`), which may be masked.
    pub(super) number: Option<&'static str>,
    pub(super) iban: Option<&'static str>,
    pub(super) swift: Option<&'static str>,
}

impl BankAccount {
    /// Account with no known members: `{}`.
    pub(super) const EMPTY: Self = Self {
        bank: None,
        owner: None,
        number: None,
        iban: None,
        swift: None,
    };

    /// Payer's account, masked.
    pub(super) const MASKED: Self = Self {
        number: Some("******43210"),
        ..Self::EMPTY
    };

    /// Account of the Tax Administration, for payments.
    pub(super) const COLLECTION: Self = Self {
        bank: Some("DNB Bank ASA"),
        owner: Some("Skatteetaten"),
        number: Some("76940518888"),
        iban: Some("NO5876940518888"),
        swift: Some("DNBANOKK"),
    };
}

/// `plassertMotkrav`: a credit claim set off against an instalment.
#[derive(Debug)]
pub(super) struct Offset {
    /// The credit claim's instalment.
    pub(super) instalment: &'static str,
    pub(super) amount: Amount,
    pub(super) kind: &'static str,
    pub(super) placed: Day,
    pub(super) description: &'static str,
    pub(super) due: Day,
    /// Year, relative to the present one.
    pub(super) year: i32,
}

/// Part of a payment that covers an instalment.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) payment: &'static str,
    /// Negative in the VAT ledger, positive in the tax ledger.
    pub(super) amount: Amount,
    pub(super) day: Day,
    pub(super) paid: Day,
    pub(super) paid_amount: Amount,
    pub(super) from: BankAccount,
}

/// Payment (`Innbetaling`).
#[derive(Debug)]
pub(super) struct Payment {
    pub(super) part: &'static str,
    pub(super) id: &'static str,
    pub(super) date: Day,
    pub(super) amount: Amount,
    pub(super) unplaced: Option<Amount>,
    pub(super) from: BankAccount,
    pub(super) kind: &'static str,
    pub(super) claims: &'static [CoveredInstalment],
}

/// Instalment that a payment covers.
#[derive(Debug)]
pub(super) struct CoveredInstalment {
    pub(super) instalment: &'static str,
    pub(super) amount: Amount,
    pub(super) placed: Day,
    pub(super) description: &'static str,
    pub(super) due: Day,
    pub(super) original: Amount,
    pub(super) remaining: Amount,
}

/// Payout (`Utbetaling`).
#[derive(Debug)]
pub(super) struct Refund {
    pub(super) part: &'static str,
    pub(super) id: &'static str,
    pub(super) date: Day,
    pub(super) amount: Amount,
    pub(super) message: &'static str,
    pub(super) instalment: &'static str,
    pub(super) kind: &'static str,
    pub(super) credit: Amount,
    /// Year, relative to the present one.
    pub(super) year: i32,
    pub(super) to: BankAccount,
}

impl Amount {
    /// Returns the exact amount in øre, for sums. Single amounts are sent as written.
    pub(super) fn minor(self) -> i128 {
        let (negative, digits) = match self.0.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let minor = format!("{whole}{fraction:0<2.2}")
            .parse::<i128>()
            .unwrap_or_default();
        if negative {
            minor.saturating_neg()
        } else {
            minor
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self.minor() == 0
    }
}

/// Formats øre as kroner, with one decimal or two.
pub(super) fn decimal(minor: i128) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs();
    let text = format!("{sign}{}.{:02}", digits / 100, digits % 100);
    match text.strip_suffix('0') {
        Some(shorter) => shorter.to_owned(),
        None => text,
    }
}

impl Day {
    pub(super) fn date(self, today: Date) -> Date {
        let month = Month::try_from(self.1).unwrap_or(Month::January);
        Date::from_calendar_date(today.year().saturating_add(self.0), month, self.2)
            .unwrap_or(Date::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        for (text, minor) in [
            ("0.1", 10),
            ("25000.0", 2_500_000),
            ("-62374.05", -6_237_405),
            ("7", 700),
            ("0.0", 0),
        ] {
            assert_eq!(Amount(text).minor(), minor, "{text}");
        }
        let sum: i128 = [Amount("0.1"), Amount("0.2"), Amount("12345678901234.55")]
            .map(Amount::minor)
            .iter()
            .sum();
        assert_eq!(decimal(sum), "12345678901234.85");
        assert_eq!(decimal(-10), "-0.1");
        assert_eq!(decimal(0), "0.0");
    }
}
