mod answers;
mod asking;
mod refusals;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use std::collections::BTreeMap;

use bytes::Bytes;
use innsyn_core::origin::Origin;
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::{Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;

use super::*;

const ID: &str = "0198a000-1111-4222-8333-444455556666";
const PERSON: &str = "14858512450";
const NOW: OffsetDateTime = datetime!(2026-08-30 09:20 UTC);

fn origin() -> Origin {
    Origin::parse("https://platform.example").expect("an origin")
}

fn page_origin() -> Origin {
    Origin::parse("https://am.ui.example").expect("an origin")
}

fn requested(party: &str) -> ConsentRequest<'static> {
    let consumer = OrganisationNumber::parse("313000028").expect("an organisation");
    ConsentRequest {
        id: ID,
        handle: None,
        subject: Subject {
            consumer: forever(consumer),
            party: forever(Party::parse(party, Environment::Test).expect("a party")),
            right: forever(Right {
                resource: "ske-samtykke-sbl-inntekt".to_owned(),
                metadata: BTreeMap::from([("fraogmed".to_owned(), "2026-01".to_owned())]),
            }),
        },
        valid_to: datetime!(2026-09-05 12:00 UTC),
    }
}

fn creation() -> Creation<'static> {
    let address = "https://bank.example/consent/callback?state=Zk3";
    Creation {
        party_name: None,
        redirect_address: forever(Secret::new(address.to_owned())),
    }
}

fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Returns the request that creates the consent.
fn call(requested: &ConsentRequest<'_>) -> Request {
    create(&origin(), requested, creation()).expect("a request")
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// Returns a consent as the service writes it today.
fn kept(status: &str) -> Value {
    let mut body = json!({
        "id": ID,
        "from": format!("urn:altinn:person:identifier-no:{PERSON}"),
        "to": "urn:altinn:organization:identifier-no:313000028",
        "requiredDelegator": format!("urn:altinn:person:identifier-no:{PERSON}"),
        "handledBy": null,
        "validTo": "2026-09-05T12:00:00.000000+00:00",
        "consentRights": [{
            "action": ["consent"],
            "resource": [{ "type": "urn:altinn:resource", "value": "ske-samtykke-sbl-inntekt", "version": "2" }],
            "metadata": { "fraOgMed": "2026-01" },
        }],
        "status": status,
        "consented": null,
        "redirectUrl": "https://bank.example/consent/callback?state=Zk3",
        "consentRequestEvents": [{
            "consentEventID": "0198a000-1111-7aaa-8bbb-000000000001",
            "created": "2026-08-30T09:15:02.103441+00:00",
            "performedBy": "urn:altinn:organization:identifier-no:313000028",
            "eventType": "Created",
            "consentRequestID": ID,
        }],
        "viewUri": format!("https://am.ui.example/accessmanagement/ui/consent/request?id={ID}"),
        "portalViewMode": "Hide",
        "something": { "new": true },
    });
    if matches!(status.to_ascii_lowercase().as_str(), "accepted" | "revoked") {
        happen(&mut body, "Accepted", PERSON);
    }
    body
}

fn happen(body: &mut Value, event: &str, person: &str) {
    let events = body["consentRequestEvents"].as_array_mut().expect("events");
    events.push(json!({
        "created": "2026-08-30T09:17:40.5521034+00:00",
        "performedBy": format!("urn:altinn:person:identifier-no:{person}"),
        "eventType": event,
    }));
}

fn read(body: &Value) -> Result<Consent, Refusal> {
    found(&answer(200, body))
}

fn outcome(body: &Value) -> Result<Outcome, Mismatch> {
    read(body)
        .expect("readable")
        .outcome(&requested(PERSON), NOW)
}
