//! Test doubles of the external services: the token component, Altinn and Skatteetaten.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ActiveConsent, Consents, Requester, STORE, Started};
use crate::altinn::Altinn;
use crate::token::{Client, TokenRequest};
use innsyn_core::context::Context;
use innsyn_core::credential::SigningKey;
use innsyn_core::origin::Origin;
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Platform, Request, Response, SendError};
use innsyn_core::problem::Problem;
use innsyn_core::reference::Reference;
use innsyn_core::secret::Secret;
use innsyn_protocols::altinn::Right;
use innsyn_runtime::config::{Consumers, StoreKeys};
use innsyn_runtime::idempotency::{Entry, Fingerprint, Key};
use innsyn_runtime::return_address::{Journey, ReturnAddress, ReturnAddresses};
use innsyn_runtime::store::Store;

pub(crate) const ALTINN: &str = "platform.example";
pub(crate) const TOKEN: &str = "token.spin.internal";
pub(crate) const SOURCE: &str = "kob.example";
pub(crate) const CALLBACK: &str = "https://app.example/consent/callback";

pub(crate) const PERSON: &str = "14858512450";
pub(crate) const OTHER_PERSON: &str = "02829090123";
pub(crate) const ORGANISATION: &str = "313367002";

pub(crate) type Answer = Result<Response, SendError>;

