//! Requests and consents in Altinn's JSON.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::consent::{Event, Request};
use super::draft::Right;
use super::party::Party;
use super::switches::{Switches, Timestamps};
use super::{register, resource};

/// Builds the object that creation and every read return. Expiry appears only as an event.
pub(super) fn contract(
    request: &Request,
    page: &str,
    now: OffsetDateTime,
    switches: &Switches,
) -> Value {
    let mut events: Vec<Value> = request
        .events
        .iter()
        .map(|event| event_of(request, event, switches))
        .collect();
    if request.is_expired(now) {
        events.push(event_of(request, &Event::expired(request), switches));
    }
    let mut document = common(request, page, switches);
    document.insert("consentRights".into(), rights(&request.draft.rights, false));
    document.insert("consentRequestEvents".into(), json!(events));
    if !switches.missing_status {
        document.insert(
            "status".into(),
            json!(switches.letter_case.apply(request.status().name())),
        );
    }
    if switches.unknown_members {
        document.insert("addedLater".into(), json!({ "nested": [1, null, "x"] }));
    }
    Value::Object(document)
}

/// Builds the answer to a repeated create call: the service's internal model.
pub(super) fn internal(request: &Request, page: &str, switches: &Switches) -> Value {
    let events = request.events.iter().map(|event| {
        let by = Party::Uuid(register::uuid(&event.performed_by));
        event_of(
            request,
            &Event {
                performed_by: by,
                ..event.clone()
            },
            switches,
        )
    });
    let mut document = common(request, page, switches);
    document.insert("consentRights".into(), rights(&request.draft.rights, true));
    document.insert("consentRequestEvents".into(), events.collect());
    document.insert(
        "consentRequestStatus".into(),
        json!(switches.letter_case.apply(request.status().name())),
    );
    document.insert("templateId".into(), json!(request.template));
    document.insert("templateVersion".into(), json!(resource::VERSION));
    Value::Object(document)
}

/// Builds the rights as in a consent or a token.
pub(super) fn consent_rights(request: &Request) -> Value {
    rights(&request.draft.rights, false)
}

/// Returns the address where the person answers.
pub(super) fn view_uri(page: &str, id: Uuid) -> String {
    format!("{page}/accessmanagement/ui/consent/request?id={id}")
}

fn common(request: &Request, page: &str, switches: &Switches) -> Map<String, Value> {
    let draft = &request.draft;
    let time = |moment| switches.timestamps.format(moment);
    let document = json!({
        "id": draft.id,
        "from": draft.from.to_string(),
        "to": draft.to.to_string(),
        "requiredDelegator": draft.required_delegator.as_ref().map(ToString::to_string),
        "handledBy": request.handled_by.as_ref().map(ToString::to_string),
        "validTo": time(draft.valid_to),
        "requestMessage": draft.message,
        "consented": request.consented().map(time),
        "redirectUrl": draft.redirect_url,
        "viewUri": view_uri(page, draft.id),
        "portalViewMode": switches.letter_case.apply(draft.portal_view_mode.name()),
    });
    match document {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn event_of(request: &Request, event: &Event, switches: &Switches) -> Value {
    json!({
        "consentEventID": event.id,
        "created": switches.timestamps.format(event.created),
        "performedBy": event.performed_by.to_string(),
        "eventType": switches.letter_case.apply(event.kind.name()),
        "consentRequestID": request.draft.id,
    })
}

fn rights(rights: &[Right], with_version: bool) -> Value {
    let right = |right: &Right| {
        let resources = right.resource.iter().map(|reference| {
            let (kind, value) = (&reference.kind, &reference.value);
            if with_version {
                json!({ "type": kind, "value": value, "version": resource::VERSION.to_string() })
            } else {
                json!({ "type": kind, "value": value })
            }
        });
        let resources: Value = resources.collect();
        let metadata: Option<Map<String, Value>> = right.metadata.as_ref().map(|pairs| {
            pairs
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect()
        });
        json!({ "action": right.action, "resource": resources, "metadata": metadata })
    };
    rights.iter().map(right).collect()
}

/// Formats a moment as in tokens and answers: UTC, microseconds at most, `+00:00`.
pub fn timestamp(moment: OffsetDateTime) -> String {
    Timestamps::Microseconds.format(moment)
}
