//! Test double of Altinn 2, with the token component and Skatteetaten: its own codes, masked
//! numbers, local times, and a signed proof only while the consent is active.

use std::cell::RefCell;
use std::rc::Rc;

use http::Method;
use serde_json::{Value, json};

use super::STORE;
use super::fake::{Bank, SOURCE, TOKEN, answer, raw};
use crate::altinn::Altinn;
use crate::altinn2::Altinn2;
use innsyn_core::fixtures::{ALTINN_PRIMARY, ALTINN_SECONDARY};
use innsyn_core::origin::Origin;
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Request, Response, SendError};
use innsyn_core::secret::Secret;
use innsyn_protocols::altinn2::Start;

pub(crate) const FORMER: &str = "former.example";
pub(crate) const KEY: &str = "0198a000-1111-4222-8333-444455556666";

/// Path of the keys.
pub(crate) const KEYS: &str = "/keys";

/// Reason phrase of a refusal, which is not passed on.
const REFUSED: &str = "";

/// Noon on 1 January 2026, and the expiry of every consent in these tests.
const NOW: i64 = 1_767_268_800;
const VALID_TO: i64 = 1_775_044_800;

/// State of the external services.
#[derive(Clone, Default)]
pub(crate) struct FakeAltinn2(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Requests at Altinn, oldest first.
    requests: Vec<Value>,
    /// Codes of consents that are no longer valid.
    ended: Vec<String>,
    /// Newest proof that was issued.
    proof: String,
    /// Members of the proofs that deviate from the regular ones.
    proof_says: Vec<(&'static str, Value)>,
    /// Time since the start, in seconds.
    later: i64,
    /// True if the announced key signs.
    is_rolled: bool,
    /// True if the API does not respond.
    is_down: bool,
    /// Response of Skatteetaten to a read that presents the newest proof.
    data: String,
    /// True if the response to the next creation is lost.
    losing: bool,
}

impl FakeAltinn2 {
    pub(crate) fn install(platform: &Memory) -> Self {
        platform.add_store(STORE);
        let former = Self::default();
        former.0.borrow_mut().data = r#"{"partIdentifikator":"313367002"}"#.to_owned();
        let answering = former.clone();
        platform.respond(move |request| answering.answer(request));
        former
    }

    /// Returns a deployment that calls this Altinn's API with a token.
    pub(crate) fn bank(party: &str, name: &str) -> Bank {
        let mut bank = Self::bank_by(Start::Token, party);
        bank.party_name = Some(Secret::new(name.to_owned()));
        bank
    }

    /// Returns a deployment with another way of starting consents.
    pub(crate) fn bank_by(start: Start, party: &str) -> Bank {
        let mut bank = Bank::new(party);
        let origin = |text| Origin::parse(text).expect("an origin");
        let interface = origin("https://former.example");
        let settings = Altinn2::of_one(&interface, "310000205", KEY).started_by(start);
        bank.consents.altinn = Altinn::two(settings, interface, origin("https://page.example"));
        bank.service.right.resource = "5928_202301".to_owned();
        bank
    }

    /// Returns the newest request's code.
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

    /// Accepts the consent at the link as `party`, and returns the code.
    pub(crate) fn accept(&self, party: &str) -> String {
        let mut state = self.0.borrow_mut();
        let code = code(state.requests.len());
        state.requests.push(json!({
            "AuthorizationCode": code,
            "RequestStatus": "Accepted",
            "CoveredBy": "310000205",
            "Party": party,
            "RequestResources": [{
                "ServiceCode": "5928", "ServiceEditionCode": 202_301, "Metadata": { "inntektsaar": "2025" },
            }],
        }));
        code
    }

    /// Withdraws the consent as its party.
    pub(crate) fn end(&self, code: &str) {
        self.0.borrow_mut().ended.push(code.to_owned());
    }

    /// Changes a member of all further proofs.
    pub(crate) fn say(&self, member: &'static str, value: Value) {
        self.0.borrow_mut().proof_says.push((member, value));
    }

    /// Makes the announced key the signing key, and the only one that is published.
    pub(crate) fn roll(&self) {
        self.0.borrow_mut().is_rolled = true;
    }

    /// Advances Altinn's clock.
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.borrow_mut().later += seconds;
    }

    pub(crate) fn break_down(&self, is_down: bool) {
        self.0.borrow_mut().is_down = is_down;
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
        let mut state = self.0.borrow_mut();
        if state.is_down {
            return Ok(raw(500, REFUSED));
        }
        let path = request.uri().path();
        match path {
            "/.well-known/oauth-authorization-server" => {
                let place = format!("https://{FORMER}{KEYS}");
                return Ok(answer(200, &json!({ "jwks_uri": place })));
            }
            KEYS => return Ok(answer(200, &state.published())),
            _ => assert_eq!(request.headers()["ApiKey"], KEY),
        }
        let code = path.rsplit('/').next().expect("a code");
        let known = |state: &State| {
            let mut requests = state.requests.iter();
            requests
                .position(|kept| kept["AuthorizationCode"] == code)
                .filter(|_| !state.ended.iter().any(|ended| ended == code))
        };
        if path.starts_with("/api/authorization/token/") {
            let index = known(&state);
            let index = index.filter(|index| state.requests[*index]["RequestStatus"] == "Accepted");
            let Some(index) = index else {
                return Ok(raw(403, REFUSED));
            };
            if request.method() == Method::DELETE {
                state.ended.push(code.to_owned());
                return Ok(raw(204, ""));
            }
            // Time advances, so that no two proofs are equal.
            state.later += 1;
            state.proof = state.proof_of(index);
            return Ok(answer(200, &json!(state.proof)));
        }
        // Either the one or the other.
        let is_forced = request.uri().query() == Some("ForceEIAuthentication");
        assert_ne!(request.headers().contains_key("authorization"), is_forced);
        if request.method() == Method::DELETE {
            let index = known(&state).expect("a request");
            state.requests.remove(index);
            return Ok(raw(204, ""));
        }
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
        let shown = request.headers().get("AltinnSamtykke");
        if shown.is_some_and(|shown| *shown == *state.proof) {
            raw(200, &state.data)
        } else {
            answer(
                403,
                &json!({ "kode": "KB-005", "melding": "Feil", "korrelasjonsid": "x" }),
            )
        }
    }
}

