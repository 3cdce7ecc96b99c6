//! A request for consent as it comes, read and checked: everything that is wrong with it, or what is asked for.
//!
//! Sources: Altinn, "Be om samtykke", "Forespørsler", release notes 20.11, 21.3 and 21.8. Members are read in any letter
//! case. Assumptions: that all faults are told at once; that metadata names are told by their letter case; that
//! names are not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::caller::Caller;
use super::refusal::{self, Fault, Refusal};
use super::service::{self, Service, Template};
use super::{local_time, party, redirect};
use crate::skatteetaten::party::is_organisation;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) covered_by: String,
    pub(super) handled_by: Option<String>,
    pub(super) offered_by: String,
    pub(super) required_delegator: Option<String>,
    pub(super) valid_to: OffsetDateTime,
    pub(super) redirect_url: String,
    pub(super) parts: Vec<Part>,
    /// By language tag: `no-nb`, `no-nn`, `en`.
    pub(super) message: BTreeMap<String, String>,
    pub(super) portal_view_mode: PortalViewMode,
}

/// One service that is asked for, with its parameters.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) service: &'static Service,
    pub(super) metadata: Vec<(String, String)>,
}

/// Whether the profile lists the request before it is answered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum PortalViewMode {
    #[default]
    Hide,
    Show,
}

/// An object whose members are found whatever their letter case; `null` is as good as absent.
struct Members<'a>(&'a Map<String, Value>);

/// Reads the body of a call by `caller` at `now`.
pub(super) fn read(body: &[u8], caller: &Caller, now: OffsetDateTime) -> Result<Draft, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| refusal::UNREADABLE)?;
    let members = Members(body.as_object().ok_or(refusal::UNREADABLE)?);
    let mut faults = Vec::new();

    let mut required = |name: &'static str| {
        let text = members.text(name);
        if text.is_none() {
            faults.push(Fault::Missing(name));
        }
        text.unwrap_or_default()
    };
    let covered_by = required("CoveredBy");
    let offered_by = required("OfferedBy");
    let offered_by_name = required("OfferedByName");
    let valid_to = required("ValidTo");
    let redirect_url = required("RedirectUrl");

    let handled_by = members
        .text("HandledBy")
        .or_else(|| caller.supplier.clone());
    let is_handler = |handler: &String| {
        let system = caller.supplier.as_ref().unwrap_or(&caller.consumer);
        handler == system && is_organisation(&covered_by)
    };
    match &handled_by {
        None if !covered_by.is_empty() && covered_by != caller.consumer => {
            faults.push(Fault::OtherConsumer);
        }
        Some(handler) if !is_handler(handler) => faults.push(Fault::OtherHandler),
        Some(_) if caller.supplier.is_some() && covered_by != caller.consumer => {
            faults.push(Fault::OtherConsumer);
        }
        _ => {}
    }
    if !offered_by.is_empty() {
        match party::registered_name(&offered_by) {
            None => faults.push(Fault::UnknownParty),
            Some(name)
                if !offered_by_name.is_empty() && !party::is_name(name, &offered_by_name) =>
            {
                faults.push(Fault::NameMismatch("OfferedBy"));
            }
            Some(_) => {}
        }
    }
    let required_delegator = members.text("RequiredDelegator");
    faults.extend(required_delegator.as_deref().and_then(|number| {
        delegator_fault(number, members.text("RequiredDelegatorName").as_deref())
    }));
    let parts = parts(members.get("RequestResources"), &mut faults);
    for part in &parts {
        faults.extend(part.fault(&covered_by, handled_by.as_deref(), &redirect_url));
    }
    let template = parts.first().map(|part| part.service.template);
    if parts
        .iter()
        .any(|part| Some(part.service.template) != template)
    {
        faults.push(Fault::MixedTemplates);
    }
    let message = message(members.get("RequestMessage"), template, &mut faults);
    let portal_view_mode = match members.text("PortalViewMode") {
        None => PortalViewMode::default(),
        Some(mode) if mode.eq_ignore_ascii_case("hide") => PortalViewMode::Hide,
        Some(mode) if mode.eq_ignore_ascii_case("show") => PortalViewMode::Show,
        Some(_) => {
            faults.push(Fault::Invalid("PortalViewMode"));
            PortalViewMode::default()
        }
    };
    if !redirect_url.is_empty() && !redirect::is_address(&redirect_url) {
        faults.push(Fault::Invalid("RedirectUrl"));
    }
    let valid_to = match local_time::parse(&valid_to) {
        _ if valid_to.is_empty() => None,
        None => {
            faults.push(Fault::Invalid("ValidTo"));
            None
        }
        Some(moment) if moment <= now => {
            faults.push(Fault::Passed);
            None
        }
        good => good,
    };
    let Some(valid_to) = valid_to.filter(|_| faults.is_empty()) else {
        return Err(Refusal::Faults(faults));
    };
    Ok(Draft {
        covered_by,
        handled_by,
        offered_by,
        required_delegator,
        valid_to,
        redirect_url,
        parts,
        message,
        portal_view_mode,
    })
}

impl Part {
    /// What is wrong with it: a parameter that is missing, or what the owner's register says.
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
}

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        let mut members = self.0.iter();
        let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    fn text(&self, name: &str) -> Option<String> {
        let text = self.get(name)?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }
}

/// A person whose name, where it is given, is the register's. That the person may answer is not checked.
fn delegator_fault(number: &str, name: Option<&str>) -> Option<Fault> {
    let Some(registered) = party::registered_name(number).filter(|_| number.len() == 11) else {
        return Some(Fault::Invalid("RequiredDelegator"));
    };
    let is_good = name.is_none_or(|name| party::is_name(registered, name));
    (!is_good).then_some(Fault::NameMismatch("RequiredDelegator"))
}

fn parts(value: Option<&Value>, faults: &mut Vec<Fault>) -> Vec<Part> {
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
        parts.push(Part { service, metadata });
    }
    parts
}

/// The standard template needs one; the others have their own text.
fn message(
    value: Option<&Value>,
    template: Option<Template>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, String> {
    const NAME: &str = "RequestMessage";
    let given = value.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let Ok(texts) = serde_json::from_value::<BTreeMap<String, String>>(given) else {
        faults.push(Fault::Invalid(NAME));
        return BTreeMap::new();
    };
    let is_known = |tag: &String| ["no-nb", "no-nn", "en"].contains(&tag.as_str());
    if !texts.keys().all(is_known) {
        faults.push(Fault::Invalid(NAME));
    }
    match (template, texts.is_empty()) {
        (Some(Template::Standard), true) => faults.push(Fault::Missing(NAME)),
        (Some(Template::LoanApplication | Template::SharingData), false) => {
            faults.push(Fault::MessageNotAllowed);
        }
        _ => {}
    }
    texts
}
