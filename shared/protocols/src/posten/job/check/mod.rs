//! Validation of a job before it is sent.

mod documents;
mod mixtures;
mod signers;

use time::{Duration, OffsetDateTime};
use url::Url;

use super::{FARTHEST, InvalidJob, Job, LONGEST, Plan, Violation};
use crate::posten::text;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::text::{holds_number, is_displayable};

/// Permission for a text to name persons (signering-docs, "Sikkerhet"): only two texts may.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Persons {
    Allowed,
    Forbidden,
}

impl Job {
    /// Checks the job against the schemas, Posten's documentation, and the rules on personal data.
    ///
    /// The kind of the sender is unknown here, so a feature for public senders only is accepted. A
    /// combination that neither kind of sender may use is refused.
    ///
    /// # Errors
    /// [`InvalidJob`] with the first violation: the field and the rule that it breaks.
    pub fn check(&self, environment: Environment, now: OffsetDateTime) -> Result<(), InvalidJob> {
        self.check_plan(now)?;
        self.check_texts()?;
        self.check_documents()?;
        self.check_signers(environment)?;
        self.check_mixtures()
    }

    /// Checks what a template fixes of a job: all but the contents of the documents. The job may
    /// lack signers, since the customer is added with the order.
    ///
    /// # Errors
    /// [`InvalidJob`] with the first violation.
    pub fn check_template(
        &self,
        environment: Environment,
        now: OffsetDateTime,
    ) -> Result<(), InvalidJob> {
        self.check_plan(now)?;
        self.check_texts()?;
        self.check_titles()?;
        if !self.signers.is_empty() {
            self.check_signers(environment)?;
        }
        self.check_mixtures()
    }

    fn check_texts(&self) -> Result<(), InvalidJob> {
        check_text("reference", &self.reference, 0, 50, Persons::Forbidden)?;
        if let Some(queue) = &self.queue {
            // The schema has no limit; this limit of the app keeps the name short enough for an
            // address.
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
        Ok(())
    }

    fn check_plan(&self, now: OffsetDateTime) -> Result<(), InvalidJob> {
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
                    return invalid("activation", Violation::Time);
                }
                let lasts = |time: &Duration| {
                    time.subsec_nanoseconds() == 0 && (Duration::ZERO..=LONGEST).contains(time)
                };
                if available.as_ref().is_some_and(|time| !lasts(time)) {
                    return invalid("available", Violation::Availability);
                }
                Ok(())
            }
        }
    }
}

/// Checks that a text has `least` to `most` characters and no forbidden content.
fn check_text(
    field: &str,
    value: &str,
    least: usize,
    most: usize,
    persons: Persons,
) -> Result<(), InvalidJob> {
    let length = text::composed(value).chars().count();
    if !(least..=most).contains(&length) {
        return invalid(field, Violation::Length(least, most));
    }
    if !text::is_writable(value) || !is_displayable(value) {
        return invalid(field, Violation::Character);
    }
    if persons == Persons::Forbidden && holds_number(value) {
        return invalid(field, Violation::PersonalData);
    }
    Ok(())
}

/// Checks the exit address of a browser. Posten adds a parameter to it.
fn check_address(field: &str, address: &str) -> Result<(), InvalidJob> {
    check_text(field, address, 1, 500, Persons::Forbidden)?;
    if text::address_holds_number(address) {
        return invalid(field, Violation::PersonalData);
    }
    let is_safe = Url::parse(address).is_ok_and(|url| {
        let origin = Origin::parse(&url.origin().ascii_serialization());
        url.fragment().is_none() && origin.is_some_and(|origin| origin.owns(address))
    });
    if is_safe {
        Ok(())
    } else {
        invalid(field, Violation::Address)
    }
}

fn only_in_portal(field: &str, plan: &Plan) -> Result<(), InvalidJob> {
    match plan {
        Plan::Direct { .. } => invalid(field, Violation::PortalOnly),
        Plan::Portal { .. } => Ok(()),
    }
}

fn invalid<T>(field: &str, violation: Violation) -> Result<T, InvalidJob> {
    Err(InvalidJob {
        field: field.to_owned(),
        violation,
    })
}
