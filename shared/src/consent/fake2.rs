//! Altinn 2 as the tests need it, with the token component and Skatteetaten: a code of its own choice, masked
//! numbers, local times, and a token only while the consent holds.

use std::cell::RefCell;
use std::rc::Rc;

use http::Method;
use serde_json::{Value, json};

use super::STORE;
use super::fake::{Bank, SOURCE, TOKEN, answer, raw};
use crate::altinn::{ApiKeys, Generation};
use crate::config::Origin;
use crate::platform::memory::Memory;
use crate::platform::{Request, Response, SendError};
use crate::secret::Secret;

pub(crate) const FORMER: &str = "former.example";
pub(crate) const KEY: &str = "0198a000-1111-4222-8333-444455556666";

/// What a refusal says stands in the status line, which nobody hands on.
const REFUSED: &str = "";

/// The other sides' state.
#[derive(Clone, Default)]
pub(crate) struct Former(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// What Altinn keeps, oldest first.
    requests: Vec<Value>,
    /// Codes whose consent holds no longer.
    ended: Vec<String>,
    proofs: usize,
    /// What Skatteetaten answers a read that shows the newest proof.
    data: String,
    /// The answer to the next creation is lost.
    losing: bool,
}

impl Former {
    pub(crate) fn install(platform: &Memory) -> Self {
        platform.add_store(STORE);
        let former = Self::default();
        former.0.borrow_mut().data = r#"{"partIdentifikator":"313367002"}"#.to_owned();
        let answering = former.clone();
        platform.respond(move |request| answering.answer(request));
        former
    }

    /// A deployment that asks this Altinn.
    pub(crate) fn bank(party: &str, name: &str) -> Bank {
        let mut bank = Bank::new(party);
        let origin = |text| Origin::parse(text).expect("an origin");
        bank.consents.altinn.generation = Generation::Two(ApiKeys::of_one("310000205", KEY));
        bank.consents.altinn.origin = origin("https://former.example");
        bank.consents.altinn.page_origin = origin("https://page.example");
        bank.service.right.resource = "5928_202301".to_owned();
        bank.party_name = Some(Secret::new(name.to_owned()));
        bank
    }

    /// The newest request's code.
    pub(crate) fn code(&self) -> String {
        self.newest("AuthorizationCode")
    }

    pub(crate) fn newest(&self, member: &str) -> String {
        let state = self.0.borrow();
        let newest = state.requests.last().expect("a request");
        newest[member].as_str().expect("text").to_owned()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.borrow().requests.len()
    }

    pub(crate) fn respond(&self, code: &str, status: &str) {
        let mut state = self.0.borrow_mut();
        let mut requests = state.requests.iter_mut();
        let kept = requests.find(|kept| kept["AuthorizationCode"] == code);
        kept.expect("a request")["RequestStatus"] = json!(status);
    }

    /// The person withdraws.
    pub(crate) fn end(&self, code: &str) {
        self.0.borrow_mut().ended.push(code.to_owned());
    }

    pub(crate) fn lose_created(&self) {
        self.0.borrow_mut().losing = true;
    }

    fn answer(&self, request: &Request) -> Result<Response, SendError> {
        let host = request.uri().host().expect("a host");
        match host {
            TOKEN => Ok(answer(
                200,
                &json!({ "access_token": "token", "token_type": "Bearer", "expires_in": 100, "scope": "x" }),
            )),
            FORMER => self.altinn(request),
            SOURCE => Ok(self.source(request)),
            _ => Err(SendError::NotAllowed(host.to_owned())),
        }
    }

    fn altinn(&self, request: &Request) -> Result<Response, SendError> {
        assert_eq!(request.headers()["ApiKey"], KEY);
        let mut state = self.0.borrow_mut();
        let path = request.uri().path();
        let code = path.rsplit('/').next().expect("a code");
        if path.starts_with("/api/authorization/token/") {
            let mut requests = state.requests.iter();
            let kept = requests.find(|kept| kept["AuthorizationCode"] == code);
            let holds = kept.is_some_and(|kept| kept["RequestStatus"] == "Accepted");
            if !holds || state.ended.iter().any(|ended| ended == code) {
                return Ok(raw(403, REFUSED));
            }
            state.proofs += 1;
            return Ok(raw(200, &format!("\"proof.{}.x\"", state.proofs)));
        }
        assert!(request.headers().contains_key("authorization"));
        if request.method() == Method::GET {
            let mut requests = state.requests.iter();
            let kept = requests.find(|kept| kept["AuthorizationCode"] == code);
            return Ok(kept.map_or_else(|| raw(403, REFUSED), |kept| answer(200, kept)));
        }
        let asked: Value = serde_json::from_slice(request.body()).expect("JSON");
        let kept = kept(state.requests.len(), &asked);
        state.requests.push(kept.clone());
        if std::mem::take(&mut state.losing) {
            let deadline = std::time::Duration::from_secs(5);
            return Err(SendError::TimedOut(deadline));
        }
        Ok(answer(201, &kept))
    }

    fn source(&self, request: &Request) -> Response {
        let state = self.0.borrow();
        let proof = format!("proof.{}.x", state.proofs);
        let shown = request.headers().get("AltinnSamtykke");
        if shown.is_some_and(|shown| *shown == *proof) {
            raw(200, &state.data)
        } else {
            answer(
                403,
                &json!({ "kode": "KB-005", "melding": "Feil", "korrelasjonsid": "x" }),
            )
        }
    }
}

/// What Altinn makes of what it is asked. The tests' clock says January: Norway is an hour ahead.
fn kept(index: usize, asked: &Value) -> Value {
    let code = format!("{index:08}-1111-4222-8333-444455556666");
    let masked = |name: &str| match asked[name].as_str() {
        Some(number) if number.len() == 11 => json!(format!("{}*****", &number[..6])),
        _ => asked[name].clone(),
    };
    let valid_to = asked["ValidTo"].as_str().expect("a time");
    assert_eq!(valid_to, "2026-04-01T12:00:00Z");
    json!({
        "AuthorizationCode": code,
        "RequestStatus": "Unopened",
        "CoveredBy": asked["CoveredBy"],
        "OfferedBy": masked("OfferedBy"),
        "RequiredDelegator": masked("RequiredDelegator"),
        "ValidTo": "2026-04-01T14:00:00.000",
        "RedirectUrl": asked["RedirectUrl"],
        "RequestResources": asked["RequestResources"],
        "Name": asked["OfferedByName"],
        "_links": { "gui": { "href": format!("https://page.example/ui/AccessConsent/request?id={code}") } },
    })
}
