//! Bank's receiver of events, and a bank that has one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;

use super::*;
use crate::consent::Drained;
use crate::consent::fake::{PERSON, raw};
use crate::events::Receivers;
use innsyn_core::platform::memory::Delay;
use innsyn_core::platform::{Request, Response};
use innsyn_core::reference::Reference;
use innsyn_runtime::config::{Raw, Resolver};

pub(super) const RECEIVER: &str = "events.bank.example";
pub(super) const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(super) const NEW: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
/// Bank's receiver of events.
#[derive(Clone, Default)]
pub(super) struct Receiver(pub(super) Rc<Replies>);

#[derive(Default)]
pub(super) struct Replies {
    /// Status of the answers; zero for 204.
    pub(super) status: Cell<u16>,
    pub(super) delay: Cell<Duration>,
    received: RefCell<Vec<Request>>,
    /// Answer of `token` to the sweep.
    pub(super) swept: RefCell<String>,
}

impl Receiver {
    fn install(platform: &Memory, services: &ExternalServices) -> Self {
        let receiver = Self::default();
        receiver.0.swept.replace(r#"{"removed":0}"#.to_owned());
        let (own, services) = (receiver.clone(), services.clone());
        platform.respond(move |request| {
            if request.uri().host() == Some(RECEIVER) {
                Ok(own.receive(request))
            } else if request.uri().path() == "/token/sweep" {
                Ok(raw(200, &own.0.swept.borrow()))
            } else {
                services.answer(request)
            }
        });
        receiver
    }

    fn receive(&self, request: &Request) -> Response {
        self.0.received.borrow_mut().push(request.clone());
        let status = self.0.status.get();
        let mut answer = raw(if status == 0 { 204 } else { status }, "");
        answer.extensions_mut().insert(Delay(self.0.delay.get()));
        answer
    }

    pub(super) fn received(&self) -> Vec<Request> {
        self.0.received.borrow().clone()
    }

    /// Returns the type and number of each arrivals event.
    pub(super) fn events(&self) -> Vec<(String, u64)> {
        let bodies = self.received();
        let bodies = bodies.iter().map(body);
        bodies
            .map(|event| {
                (
                    text(&event["type"]),
                    event["data"]["number"].as_u64().expect("one"),
                )
            })
            .collect()
    }
}

pub(super) fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).expect("JSON")
}

pub(super) fn header(request: &Request, name: &str) -> String {
    request.headers()[name].to_str().expect("text").to_owned()
}

pub(super) fn bank() -> Bank {
    let mut bank = Bank::new(PERSON);
    bank.consumers.others.clear();
    bank.reference = Reference::parse("case-7").ok();
    let json = serde_json::json!({"310000205":
        {"address": format!("https://{RECEIVER}/innsyn"), "secrets": [NEW, OLD]}});
    let raw = Raw::from_pairs([("event_receivers", json.to_string().as_str())]);
    let mut resolver = Resolver::new(&raw);
    let receivers = Receivers::resolve(&mut resolver, "event_receivers", Some(&bank.consumers));
    bank.consents.receivers = resolver.finish(receivers).expect("receivers");
    "https://app.example/consent".clone_into(&mut bank.consents.source);
    bank
}

pub(super) fn bed() -> (Memory, ExternalServices, Receiver, Bank) {
    let (platform, services) = connected_platform();
    let receiver = Receiver::install(&platform, &services);
    (platform, services, receiver, bank())
}

/// Starts a consent, accepts it, and lets the browser return.
pub(super) fn granted(platform: &Memory, services: &ExternalServices, bank: &Bank) -> String {
    platform.run(bank.start(platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.answer_at(&id, "Accepted", PERSON, platform.now());
    let arrived = platform.run(handle_return(bank, platform, &newest_state(services)));
    assert_eq!(arrived, back("granted"));
    id
}

pub(super) async fn drain<P: Platform>(bank: &Bank, platform: &P) -> Drained {
    let context = context(platform);
    let drained = bank.consents.drain(&context, &bank.consumers).await;
    drained.expect("drained")
}

pub(super) fn sweep(bank: &Bank, platform: &Memory) {
    let context = context(platform);
    let swept = bank.consents.sweep(&context, &bank.consumers);
    assert!(platform.run(swept).expect("swept").whole);
}
