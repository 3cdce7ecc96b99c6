//! Receivers of the app's events.

use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

/// Receiver of the events of one consumer.
#[derive(Clone, Debug)]
pub(crate) struct Receiver<'a> {
    /// Organisation number of the consumer.
    pub(crate) consumer: &'a str,
    /// Address to which events are sent.
    pub(crate) address: String,
    /// Secret in its written form: `whsec_…`.
    pub(crate) secret: &'a str,
}

/// Returns the app's variables for events to receivers at `origin`.
pub(crate) fn receivers(origin: &str, receivers: &[Receiver<'_>]) -> [(&'static str, String); 2] {
    let entry = |receiver: &Receiver<'_>| json!({ "address": receiver.address, "secrets": [receiver.secret] });
    let entries: BTreeMap<_, _> = receivers
        .iter()
        .map(|receiver| (receiver.consumer, entry(receiver)))
        .collect();
    [
        ("event_receivers", json!(entries).to_string()),
        ("events_origin", origin.to_owned()),
    ]
}

/// Returns the app's variables for the events of `consumer` to one address.
///
/// # Errors
///
/// Fails if `address` is not an address.
pub(crate) fn to_address(
    consumer: &str,
    address: &str,
    secret: &str,
) -> anyhow::Result<[(&'static str, String); 2]> {
    let address = Url::parse(address)?;
    let receiver = Receiver {
        consumer,
        address: address.to_string(),
        secret,
    };
    let origin = address.origin().ascii_serialization();
    Ok(receivers(&origin, &[receiver]))
}
