//! The other sides as the tests need them: the token component, Altinn and Skatteetaten.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Asker, Consents, STORE, Service, Started, Subject};
use crate::altinn::{Altinn, Generation, Right};
use crate::config::{Consumers, Origin, StoreKeys};
use crate::context::Context;
use crate::credential::SigningKey;
use crate::idempotency::{Entry, Fingerprint, Key};
use crate::party::{Environment, OrganisationNumber, Party};
use crate::platform::memory::Memory;
use crate::platform::{Platform, Request, Response, SendError};
use crate::problem::Problem;
use crate::return_address::{Journey, ReturnAddress, ReturnAddresses};
use crate::secret::Secret;
use crate::store::Store;
use crate::token::Client;

pub(crate) const ALTINN: &str = "platform.example";
pub(crate) const TOKEN: &str = "token.spin.internal";
pub(crate) const SOURCE: &str = "kob.example";
pub(crate) const CALLBACK: &str = "https://app.example/consent/callback";

pub(crate) const PERSON: &str = "14858512450";
pub(crate) const OTHER_PERSON: &str = "02829090123";
pub(crate) const ORGANISATION: &str = "313367002";

type Answer = Result<Response, SendError>;

/// The other sides' state.
#[derive(Clone, Default)]
pub(crate) struct World(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// What Altinn keeps, oldest first.
    consents: Vec<Value>,
    /// Answers given instead of the proper ones, by host.
    faults: VecDeque<(&'static str, Answer)>,
    /// Consent requests that are made and whose answers are lost.
    losing: bool,
    minted: usize,
    /// What Skatteetaten answers, in order; the last one again and again.
    data: VecDeque<Response>,
}

impl World {
    pub(crate) fn install(platform: &Memory) -> Self {
        platform.add_store(STORE);
        let world = Self::default();
        let answering = world.clone();
        platform.respond(move |request| answering.answer(request));
        world
    }

    /// The next call to `host` gets this answer.
    pub(crate) fn fail(&self, host: &'static str, answer: Answer) {
        self.0.borrow_mut().faults.push_back((host, answer));
    }

    /// All calls to `host` that would be repeated get this answer.
    pub(crate) fn fail_often(&self, host: &'static str, answer: &Answer) {
        for _ in 0..12 {
            self.fail(host, answer.clone());
        }
    }

    pub(crate) fn heal(&self) {
        self.0.borrow_mut().faults.clear();
    }

    pub(crate) fn lose_created(&self, losing: bool) {
        self.0.borrow_mut().losing = losing;
    }

    pub(crate) fn serve(&self, answers: impl IntoIterator<Item = Response>) {
        self.0.borrow_mut().data = answers.into_iter().collect();
    }

    pub(crate) fn minted(&self) -> usize {
        self.0.borrow().minted
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let state = self.0.borrow();
        state
            .consents
            .iter()
            .map(|kept| text(&kept["id"]))
            .collect()
    }

    /// What Altinn keeps of the newest request.
    pub(crate) fn newest(&self) -> Value {
        self.0.borrow().consents.last().cloned().expect("a request")
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut state = self.0.borrow_mut();
        let kept = state.consents.iter_mut().find(|kept| kept["id"] == id);
        change(kept.expect("a request"));
    }

    /// `person` answers a request at Altinn.
    pub(crate) fn respond(&self, id: &str, status: &str, person: &str) {
        self.change(id, |kept| {
            kept["status"] = json!(status);
            let events = kept["consentRequestEvents"].as_array_mut().expect("events");
            events.push(json!({
                "eventType": status,
                "created": "2026-01-01T12:01:00.1234567+00:00",
                "performedBy": format!("urn:altinn:person:identifier-no:{person}"),
            }));
        });
    }

    fn answer(&self, request: &Request) -> Answer {
        let host = request.uri().host().expect("a host").to_owned();
        let fault = {
            let mut state = self.0.borrow_mut();
            let found = state.faults.iter().position(|(faulty, _)| *faulty == host);
            found.and_then(|index| state.faults.remove(index))
        };
        if let Some((_, answer)) = fault {
            return answer;
        }
        match host.as_str() {
            TOKEN => Ok(self.mint()),
            ALTINN => self.altinn(request),
            SOURCE => Ok(self.data()),
            _ => Err(SendError::NotAllowed(host)),
        }
    }

    fn mint(&self) -> Response {
        let mut state = self.0.borrow_mut();
        state.minted += 1;
        let token = format!("token-{}", state.minted);
        let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 100, "scope": "x" });
        answer(200, &body)
    }

    fn altinn(&self, request: &Request) -> Answer {
        let mut state = self.0.borrow_mut();
        if request.method() == Method::GET {
            let id = request.uri().path().rsplit('/').next().expect("an id");
            let kept = state.consents.iter().find(|kept| kept["id"] == id);
            let unknown = json!({ "status": 404, "code": "AM-00001" });
            return Ok(kept.map_or_else(|| answer(404, &unknown), |kept| answer(200, kept)));
        }
        let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let id = text(&body["id"]);
        if state.consents.iter().any(|kept| kept["id"] == id) {
            return Ok(answer(
                200,
                &json!({ "id": id, "consentRequestStatus": "Created" }),
            ));
        }
        body["status"] = json!("Created");
        body["consentRequestEvents"] = json!([]);
        body["viewUri"] = json!(format!("https://am.ui.example/request?id={id}"));
        state.consents.push(body.clone());
        if state.losing {
            return Err(SendError::TimedOut(Duration::from_secs(5)));
        }
        Ok(answer(201, &body))
    }

    fn data(&self) -> Response {
        let mut state = self.0.borrow_mut();
        let next = state.data.pop_front().expect("data");
        if state.data.is_empty() {
            state.data.push_back(next.clone());
        }
        next
    }
}

