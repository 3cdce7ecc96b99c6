//! `[[budget]]` tables: limits of the calls to a service, in the file of the pins. The operator and
//! the components agree on the names of classes.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use crate::allowed_hosts::Origin;
use crate::document::{Document, DocumentError};

/// Class of calls without a mark, or with one that the budget does not name.
const OTHER: &str = "other";
/// Largest figure of a budget.
const LARGEST: u32 = 1000;

/// Raw form of a `[[budget]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBudget {
    name: String,
    origins: Vec<String>,
    calls_per_second: Option<NonZeroU32>,
    calls_in_progress: Option<NonZeroU32>,
    calls_per_second_per_customer: Option<NonZeroU32>,
    calls_in_progress_per_customer: Option<NonZeroU32>,
    /// Marks with a separate count for each value.
    #[serde(default)]
    counted_by: Vec<CountedBy>,
    /// Share of this machine in all figures, such as `"1/2"` on each of two.
    share: Option<String>,
    #[serde(default)]
    class: Vec<RawClass>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum CountedBy {
    Tenant,
    Service,
}

/// Raw form of a `[[budget.class]]` table, in calls per second.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    name: String,
    /// Calls reserved for this class.
    reserved: Option<NonZeroU32>,
    /// Maximum of the class.
    most: Option<NonZeroU32>,
}

/// Valid budget, with this machine's share.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(super) name: String,
    pub(super) origins: Vec<Origin>,
    pub(super) by_tenant: bool,
    pub(super) by_service: bool,
    pub(super) limits: Arc<Limits>,
}

/// Limits of a budget.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) rate: Option<Rate>,
    pub(super) customer_rate: Option<Rate>,
    pub(super) in_progress: Option<usize>,
    pub(super) customer_in_progress: Option<usize>,
    /// Classes, at least one. The last, named `other`, gets all calls that match no other class.
    pub(super) classes: Vec<Class>,
}

/// Figures of a class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) reserved: Option<Rate>,
    pub(super) most: Option<Rate>,
}

/// Rate limit: at most `calls` calls within any period of length `per`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) calls: usize,
    pub(super) per: Duration,
}

/// Share of all figures that this machine has.
#[derive(Clone, Copy)]
struct Share {
    part: u32,
    of: u32,
}

/// Faults of a file, reported together.
#[derive(Default)]
struct Faults(Vec<String>);

impl Budget {
    /// Checks the `[[budget]]` tables of a document.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Refused`] names every fault of every budget.
    pub(crate) fn all(document: &Document, tables: Vec<Table>) -> Result<Vec<Self>, DocumentError> {
        let (mut faults, mut budgets) = (Faults::default(), Vec::<Self>::new());
        for (place, table) in (1_usize..).zip(tables) {
            let name = table.get("name").and_then(Value::as_str);
            let name = name.filter(|name| is_name(name));
            let name = name.map_or_else(|| format!("{place}"), |name| format!("`{name}`"));
            let mut own = Faults::default();
            if let Some(budget) = own.read(document, table) {
                if budgets.iter().any(|other| other.name == budget.name) {
                    own.add("the name is used twice");
                }
                let taken = |origin: &&Origin| {
                    let mut others = budgets.iter();
                    others.any(|other| other.origins.contains(origin))
                };
                for origin in budget.origins.iter().filter(taken) {
                    own.add(format!("another budget has {origin} too"));
                }
                budgets.push(budget);
            }
            let own = own.0.into_iter();
            faults
                .0
                .extend(own.map(|fault| format!("budget {name}: {fault}")));
        }
        if faults.0.is_empty() {
            Ok(budgets)
        } else {
            Err(document.refused(faults.0.join("; ")))
        }
    }

    pub(super) fn is_for(&self, origin: &Origin) -> bool {
        self.origins.contains(origin)
    }
}

impl Limits {
    /// Returns the index of the class of this name, or of `other`.
    pub(super) fn class(&self, name: Option<&str>) -> usize {
        let named = |name: &str| self.classes.iter().position(|class| class.name == name);
        name.and_then(named)
            .or_else(|| named(OTHER))
            .unwrap_or_default()
    }

    /// Returns the name of the class at this index.
    pub(super) fn name(&self, class: usize) -> &str {
        self.classes.get(class).map_or(OTHER, |class| &class.name)
    }

    /// Returns the windows over which calls are counted.
    pub(super) fn periods(&self) -> impl Iterator<Item = Duration> {
        let classes = self.classes.iter();
        let rates = classes.flat_map(|class| [class.reserved, class.most]);
        let rates = rates.chain([self.rate, self.customer_rate]);
        rates.flatten().map(|rate| rate.per)
    }
}

impl Share {
    const WHOLE: Self = Self { part: 1, of: 1 };

    /// Parses `part/of`, at most a hundredth and at most the whole.
    fn parse(text: &str) -> Option<Self> {
        let (part, of) = text.split_once('/')?;
        let (part, of) = (part.trim().parse().ok()?, of.trim().parse().ok()?);
        (part >= 1 && part <= of && of <= 100).then_some(Self { part, of })
    }

    /// Returns the share of a rate per second: whole calls within a second, or one within a longer
    /// time.
    fn rate(self, calls: NonZeroU32) -> Rate {
        let parts = calls.get().saturating_mul(self.part);
        let whole = parts.checked_div(self.of).unwrap_or_default();
        if whole >= 1 {
            return Rate {
                calls: count(whole),
                per: Duration::from_secs(1),
            };
        }
        Rate {
            calls: 1,
            per: Duration::from_secs(self.of.into())
                .checked_div(parts)
                .unwrap_or(Duration::MAX),
        }
    }

