//! Part of a request: one requested service.

use serde_json::Value;

use super::members::Members;
use super::redirect;
use super::refusal::Fault;
use super::service::{self, Service};

/// Requested service, with its parameters.
#[derive(Clone, Debug)]
pub(super) struct RequestedService {
    pub(super) service: &'static Service,
    pub(super) metadata: Vec<(String, String)>,
}

impl RequestedService {
    /// Returns the fault of the service, if any: a missing parameter, or a restriction in the
    /// owner's register.
    pub(super) fn fault(
        &self,
        consumer: &str,
        handler: Option<&str>,
        redirect_url: &str,
    ) -> Option<Fault> {
        let is_given = |name: &&str| {
            let mut given = self.metadata.iter();
            given.any(|(key, value)| key == name && !value.is_empty())
        };
        if let Some(name) = self.service.metadata.iter().find(|name| !is_given(name)) {
            return Some(Fault::Metadata((*name).to_owned()));
        }
        self.service.register?;
        match self.service.registered(consumer) {
            Some(registered) if handler.is_none() || handler == registered.handled_by => {
                let is_good = redirect::is_allowed(registered.redirect, redirect_url);
                (!is_good).then_some(Fault::Redirect)
            }
            _ => Some(Fault::NotRegistered(self.service.name())),
        }
    }

    /// Parses a request's `RequestResources`, and adds its faults to `faults`.
    pub(super) fn read_all(value: Option<&Value>, faults: &mut Vec<Fault>) -> Vec<Self> {
        const NAME: &str = "RequestResources";
        let items = value.and_then(Value::as_array).map(Vec::as_slice);
        let items = items.unwrap_or_default();
        if items.is_empty() {
            faults.push(Fault::Missing(NAME));
        }
        let mut parts = Vec::new();
        for item in items {
            let members = item.as_object().map(Members);
            let code = members.as_ref().and_then(|item| item.text("ServiceCode"));
            let edition = members
                .as_ref()
                .and_then(|item| item.get("ServiceEditionCode")?.as_u64());
            let (Some(members), Some(code), Some(edition)) = (members, code, edition) else {
                faults.push(Fault::Invalid(NAME));
                continue;
            };
            let found = u32::try_from(edition)
                .ok()
                .and_then(|edition| service::find(&code, edition));
            let Some(service) = found else {
                faults.push(Fault::UnknownService(format!("{code}_{edition}")));
                continue;
            };
            let given = members.get("Metadata").and_then(Value::as_object);
            let pairs = given.into_iter().flatten();
            // What the service's text does not use is ignored.
            let metadata = pairs
                .filter(|(name, _)| service.metadata.contains(&name.as_str()))
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            let metadata = metadata.collect();
            parts.push(Self { service, metadata });
        }
        parts
    }
}
