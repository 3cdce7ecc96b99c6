//! `token_services`: who may ask the token component, and for what.

use serde::Serialize;

use super::secrets::Secrets;
use crate::altinn::DEMO_DELEGATED_SCOPE;

/// The `sub` of the back end's credentials.
pub(super) const BACK_END: &str = "backend";

const READ_CONSENTS: &str = "altinn:consentrequests.read";
const WRITE_CONSENTS: &str = "altinn:consentrequests.write";
/// At Altinn 2 alone.
const GIVE_UP_CONSENTS: &str = "altinn:consenttokens.write";
const CLAIMS: &str = "skatteetaten:kravogbetalinger";
const CONSENT: &[&str] = &["urn:altinn:consent"];

/// One of `token_services`. What is false or empty is left out: that is the default.
#[derive(Debug, Default, Serialize)]
pub(super) struct Service<'a> {
    subject: &'static str,
    public_key: &'a str,
    scopes: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authorization_details: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    consumer_orgs: &'static [&'static str],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pid: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sweep: bool,
}

pub(super) fn services(secrets: &Secrets) -> [Service<'_>; 7] {
    [
        Service {
            subject: "consent",
            public_key: &secrets.consent_signing.public,
            scopes: &[WRITE_CONSENTS, READ_CONSENTS, GIVE_UP_CONSENTS],
            sweep: true,
            ..Service::default()
        },
        Service {
            subject: "claims",
            public_key: &secrets.claims_signing.public,
            scopes: &[READ_CONSENTS, CLAIMS],
            authorization_details: CONSENT,
            ..Service::default()
        },
        Service {
            subject: "accounting",
            public_key: &secrets.accounting_signing.public,
            scopes: &[CLAIMS],
            authorization_details: &["urn:altinn:systemuser"],
            ..Service::default()
        },
        Service {
            subject: "income",
            public_key: &secrets.income_signing.public,
            scopes: &[READ_CONSENTS, "skatteetaten:inntekt"],
            authorization_details: CONSENT,
            ..Service::default()
        },
        Service {
            subject: "tax-basis",
            public_key: &secrets.tax_basis_signing.public,
            scopes: &[READ_CONSENTS, "skatteetaten:summertskattegrunnlag"],
            authorization_details: CONSENT,
            ..Service::default()
        },
        Service {
            subject: "persons",
            public_key: &secrets.persons_signing.public,
            scopes: &["folkeregister:deling/finans"],
            ..Service::default()
        },
        Service {
            subject: BACK_END,
            public_key: &secrets.back_end_signing.public,
            scopes: &[WRITE_CONSENTS, READ_CONSENTS, CLAIMS, DEMO_DELEGATED_SCOPE],
            authorization_details: &["urn:altinn:consent", "urn:altinn:systemuser"],
            consumer_orgs: &["*"],
            pid: true,
            ..Service::default()
        },
    ]
}