    /// Returns the share of the calls in progress, rounded down.
    fn calls(self, calls: NonZeroU32) -> usize {
        let parts = calls.get().saturating_mul(self.part);
        count(parts.checked_div(self.of).unwrap_or_default())
    }
}

/// Returns whether a text is a valid name, also in a header and in the log.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn count(figure: u32) -> usize {
    usize::try_from(figure).unwrap_or(usize::MAX)
}

impl Faults {
    fn add(&mut self, fault: impl Display) {
        self.0.push(fault.to_string());
    }

    /// Reads a budget and collects its faults. Returns `None` if the table cannot be read at all.
    fn read(&mut self, document: &Document, table: Table) -> Option<Budget> {
        let written: RawBudget = match document.value(Value::Table(table)) {
            Ok(written) => written,
            Err(DocumentError::Refused { message, .. }) => {
                self.add(message);
                return None;
            }
            Err(error) => {
                self.add(error);
                return None;
            }
        };
        self.name(&written.name);
        let origins = self.origins(&written.origins);
        self.figures(&written);
        let share = match written.share.as_deref().map(Share::parse) {
            None => Share::WHOLE,
            Some(Some(share)) => share,
            Some(None) => {
                self.add("`share` must be a part such as \"1/2\", of at most 100");
                Share::WHOLE
            }
        };
        let limits = Arc::new(self.limits(&written, share));
        Some(Budget {
            name: written.name,
            origins,
            by_tenant: written.counted_by.contains(&CountedBy::Tenant),
            by_service: written.counted_by.contains(&CountedBy::Service),
            limits,
        })
    }

    fn name(&mut self, name: &str) {
        if !is_name(name) {
            self.add("a `name` must be of 1 to 64 letters, digits, - and _");
        }
    }

    fn origins(&mut self, written: &[String]) -> Vec<Origin> {
        if written.is_empty() {
            self.add("`origins` is empty");
        }
        let mut origins = Vec::new();
        for text in written {
            match Origin::of_entry(text) {
                Ok(origin) if origins.contains(&origin) => {
                    self.add(format!("`origins` has {origin} twice"));
                }
                Ok(origin) => origins.push(origin),
                Err(error) => self.add(format!("`origins`: {error}")),
            }
        }
        origins
    }

    /// Checks the figures as written, for all machines together.
    fn figures(&mut self, written: &RawBudget) {
        let (rate, in_progress) = (written.calls_per_second, written.calls_in_progress);
        if rate.is_none() && in_progress.is_none() {
            self.add("`calls_per_second` or `calls_in_progress` is missing");
        }
        let figures = [
            ("calls_per_second", rate),
            ("calls_in_progress", in_progress),
        ];
        for (key, figure) in figures {
            if figure.is_some_and(|figure| figure.get() > LARGEST) {
                self.add(format!("`{key}` must be at most {LARGEST}"));
            }
        }
        let of_customer = [
            (
                "calls_per_second_per_customer",
                written.calls_per_second_per_customer,
                rate,
            ),
            (
                "calls_in_progress_per_customer",
                written.calls_in_progress_per_customer,
                in_progress,
            ),
        ];
        for (key, figure, whole) in of_customer {
            if figure.is_some_and(|figure| whole.is_none_or(|whole| figure > whole)) {
                self.add(format!("`{key}` is more than all customers have"));
            }
        }
        for (place, class) in written.class.iter().enumerate() {
            self.name(&class.name);
            if !is_name(&class.name) {
                continue;
            }
            let mut earlier = written.class.iter().take(place);
            if earlier.any(|other| other.name == class.name) {
                self.add(format!("the class `{}` is there twice", class.name));
            }
            let more = |figure: Option<NonZeroU32>, whole: Option<NonZeroU32>| {
                figure.is_some_and(|figure| whole.is_none_or(|whole| figure > whole))
            };
            if more(class.reserved, rate) || more(class.most, rate) {
                let fault = "has more than `calls_per_second`";
                self.add(format!("the class `{}` {fault}", class.name));
            }
            if class.most.is_some() && more(class.reserved, class.most) {
                self.add(format!(
                    "the class `{}` reserves more than its `most`",
                    class.name
                ));
            }
        }
    }

    /// Computes the figures of this machine. A part must remain for classes without a reserve.
    fn limits(&mut self, written: &RawBudget, share: Share) -> Limits {
        let rate = written.calls_per_second.map(|calls| share.rate(calls));
        let in_progress = written.calls_in_progress.map(|calls| share.calls(calls));
        if in_progress == Some(0) {
            self.add("`share` leaves no call in progress");
        }
        let mut classes: Vec<Class> = Vec::new();
        for class in &written.class {
            classes.push(Class {
                name: class.name.clone(),
                reserved: class.reserved.map(|calls| share.rate(calls)),
                most: class.most.map(|calls| share.rate(calls)),
            });
        }
        let reserved = classes.iter().filter_map(|class| class.reserved);
        let reserved = reserved.fold(0_usize, |sum, rate| sum.saturating_add(rate.calls));
        if rate.is_some_and(|rate| reserved > 0 && reserved >= rate.calls) {
            self.add(
                "the classes reserve all calls of this machine's share, so that others have none",
            );
        }
        if classes.iter().all(|class| class.name != OTHER) {
            classes.push(Class {
                name: OTHER.to_owned(),
                reserved: None,
                most: None,
            });
        }
        Limits {
            rate,
            customer_rate: written
                .calls_per_second_per_customer
                .map(|calls| share.rate(calls)),
            in_progress,
            customer_in_progress: written
                .calls_in_progress_per_customer
                .map(|calls| share.calls(calls).max(1)),
            classes,
        }
    }
}

#[cfg(test)]
mod tests;
