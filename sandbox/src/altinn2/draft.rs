//! Incoming request for consent, parsed and checked: its faults, or its content.
//!
//! Sources: Altinn, "Be om samtykke", "Forespørsler", release notes 20.11, 21.3 and 21.8. Member
//! names are case-insensitive. Assumptions: all faults are reported at once; metadata names are
//! case-sensitive; names of parties are not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::caller::Caller;
use super::members::Members;
use super::refusal::{self, Fault, Refusal};
use super::requested_service::RequestedService;
use super::service::Template;
use super::{local_time, party, redirect};
use crate::population::is_organisation;

/// Consent request as the caller sent it, not yet checked.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) covered_by: String,
    pub(super) handled_by: Option<String>,
    pub(super) offered_by: String,
    pub(super) required_delegator: Option<String>,
    pub(super) valid_to: OffsetDateTime,
    pub(super) redirect_url: String,
    pub(super) parts: Vec<RequestedService>,
    /// Messages by language tag: `no-nb`, `no-nn`, `en`.
    pub(super) message: BTreeMap<String, String>,
    pub(super) portal_view_mode: PortalViewMode,
}

/// Visibility of an unanswered request in the profile.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum PortalViewMode {
    #[default]
    Hide,
    Show,
}

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
    let parts = RequestedService::read_all(members.get("RequestResources"), &mut faults);
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

/// Checks a person's name, if given, against the register. The person's right to answer is not
/// checked.
fn delegator_fault(number: &str, name: Option<&str>) -> Option<Fault> {
    let Some(registered) = party::registered_name(number).filter(|_| number.len() == 11) else {
        return Some(Fault::Invalid("RequiredDelegator"));
    };
    let is_good = name.is_none_or(|name| party::is_name(registered, name));
    (!is_good).then_some(Fault::NameMismatch("RequiredDelegator"))
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
