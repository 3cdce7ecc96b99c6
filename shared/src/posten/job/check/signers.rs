//! Who is to sign.

use std::collections::HashSet;

use super::{Persons, check_text, only_in_portal, unfit};
use crate::party::{Environment, Party};
use crate::posten::job::{
    Job, MOST_SIGNERS, Notifications, OnBehalfOf, Plan, Rule, Signer, Unfit, Who,
};
use crate::posten::text::is_writable;
use crate::text::{holds_number, is_displayable};

impl Job {
    pub(super) fn check_signers(&self, environment: Environment) -> Result<(), Unfit> {
        if !(1..=MOST_SIGNERS).contains(&self.signers.len()) {
            return unfit("signers", Rule::Count(1, MOST_SIGNERS));
        }
        let mut seen = HashSet::new();
        for (place, signer) in self.signers.iter().enumerate() {
            let field = format!("signers[{place}]");
            self.check_who(&field, signer, environment)?;
            if signer.order > 9 {
                return unfit(&format!("{field}.order"), Rule::Order);
            }
            if signer.order > 0 {
                only_in_portal(&format!("{field}.order"), &self.plan)?;
            }
            self.check_notifications(&format!("{field}.notifications"), signer)?;
            if !seen.insert(signer.identity()) {
                return unfit(&field, Rule::Duplicate);
            }
        }
        Ok(())
    }

    fn check_who(
        &self,
        field: &str,
        signer: &Signer,
        environment: Environment,
    ) -> Result<(), Unfit> {
        match (&signer.who, &self.plan) {
            (Who::Person(number), _) => match Party::parse(number.expose(), environment) {
                Ok(_) => Ok(()),
                Err(_) => unfit(&format!("{field}.number"), Rule::Population),
            },
            (Who::Own(identifier), Plan::Direct { .. }) => {
                let field = format!("{field}.identifier");
                check_text(&field, identifier, 1, 80, Persons::Forbidden)?;
                // Blanks around it would not come back.
                if identifier.trim() == identifier {
                    Ok(())
                } else {
                    unfit(&field, Rule::Blanks)
                }
            }
            (Who::Own(_), Plan::Portal { .. }) => {
                unfit(&format!("{field}.identifier"), Rule::DirectOnly)
            }
            (Who::Contact, _) => only_in_portal(field, &self.plan),
        }
    }

    fn check_notifications(&self, field: &str, signer: &Signer) -> Result<(), Unfit> {
        match &signer.notifications {
            None => match self.plan {
                Plan::Direct { .. } => Ok(()),
                Plan::Portal { .. } => unfit(field, Rule::Needed),
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
) -> Result<(), Unfit> {
    match notifications {
        Notifications::Lookup { .. } if signer.who == Who::Contact => {
            unfit(field, Rule::LookupWithoutNumber)
        }
        Notifications::Lookup { .. } if signer.on_behalf_of == OnBehalfOf::Other => {
            unfit(field, Rule::LookupForOther)
        }
        Notifications::Lookup { .. } => Ok(()),
        Notifications::Addresses {
            email: None,
            sms: None,
        } => unfit(field, Rule::Needed),
        Notifications::Addresses { email, sms } => {
            let field = |channel| format!("{field}.{channel}");
            if let Some(address) = email {
                if holds_number(address) {
                    return unfit(&field("email"), Rule::PersonalData);
                }
                if !is_email(address) {
                    return unfit(&field("email"), Rule::Email);
                }
            }
            match sms {
                Some(number) if !is_mobile(number) => unfit(&field("sms"), Rule::Mobile),
                _ => Ok(()),
            }
        }
    }
}

/// As much as can be told without asking: the schema takes any text.
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

/// Eight digits, or up to fifteen with a country's code (ITU-T E.164).
fn is_mobile(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
