//! Variables `token_services` and `signature_services`: programs with keys of their own, and their
//! permissions.

use serde::Serialize;
use serde_json::json;

use super::secrets::Secrets;
use crate::bank::{self, Bank};
use crate::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};

/// `sub` of the back end's credentials.
pub(super) const BACK_END: &str = "backend";

const READ_CONSENTS: &str = "altinn:consentrequests.read";
const WRITE_CONSENTS: &str = "altinn:consentrequests.write";
/// Scope for giving up consents, which only Altinn 2 has.
const GIVE_UP_CONSENTS: &str = "altinn:consenttokens.write";
const CLAIMS: &str = "skatteetaten:kravogbetalinger";
/// Wildcard for all consumers of the deployment.
const ALL: &[&str] = &["*"];
const CONSENT: &[&str] = &["urn:altinn:consent"];

/// Entry of `token_services`. Members that are false or empty are left out, as that is the default.
#[derive(Debug, Default, Serialize)]
pub(super) struct Service<'a> {
    subject: &'static str,
    public_key: &'a str,
    scopes: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authorization_details: &'static [&'static str],
    consumers: &'static [&'static str],
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
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: "claims",
            public_key: &secrets.claims_signing.public,
            scopes: &[READ_CONSENTS, CLAIMS],
            authorization_details: CONSENT,
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: "accounting",
            public_key: &secrets.accounting_signing.public,
            scopes: &[CLAIMS],
            authorization_details: &["urn:altinn:systemuser"],
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: "income",
            public_key: &secrets.income_signing.public,
            scopes: &[READ_CONSENTS, "skatteetaten:inntekt"],
            authorization_details: CONSENT,
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: "tax-basis",
            public_key: &secrets.tax_basis_signing.public,
            scopes: &[READ_CONSENTS, "skatteetaten:summertskattegrunnlag"],
            authorization_details: CONSENT,
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: "persons",
            public_key: &secrets.persons_signing.public,
            scopes: &["folkeregister:deling/finans"],
            consumers: ALL,
            ..Service::default()
        },
        Service {
            subject: BACK_END,
            public_key: &secrets.back_end_signing.public,
            scopes: &[WRITE_CONSENTS, READ_CONSENTS, CLAIMS, DEMO_DELEGATED_SCOPE],
            authorization_details: &["urn:altinn:consent", "urn:altinn:systemuser"],
            consumer_orgs: &["*"],
            pid: true,
            consumers: &[FJORDBANKEN],
            ..Service::default()
        },
    ]
}

/// Returns `signature_services`: the demo bank's back end, and that of the app's owner.
pub(super) fn ordering_services(bank: &Bank, secrets: &Secrets) -> String {
    let services = json!([
        {
            "subject": bank::DEMO_BANK,
            "public_key": bank.back_end().public_key(),
            "consumers": bank::BANKS,
        },
        {
            "subject": BACK_END,
            "public_key": secrets.back_end_signing.public,
            "consumers": [FJORDBANKEN],
        },
    ]);
    services.to_string()
}
