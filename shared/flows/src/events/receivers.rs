//! Configured receivers of signed requests.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use innsyn_core::origin::Origin;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Request;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::text::holds_number;
use innsyn_protocols::standard_webhooks::{Message, WebhookSecret};
use innsyn_runtime::config::{Consumers, Resolver, Setting};
use innsyn_runtime::settings;

settings! {
    /// Settings of every component that announces events.
    pub(crate) EVENTS {
        pub(crate) EVENT_RECEIVERS = Setting::optional("event_receivers").secret();
    }
}

const REMEDY: &str = r#"set it to JSON such as {"310000205":{"address":"https://bank.example/events","secrets":["whsec_…"]}}, or leave it empty"#;

/// Receivers of signed requests (Standard Webhooks), at most one for each consumer.
#[derive(Clone, Debug, Default)]
pub struct Receivers(Vec<(OrganisationNumber, Receiver)>);

/// Receiver of one consumer's.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// Address to which requests are sent.
    address: String,
    /// Secrets that sign: one, or two during a rotation.
    secrets: Vec<WebhookSecret>,
}

impl Receiver {
    /// Returns the address to which requests are sent.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Builds the signed request with a message.
    ///
    /// # Errors
    ///
    /// `Kind::Internal` if a part cannot be written in a request.
    pub(crate) fn request(&self, message: &Message<'_>) -> Result<Request, Problem> {
        message
            .request(&self.address, &self.secrets)
            .map_err(|error| Problem::new(Kind::Internal).cause(error))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    address: String,
    secrets: Vec<String>,
}

impl Receivers {
    /// Reads the variable `name`, which may be empty.
    pub fn resolve(
        resolver: &mut Resolver<'_>,
        name: &str,
        consumers: Option<&Consumers>,
    ) -> Option<Self> {
        if resolver.optional(name).is_none() {
            return Some(Self::default());
        }
        let raw: BTreeMap<String, Raw> = resolver.json(name, REMEDY)?;
        let consumers = consumers?;
        let mut receivers = Vec::new();
        for (number, raw) in raw {
            match receiver(&number, &raw, consumers) {
                Ok(receiver) => receivers.push(receiver),
                Err(reason) => resolver.invalid(name, reason, REMEDY),
            }
        }
        Some(Self(receivers))
    }

    /// Returns the receiver of a consumer's events.
    pub(crate) fn of_consumer(&self, consumer: &OrganisationNumber) -> Option<&Receiver> {
        let mut receivers = self.0.iter();
        let found = receivers.find(|(number, _)| number == consumer);
        found.map(|(_, receiver)| receiver)
    }

    /// Returns whether no consumer has a receiver.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn receiver(
    number: &str,
    raw: &Raw,
    consumers: &Consumers,
) -> Result<(OrganisationNumber, Receiver), &'static str> {
    let consumer = consumers.find(number);
    let consumer = consumer.ok_or("names an organisation that is not a consumer")?;
    if !is_address(&raw.address) {
        return Err(
            "has an address that is not https://, or has a user, a fragment or a national identity number",
        );
    }
    let secrets: Option<Vec<_>> = raw
        .secrets
        .iter()
        .map(|text| WebhookSecret::parse(text))
        .collect();
    let secrets = secrets.filter(|secrets| (1..=2).contains(&secrets.len()));
    let secrets = secrets.ok_or(
        "needs one secret, or two during a rotation: `whsec_` and 24 to 64 random bytes in base64",
    )?;
    let receiver = Receiver {
        address: raw.address.clone(),
        secrets,
    };
    Ok((consumer.clone(), receiver))
}

/// Returns whether an address is one to which events may be sent. HTTP is for the loopback only.
fn is_address(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let origin = Origin::parse(&url.origin().ascii_serialization());
    origin.is_some_and(|origin| origin.owns(address))
        && url.fragment().is_none()
        && url.as_str() == address
        && !holds_number(address)
}