/// State of the external services.
#[derive(Clone, Default)]
pub(crate) struct ExternalServices(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Consents at Altinn, oldest first.
    consents: Vec<Value>,
    /// Events of Altinn's feed: id, type and time.
    events: Vec<(String, String, OffsetDateTime)>,
    /// Time of the newest event that the feed shows.
    shown_until: Option<OffsetDateTime>,
    /// True if lookups of statuses fail.
    lookups_fail: bool,
    /// Responses given instead of the regular ones, by host.
    faults: VecDeque<(&'static str, Answer)>,
    /// True if consent requests are created and their responses are lost.
    losing: bool,
    minted: usize,
    /// Responses of Skatteetaten, in order; the last one is repeated.
    data: VecDeque<Response>,
}

impl ExternalServices {
    pub(crate) fn install(platform: &Memory) -> Self {
        platform.add_store(STORE);
        let services = Self::default();
        let answering = services.clone();
        platform.respond(move |request| answering.answer(request));
        services
    }

    /// Sets the response to the next call to `host`.
    pub(crate) fn fail(&self, host: &'static str, answer: Answer) {
        self.0.borrow_mut().faults.push_back((host, answer));
    }

    /// Sets the response to each attempt of a retried call to `host`.
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

    /// Returns the newest consent at Altinn.
    pub(crate) fn newest(&self) -> Value {
        self.0.borrow().consents.last().cloned().expect("a request")
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut state = self.0.borrow_mut();
        let kept = state.consents.iter_mut().find(|kept| kept["id"] == id);
        change(kept.expect("a request"));
    }

    /// Answers a request at Altinn on behalf of `person`.
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

    /// Answers a request at Altinn on behalf of `person`, with an event in the feed.
    pub(crate) fn answer_at(&self, id: &str, status: &str, person: &str, at: OffsetDateTime) {
        self.respond(id, status, person);
        self.add_event(id, status, at);
    }

    /// Adds an event to the feed.
    pub(crate) fn add_event(&self, id: &str, kind: &str, at: OffsetDateTime) {
        let event = (id.to_owned(), kind.to_owned(), at);
        self.0.borrow_mut().events.push(event);
    }

    /// Lets the feed show the events until this time.
    pub(crate) fn show_events_until(&self, time: OffsetDateTime) {
        self.0.borrow_mut().shown_until = Some(time);
    }

    /// Makes lookups of statuses fail, or work again.
    pub(crate) fn fail_lookups(&self, fail: bool) {
        self.0.borrow_mut().lookups_fail = fail;
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
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
        if request.uri().path().ends_with("/events") {
            return Ok(state.feed(request));
        }
        if request.method() == Method::GET {
            if state.lookups_fail {
                return Ok(answer(500, &json!({})));
            }
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

impl State {
    /// Returns a page of the feed, whose continuation token is the number of the last event.
    fn feed(&self, request: &Request) -> Response {
        let query = request.uri().query().expect("a query");
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let said = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.to_string())
        };
        let after = OffsetDateTime::parse(&said("createdAfter").expect("a time"), &Rfc3339);
        let after = after.expect("RFC 3339");
        let start = said("continuationToken")
            .map_or(0, |token| token.parse::<usize>().expect("a number") + 1);
        let is_wanted = |kind: &str| {
            pairs
                .iter()
                .any(|(name, value)| name == "eventType" && value.eq_ignore_ascii_case(kind))
        };
        let until = self.shown_until.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_key(|(_, _, at)| *at);
        let events = events.into_iter().enumerate().skip(start);
        let shown: Vec<_> = events
            .filter(|(_, (_, kind, at))| *at >= after && *at <= until && is_wanted(kind))
            .take(100)
            .collect();
        let next = shown
            .last()
            .filter(|_| shown.len() == 100)
            .map(|(number, _)| {
                format!("https://elsewhere.example/events?continuationToken={number}")
            });
        let data: Vec<_> = shown
            .into_iter()
            .map(|(_, (id, kind, at))| {
                let at = at.format(&Rfc3339).expect("a time");
                json!({"consentRequestId": id, "eventType": kind, "changedDate": at})
            })
            .collect();
        answer(200, &json!({"links": {"next": next}, "data": data}))
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

/// Service, with the right of one consent.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) right: Right,
}

/// Deployment with a customer who requests consents.
pub(crate) struct Bank {
    pub(crate) consents: Consents,
    pub(crate) consumers: Consumers,
    pub(crate) service: Service,
    pub(crate) party: Party,
    pub(crate) party_name: Option<Secret<String>>,
    pub(crate) reference: Option<Reference>,
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
                Altinn::three(
                    origin("https://platform.example"),
                    origin("https://am.ui.example"),
                ),
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
            },
            party: Party::parse(party, Environment::Test).expect("a party"),
            party_name: None,
            reference: None,
            subject: Secret::new("kari".to_owned()),
            return_address: return_address("https://bank.example/back"),
        }
    }

    pub(crate) fn about(&self) -> super::Key<'_> {
        let Service { name, right, .. } = &self.service;
        super::Key::new(&self.consumers.default, &self.party, name, right)
    }

    /// Returns the consent, which a read requires.
    pub(crate) async fn require<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<ActiveConsent<'_>, Problem> {
        let ask = TokenRequest::new("skatteetaten:kravogbetalinger").expect("a scope");
        self.consents.require(context, self.about(), ask).await
    }

    fn requester(&self) -> Requester<'_> {
        Requester {
            subject: &self.subject,
            return_address: &self.return_address,
            party_name: self.party_name.as_ref(),
            reference: self.reference.as_ref(),
            valid_for: time::Duration::days(90),
        }
    }

    /// Starts a consent with an `Idempotency-Key`.
    pub(crate) async fn start_once<P: Platform>(
        &self,
        platform: &P,
        key: &str,
    ) -> Result<Started, Problem> {
        let context = context(platform);
        let key = Key::read(Some(key))?.expect("a key");
        let (store, consumer) = (&self.consents.store, &self.consumers.default);
        let entry = Entry::new(store, consumer, &self.subject, "POST /consent", &key);
        let running = entry.begin(&context, &Fingerprint::from_parts(&[])).await?;
        let started =
            self.consents
                .start_once(&context, self.about(), self.requester(), CALLBACK, &running);
        let started = started.await;
        running.end(&context, started.is_ok()).await;
        started
    }

    pub(crate) async fn start<P: Platform>(&self, platform: &P) -> Result<Started, Problem> {
        let requester = self.requester();
        let context = context(platform);
        self.consents
            .start(&context, self.about(), requester, CALLBACK)
            .await
    }
}

pub(crate) fn context<P: Platform>(platform: &P) -> Context<'_, P> {
    Context::new(platform, "consent", Duration::from_secs(20))
}

pub(crate) fn return_address(text: &str) -> ReturnAddress {
    let list = ["https://bank.example", "bank-app://", "no.bank.app:/"];
    let list = ReturnAddresses::parse(list.into_iter()).expect("a list");
    list.check(text, Journey::Consent).expect("on the list")
}
