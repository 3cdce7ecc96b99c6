//! Altinn 2 as the tests need it, with the token component and Skatteetaten: a code of its own choice, masked
//! numbers, local times, and a signed proof only while the consent holds.

use std::cell::RefCell;
use std::rc::Rc;

use http::Method;
use serde_json::{Value, json};

use super::STORE;
use super::fake::{Bank, SOURCE, TOKEN, answer, raw};
use crate::altinn::{Former as Settings, Generation, Start};
use crate::config::Origin;
use crate::fixtures::{ALTINN_PRIMARY, ALTINN_SECONDARY};
use crate::platform::memory::Memory;
use crate::platform::{Request, Response, SendError};
use crate::secret::Secret;

pub(crate) const FORMER: &str = "former.example";
pub(crate) const KEY: &str = "0198a000-1111-4222-8333-444455556666";

/// The path of the keys.
pub(crate) const KEYS: &str = "/keys";

/// What a refusal says stands in the status line, which nobody hands on.
const REFUSED: &str = "";

/// Noon on 1 January 2026, and the last moment of every consent here.
const NOW: i64 = 1_767_268_800;
const VALID_TO: i64 = 1_775_044_800;

/// The other sides' state.
#[derive(Clone, Default)]
pub(crate) struct Former(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// What Altinn keeps, oldest first.
    requests: Vec<Value>,
    /// Codes whose consent holds no longer.
    ended: Vec<String>,
    /// The newest proof that was given.
    proof: String,
    /// Members of the proofs that are not what they should be.
    proof_says: Vec<(&'static str, Value)>,
    /// How much later it is than at the beginning, in seconds.
    later: i64,
    /// Which key signs: the one that was announced.
    is_rolled: bool,
    /// The interface answers nothing.
    is_down: bool,
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

    /// A deployment that asks this Altinn's interface with a token.
    pub(crate) fn bank(party: &str, name: &str) -> Bank {
        let mut bank = Self::bank_by(Start::Token, party);
        bank.party_name = Some(Secret::new(name.to_owned()));
        bank
    }

    /// A deployment that asks otherwise.
    pub(crate) fn bank_by(start: Start, party: &str) -> Bank {
        let mut bank = Bank::new(party);
        let origin = |text| Origin::parse(text).expect("an origin");
        let altinn = &mut bank.consents.altinn;
        altinn.origin = origin("https://former.example");
        altinn.page_origin = origin("https://page.example");
        let settings = Settings::of_one(&altinn.origin, "310000205", KEY).started_by(start);
        altinn.generation = Generation::Two(Box::new(settings));
        bank.service.right.resource = "5928_202301".to_owned();
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

    /// `party` accepts at the link: the code.
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

    /// The person withdraws.
    pub(crate) fn end(&self, code: &str) {
        self.0.borrow_mut().ended.push(code.to_owned());
    }

    /// Proofs say something else from now on.
    pub(crate) fn say(&self, member: &'static str, value: Value) {
        self.0.borrow_mut().proof_says.push((member, value));
    }

    /// The announced key signs from now on, and is the only one that is published.
    pub(crate) fn roll(&self) {
        self.0.borrow_mut().is_rolled = true;
    }

    /// Altinn's clock goes on.
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
            // A moment goes by, so that no proof is like another.
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

/// What Altinn makes of what it is asked. The tests' clock says January: Norway is an hour ahead.
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