pub(crate) fn answer(status: u16, body: &Value) -> Response {
    raw(status, &body.to_string())
}

pub(crate) fn raw(status: u16, body: &str) -> Response {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// One deployment, with a customer who asks.
pub(crate) struct Bank {
    pub(crate) consents: Consents,
    pub(crate) consumers: Consumers,
    pub(crate) service: Service,
    pub(crate) party: Party,
    pub(crate) party_name: Option<Secret<String>>,
    pub(crate) subject: Secret<String>,
    pub(crate) return_address: ReturnAddress,
}

impl Bank {
    pub(crate) fn new(party: &str) -> Self {
        let number = |text| OrganisationNumber::parse(text).expect("a number");
        let origin = |text| Origin::parse(text).expect("an origin");
        let keys = StoreKeys {
            current: Secret::new([7; 32]),
            previous: Vec::new(),
        };
        Self {
            consents: Consents::new(
                Environment::Test,
                Store::new(STORE, Environment::Test, &keys),
                Altinn {
                    generation: Generation::Three,
                    origin: origin("https://platform.example"),
                    page_origin: origin("https://am.ui.example"),
                },
                Client::new("consent", SigningKey::from_seed(&[3; 32]).expect("a key")),
            ),
            consumers: Consumers {
                default: number("310000205"),
                others: vec![number("310000302")],
                claim: None,
            },
            service: Service {
                name: "krav-og-betalinger".to_owned(),
                right: Right {
                    resource: "ske-samtykke-krav-og-betalinger".to_owned(),
                    metadata: [("inntektsaar".to_owned(), "2025".to_owned())].into(),
                },
                valid_for: time::Duration::days(90),
            },
            party: Party::parse(party, Environment::Test).expect("a party"),
            party_name: None,
            subject: Secret::new("kari".to_owned()),
            return_address: return_address("https://bank.example/back"),
        }
    }

    pub(crate) fn about(&self) -> Subject<'_> {
        Subject {
            consumer: &self.consumers.default,
            party: &self.party,
            service: &self.service,
        }
    }

    fn asker(&self) -> Asker<'_> {
        Asker {
            subject: &self.subject,
            return_address: &self.return_address,
            party_name: self.party_name.as_ref(),
        }
    }

    /// With an `Idempotency-Key`.
    pub(crate) async fn start_once<P: Platform>(
        &self,
        platform: &P,
        key: &str,
    ) -> Result<Started, Problem> {
        let context = context(platform);
        let key = Key::read(Some(key))?.expect("a key");
        let (store, consumer) = (&self.consents.store, &self.consumers.default);
        let entry = Entry::new(store, consumer, &self.subject, "POST /consent", &key);
        let running = entry.begin(&context, &Fingerprint::of(&[])).await?;
        let started =
            self.consents
                .start_once(&context, self.about(), self.asker(), CALLBACK, &running);
        let started = started.await;
        running.end(&context, started.is_ok()).await;
        started
    }

    pub(crate) async fn start<P: Platform>(&self, platform: &P) -> Result<Started, Problem> {
        let asker = self.asker();
        let context = context(platform);
        self.consents
            .start(&context, self.about(), asker, CALLBACK)
            .await
    }
}

pub(crate) fn context<P: Platform>(platform: &P) -> Context<'_, P> {
    Context::new(platform, "consent", Duration::from_secs(20))
}

pub(crate) fn return_address(text: &str) -> ReturnAddress {
    let list = ["https://bank.example", "bank-app://"];
    let list = ReturnAddresses::parse(list.into_iter()).expect("a list");
    list.check(text, Journey::Consent).expect("on the list")
}
