//! `signature_services`: services that may order with a credential of their own.

use serde::Deserialize;

use crate::token::PublicKeys;
use innsyn_core::credential::VerifyingKey;
use innsyn_core::party::OrganisationNumber;
use innsyn_runtime::config::{Consumers, Resolver, Setting};
use innsyn_runtime::settings;

settings! {
    /// Setting of the services.
    pub(in crate::signature) SERVICES {
        SIGNATURE_SERVICES = Setting::optional("signature_services");
    }
}

const NAME: &str = SIGNATURE_SERVICES.name;
const REMEDY: &str =
    "set it to a JSON array of {subject, public_key, consumers}, or leave it empty";

/// Service that may order with a credential of its own.
#[derive(Clone, Debug)]
pub struct OrderingService {
    /// `sub` of its credential.
    pub subject: String,
    /// Keys with which it may sign credentials: one, and a second during a rotation.
    pub public_keys: Vec<VerifyingKey>,
    /// Consumers of the deployment for which it may order: at least one.
    pub consumers: Vec<OrganisationNumber>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    subject: String,
    public_key: PublicKeys,
    consumers: Option<Vec<String>>,
}

/// Reads `signature_services`, which may be empty.
pub(in crate::signature) fn resolve(
    resolver: &mut Resolver<'_>,
    consumers: Option<&Consumers>,
) -> Option<Vec<OrderingService>> {
    if resolver.optional(NAME).is_none() {
        return Some(Vec::new());
    }
    let raw: Vec<RawService> = resolver.json(NAME, REMEDY)?;
    let consumers = consumers?;
    let mut services: Vec<OrderingService> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let number = index.saturating_add(1);
        let is_known = |other: &OrderingService| other.subject == raw.subject;
        let service = if services.iter().any(is_known) {
            Err("has the subject of another")
        } else {
            read(raw, consumers)
        };
        match service {
            Ok(service) => services.push(service),
            Err(reason) => resolver.invalid(NAME, &format!("number {number} {reason}"), REMEDY),
        }
    }
    Some(services)
}

fn read(raw: RawService, all: &Consumers) -> Result<OrderingService, &'static str> {
    if raw.subject.is_empty() {
        return Err("has no subject");
    }
    let public_keys = raw.public_key.parse();
    let public_keys = public_keys.ok_or("has a public_key that is not base64url of 32 bytes")?;
    let consumers: Option<Vec<_>> = match raw.consumers.as_deref() {
        None if all.others.is_empty() => Some(vec![all.default.clone()]),
        None => return Err("has no consumers, and this deployment has several"),
        Some([only]) if only == "*" => Some(all.all().cloned().collect()),
        Some(texts) => texts.iter().map(|text| all.find(text).cloned()).collect(),
    };
    let consumers = consumers
        .filter(|consumers| !consumers.is_empty())
        .ok_or("has consumers that are neither organisations of this deployment nor \"*\" alone")?;
    Ok(OrderingService {
        subject: raw.subject,
        public_keys,
        consumers,
    })
}
