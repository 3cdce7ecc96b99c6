//! What Posten would refuse, told before anything is sent.

mod documents;
mod mixtures;
mod signers;

use time::{Duration, OffsetDateTime};
use url::Url;

use super::{FARTHEST, Job, LONGEST, Plan, Rule, Unfit};
use crate::config::Origin;
use crate::party::Environment;
use crate::posten::text;
use crate::text::{holds_number, is_displayable};

/// Where persons may not be named (signering-docs, "Sikkerhet"): in all texts but two.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Persons {
    Allowed,
    Forbidden,
}

impl Job {
    /// Tells the first rule that the job breaks: of the schemas, of Posten's documentation, and of where persons may be named.
    ///
    /// What Posten gives to public senders only is not judged by the sender, whose kind is not known here; what neither
    /// kind may have is refused.
    ///
    /// # Errors
    /// The field and the rule that it breaks.
    pub fn check(&self, environment: Environment, now: OffsetDateTime) -> Result<(), Unfit> {
        self.check_plan(now)?;
        check_text("reference", &self.reference, 0, 50, Persons::Forbidden)?;
        if let Some(queue) = &self.queue {
            // The schema knows no limit; this one is ours, so that it fits into an address.
            check_text("queue", queue, 1, 200, Persons::Forbidden)?;
        }
        check_text("title", &self.title, 1, 80, Persons::Allowed)?;
        if let Some(title) = &self.nonsensitive_title {
            only_in_portal("nonsensitive_title", &self.plan)?;
            check_text("nonsensitive_title", title, 1, 80, Persons::Forbidden)?;
        }
        if let Some(description) = &self.description {
            check_text("description", description, 0, 220, Persons::Allowed)?;
        }
        self.check_documents()?;
        self.check_signers(environment)?;
        self.check_mixtures()
    }

    fn check_plan(&self, now: OffsetDateTime) -> Result<(), Unfit> {
        match &self.plan {
            Plan::Direct { exit } => {
                check_address("exit.completion", &exit.completion)?;
                check_address("exit.rejection", &exit.rejection)?;
                check_address("exit.error", &exit.error)
            }
            Plan::Portal {
                activation,
                available,
            } => {
                let latest = now.saturating_add(FARTHEST);
                let is_unfit = |time: &OffsetDateTime| time.year() < 1 || *time > latest;
                if activation.as_ref().is_some_and(is_unfit) {
                    return unfit("activation", Rule::Time);
                }
                let lasts = |time: &Duration| {
                    time.subsec_nanoseconds() == 0 && (Duration::ZERO..=LONGEST).contains(time)
                };
                if available.as_ref().is_some_and(|time| !lasts(time)) {
                    return unfit("available", Rule::Availability);
                }
                Ok(())
            }
        }
    }
}

/// A text of `least` to `most` characters.
fn check_text(
    field: &str,
    value: &str,
    least: usize,
    most: usize,
    persons: Persons,
) -> Result<(), Unfit> {
    let length = text::composed(value).chars().count();
    if !(least..=most).contains(&length) {
        return unfit(field, Rule::Length(least, most));
    }
    if !text::is_writable(value) || !is_displayable(value) {
        return unfit(field, Rule::Character);
    }
    if persons == Persons::Forbidden && holds_number(value) {
        return unfit(field, Rule::PersonalData);
    }
    Ok(())
}

/// Where a browser is sent. Posten adds a parameter to it.
fn check_address(field: &str, address: &str) -> Result<(), Unfit> {
    check_text(field, address, 1, 500, Persons::Forbidden)?;
    if text::address_holds_number(address) {
        return unfit(field, Rule::PersonalData);
    }
    let is_safe = Url::parse(address).is_ok_and(|url| {
        let origin = Origin::parse(&url.origin().ascii_serialization());
        url.fragment().is_none() && origin.is_some_and(|origin| origin.owns(address))
    });
    if is_safe {
        Ok(())
    } else {
        unfit(field, Rule::Address)
    }
}

fn only_in_portal(field: &str, plan: &Plan) -> Result<(), Unfit> {
    match plan {
        Plan::Direct { .. } => unfit(field, Rule::PortalOnly),
        Plan::Portal { .. } => Ok(()),
    }
}

fn unfit<T>(field: &str, rule: Rule) -> Result<T, Unfit> {
    Err(Unfit {
        field: field.to_owned(),
        rule,
    })
}
