mod answers;
mod asking;
mod refusals;

use http::StatusCode;
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::altinn::{
    Altinn, Asking, Consent, Created, Generation, Lookup, Mismatch, Outcome, Reason, Refusal,
    Right, Status,
};
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Response;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

const ID: &str = "0198a000-1111-4222-8333-444455556666";
const PERSON: &str = "14858512450";
const NOW: OffsetDateTime = datetime!(2026-08-30 09:20 UTC);

fn altinn() -> Altinn {
    let origin = |text| Origin::parse(text).expect("an origin");
    Altinn {
        generation: Generation::Three,
        origin: origin("https://platform.example"),
        page_origin: origin("https://am.ui.example"),
    }
}

fn asked(party: &str) -> Asked {
    Asked {
        id: ID.to_owned(),
        handle: None,
        party_name: None,
        from: Party::parse(party, Environment::Test).expect("a party"),
        to: OrganisationNumber::parse("313000028").expect("an organisation"),
        rights: vec![Right {
            resource: "ske-samtykke-sbl-inntekt".to_owned(),
            metadata: BTreeMap::from([("fraogmed".to_owned(), "2026-01".to_owned())]),
        }],
        valid_to: datetime!(2026-09-05 12:00 UTC),
        redirect_address: Secret::new("https://bank.example/consent/callback?state=Zk3".to_owned()),
    }
}

/// The request by which the consent is asked for.
fn call(asked: &Asked) -> Request {
    match altinn().create(asked).expect("a request") {
        Asking::Call(request) => *request,
        Asking::Page(_) => panic!("a page"),
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// As the service writes it today.
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

fn found(body: &Value) -> Result<Consent, Refusal> {
    altinn().found(&asked(PERSON), &answer(200, body))
}

fn outcome(body: &Value) -> Result<Outcome, Mismatch> {
    found(body).expect("readable").outcome(&asked(PERSON), NOW)
}