impl State {
    fn published(&self) -> Value {
        let secondary = ALTINN_SECONDARY.jwk("secondary");
        if self.is_rolled {
            return json!({ "keys": [secondary] });
        }
        json!({ "keys": [ALTINN_PRIMARY.jwk("primary"), secondary] })
    }

    fn proof_of(&self, index: usize) -> String {
        let kept = &self.requests[index];
        let mut services = Vec::new();
        for resource in kept["RequestResources"].as_array().expect("a list") {
            let code = resource["ServiceCode"].as_str().expect("text");
            let service = format!("{code}_{}", resource["ServiceEditionCode"]);
            services.push(service.clone());
            for (name, value) in resource["Metadata"].as_object().into_iter().flatten() {
                services.push(format!(
                    "{service}_{name}={}",
                    value.as_str().expect("text")
                ));
            }
        }
        let now = NOW + self.later;
        let mut claims = json!({
            "Services": services,
            "AuthorizationCode": kept["AuthorizationCode"],
            "OfferedBy": kept["Party"],
            "CoveredBy": kept["CoveredBy"],
            "DelegatedDate": NOW,
            "ValidToDate": VALID_TO,
            "nbf": now, "exp": now + 30, "iat": now, "iss": "altinn.no",
        });
        for (member, value) in &self.proof_says {
            claims[*member] = value.clone();
        }
        if self.is_rolled {
            ALTINN_SECONDARY.sign(Some("secondary"), &claims)
        } else {
            ALTINN_PRIMARY.sign(Some("primary"), &claims)
        }
    }
}

fn code(index: usize) -> String {
    format!("{index:08}-1111-4222-8333-444455556666")
}

/// Returns the stored form of a request. The tests' clock is in January: Norway is an hour ahead.
fn kept(index: usize, asked: &Value) -> Value {
    let code = code(index);
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
        "Party": asked["OfferedBy"],
        "_links": { "gui": { "href": format!("https://page.example/ui/AccessConsent/request?id={code}") } },
    })
}
