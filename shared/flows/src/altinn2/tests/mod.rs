mod answers;
mod asking;
mod proof;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use bytes::Bytes;
use std::collections::BTreeMap;

use super::*;
use crate::altinn::Altinn;
use innsyn_core::origin::Origin;
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::{Request, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_protocols::altinn::{
    Consent, ConsentRequest, Created, Creation, Lookup, Mismatch, Outcome, PreparedCall, Reason,
    Refusal, RequestError, Right, Subject,
};
use innsyn_protocols::altinn2::Start;

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
    let config = Altinn2::of_one(&interface, "313000028", KEY).started_by(start);
    Altinn::two(config, interface, origin("https://page.example"))
}

fn requested(party: &str) -> ConsentRequest<'static> {
    let consumer = OrganisationNumber::parse("313000028").expect("an organisation");
    ConsentRequest {
        id: ID,
        handle: None,
        subject: Subject {
            consumer: forever(consumer),
            party: forever(Party::parse(party, Environment::Test).expect("a party")),
            right: right(
                "4628_210607",
                BTreeMap::from([("inntektsaar".to_owned(), "2025".to_owned())]),
            ),
        },
        valid_to: datetime!(2026-07-09 10:00 UTC),
    }
}

fn right(resource: &str, metadata: BTreeMap<String, String>) -> &'static Right {
    let resource = resource.to_owned();
    forever(Right { resource, metadata })
}

fn creation() -> Creation<'static> {
    let address = "https://bank.example/consent/callback?state=Zk3";
    Creation {
        party_name: Some(forever(Secret::new("Brekke".to_owned()))),
        redirect_address: forever(Secret::new(address.to_owned())),
    }
}

fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Returns the same consent, with a known code.
fn known(party: &str) -> ConsentRequest<'static> {
    ConsentRequest {
        handle: Some(CODE),
        ..requested(party)
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

/// Returns a response as in the documentation.
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

/// Returns the request that asks for the consent.
fn call(altinn: &Altinn, requested: &ConsentRequest<'_>) -> Result<Request, RequestError> {
    match altinn.create(requested, creation())? {
        PreparedCall::Request(request) => Ok(*request),
        PreparedCall::Page(_) => panic!("a page"),
    }
}

fn found(body: &Value) -> Result<Consent, Refusal> {
    altinn().found(&known(PERSON), &answer(200, body))
}

fn outcome(body: &Value) -> Result<Outcome, Mismatch> {
    found(body).expect("readable").outcome(&known(PERSON), NOW)
}
