mod answers;
mod asking;
mod proof;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::altinn::{
    Altinn, Asking, Consent, Created, Generation, Lookup, Mismatch, NotAsked, Outcome, Reason,
    Refusal, Right, Shown,
};
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Response;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

const ID: &str = "0198a000-1111-4222-8333-444455556666";
const CODE: &str = "5f0c2f39-8f0b-4d0e-9a52-7f6f0c7b1d11";
const KEY: &str = "0198a000-2222-4222-8333-444455556666";
const PERSON: &str = "14858512450";
const NOW: OffsetDateTime = datetime!(2026-02-28 09:15 UTC);

fn altinn() -> Altinn {
    altinn_by(Start::Token)
}

fn altinn_by(start: Start) -> Altinn {
    let origin = |text| Origin::parse(text).expect("an origin");
    let interface = origin("https://former.example");
    let former = Former::of_one(&interface, "313000028", KEY).started_by(start);
    Altinn {
        generation: Generation::Two(Box::new(former)),
        origin: interface,
        page_origin: origin("https://page.example"),
    }
}

fn asked(party: &str) -> Asked {
    Asked {
        id: ID.to_owned(),
        handle: None,
        from: Party::parse(party, Environment::Test).expect("a party"),
        party_name: Some(Secret::new("Brekke".to_owned())),
        to: OrganisationNumber::parse("313000028").expect("an organisation"),
        rights: vec![Right {
            resource: "4628_210607".to_owned(),
            metadata: BTreeMap::from([("inntektsaar".to_owned(), "2025".to_owned())]),
        }],
        valid_to: datetime!(2026-07-09 10:00 UTC),
        redirect_address: Secret::new("https://bank.example/consent/callback?state=Zk3".to_owned()),
    }
}

/// The same, when its code is known.
fn known(party: &str) -> Asked {
    Asked {
        handle: Some(CODE.to_owned()),
        ..asked(party)
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// As the documentation shows it.
fn kept(status: &str) -> Value {
    json!({
        "AuthorizationCode": CODE,
        "RequestStatus": status,
        "Created": "2026-02-28T09:15:02.103",
        "LastChanged": "2026-02-28T09:15:02.103",
        "CoveredBy": "313000028",
        "OfferedBy": "148585*****",
        "RequiredDelegator": "148585*****",
        "ValidTo": "2026-07-09T12:00:00.000",
        "RedirectUrl": "https://bank.example/consent/callback?state=Zk3",
        "RequestResources": [{
            "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025" },
        }],
        "PortalViewMode": "Hide",
        "_links": {
            "self": { "href": format!("https://former.example/api/consentRequest/{CODE}") },
            "gui": { "href": format!("https://page.example/ui/AccessConsent/request?id={CODE}") },
        },
        "SomethingNew": [],
    })
}

/// The request by which the consent is asked for.
fn call(altinn: &Altinn, asked: &Asked) -> Result<Request, NotAsked> {
    match altinn.create(asked)? {
        Asking::Call(request) => Ok(*request),
        Asking::Page(_) => panic!("a page"),
    }
}

fn found(body: &Value) -> Result<Consent, Refusal> {
    altinn().found(&known(PERSON), &answer(200, body))
}

fn outcome(body: &Value) -> Result<Outcome, Mismatch> {
    found(body).expect("readable").outcome(&known(PERSON), NOW)
}
