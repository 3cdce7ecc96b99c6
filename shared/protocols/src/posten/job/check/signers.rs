//! Checks of the signers.

use std::collections::HashSet;

use super::{Persons, check_text, invalid, only_in_portal};
use crate::posten::job::{
    InvalidJob, Job, MOST_SIGNERS, Notifications, OnBehalfOf, Plan, Signer, SignerIdentifier,
    Violation,
};
use crate::posten::text::is_writable;
use innsyn_core::party::{Environment, Party};
use innsyn_core::text::{holds_number, is_displayable};

impl Job {
    pub(super) fn check_signers(&self, environment: Environment) -> Result<(), InvalidJob> {
        if !(1..=MOST_SIGNERS).contains(&self.signers.len()) {
            return invalid("signers", Violation::Count(1, MOST_SIGNERS));
        }
        let mut seen = HashSet::new();
        for (place, signer) in self.signers.iter().enumerate() {
            let field = format!("signers[{place}]");
            self.check_who(&field, signer, environment)?;
            if signer.order > 9 {
                return invalid(&format!("{field}.order"), Violation::Order);
            }
            if signer.order > 0 {
                only_in_portal(&format!("{field}.order"), &self.plan)?;
            }
            self.check_notifications(&format!("{field}.notifications"), signer)?;
            if !seen.insert(signer.identity()) {
                return invalid(&field, Violation::Duplicate);
            }
        }
        Ok(())
    }

    fn check_who(
        &self,
        field: &str,
        signer: &Signer,
        environment: Environment,
    ) -> Result<(), InvalidJob> {
        match (&signer.who, &self.plan) {
            (SignerIdentifier::Person(number), _) => {
                match Party::parse(number.expose(), environment) {
                    Ok(_) => Ok(()),
                    Err(_) => invalid(&format!("{field}.number"), Violation::Population),
                }
            }
            (SignerIdentifier::Own(identifier), Plan::Direct { .. }) => {
                let field = format!("{field}.identifier");
                check_text(&field, identifier, 1, 80, Persons::Forbidden)?;
                // Posten's answers would not return surrounding blanks.
                if identifier.trim() == identifier {
                    Ok(())
                } else {
                    invalid(&field, Violation::Blanks)
                }
            }
            (SignerIdentifier::Own(_), Plan::Portal { .. }) => {
                invalid(&format!("{field}.identifier"), Violation::DirectOnly)
            }
            (SignerIdentifier::Contact, _) => only_in_portal(field, &self.plan),
        }
    }

    fn check_notifications(&self, field: &str, signer: &Signer) -> Result<(), InvalidJob> {
        match &signer.notifications {
            None => match self.plan {
                Plan::Direct { .. } => Ok(()),
                Plan::Portal { .. } => invalid(field, Violation::Needed),
            },
            Some(notifications) => {
                only_in_portal(field, &self.plan)?;
                check_channels(field, notifications, signer)
            }
        }
    }
}

fn check_channels(
    field: &str,
    notifications: &Notifications,
    signer: &Signer,
) -> Result<(), InvalidJob> {
    match notifications {
        Notifications::Lookup { .. } if signer.who == SignerIdentifier::Contact => {
            invalid(field, Violation::LookupWithoutNumber)
        }
        Notifications::Lookup { .. } if signer.on_behalf_of == OnBehalfOf::Other => {
            invalid(field, Violation::LookupForOther)
        }
        Notifications::Lookup { .. } => Ok(()),
        Notifications::Addresses {
            email: None,
            sms: None,
        } => invalid(field, Violation::Needed),
        Notifications::Addresses { email, sms } => {
            let field = |channel| format!("{field}.{channel}");
            if let Some(address) = email {
                if holds_number(address) {
                    return invalid(&field("email"), Violation::PersonalData);
                }
                if !is_email(address) {
                    return invalid(&field("email"), Violation::Email);
                }
            }
            match sms {
                Some(number) if !is_mobile(number) => invalid(&field("sms"), Violation::Mobile),
                _ => Ok(()),
            }
        }
    }
}

/// Returns whether a text has the form of an e-mail address. The schema accepts any text.
fn is_email(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains('@');
    let is_domain =
        |domain: &str| is_part(domain) && domain.split('.').all(|part| !part.is_empty());
    text.len() <= 254
        && is_writable(text)
        && is_displayable(text)
        && text
            .split_once('@')
            .is_some_and(|(name, domain)| is_part(name) && is_domain(domain))
}

/// Returns whether a text has eight digits, or up to fifteen with a country code (ITU-T E.164).
fn is_mobile(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
