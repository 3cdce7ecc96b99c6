//! Test double of the banks' receivers of evidence and events.

use std::cell::{Cell, RefCell};

use super::*;
use crate::signature::custody::{Custody, CustodySource};
use crate::signature::fake::answered;
use innsyn_core::platform::memory::Delay;
use innsyn_core::platform::{Request, Response, SendError};
use innsyn_runtime::config::{Raw, Resolver};

pub(super) const FIRST: &str = "evidence.bank.example";
pub(super) const SECOND: &str = "evidence.other.example";
pub(super) const EVENTS: &str = "events.bank.example";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Period of the timer.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// Receivers of two banks.
#[derive(Clone, Default)]
pub(super) struct Banks(pub(super) Rc<Behaviour>);

#[derive(Default)]
pub(super) struct Behaviour {
    /// Status of the answers; zero for 204.
    pub(super) status: Cell<u16>,
    /// Hosts that do not answer.
    pub(super) hanging: RefCell<Vec<&'static str>>,
    pub(super) delay: Cell<Duration>,
    /// Number of connections that break after the request has arrived.
    pub(super) breaking: Cell<usize>,
}

impl Banks {
    /// Puts the receivers beside Posten.
    pub(super) fn install(bed: &mut TestBed) -> Self {
        let banks = Self::default();
        let (own, posten) = (banks.clone(), bed.posten.clone());
        bed.platform.respond(move |request| {
            let host = request.uri().host().unwrap_or_default();
            if [FIRST, SECOND, EVENTS].contains(&host) {
                own.answer(host)
            } else {
                posten.give(request)
            }
        });
        let receivers = [(CONSUMER, FIRST), (SECOND_CONSUMER, SECOND)];
        bed.signatures.needs_custody = true;
        bed.signatures.evidence_receivers = receivers_at(bed, &receivers);
        banks
    }

    fn answer(&self, host: &str) -> Result<Response, SendError> {
        let breaking = self.0.breaking.get();
        if let Some(rest) = breaking.checked_sub(1) {
            self.0.breaking.set(rest);
            return Err(SendError::Broken("reset".to_owned()));
        }
        let status = self.0.status.get();
        let mut answer = answered(if status == 0 { 204 } else { status }, "");
        let is_hanging = self.0.hanging.borrow().contains(&host);
        let delay = if is_hanging {
            Duration::from_hours(1)
        } else {
            self.0.delay.get()
        };
        answer.extensions_mut().insert(Delay(delay));
        Ok(answer)
    }

    pub(super) fn answer_with(&self, status: u16) {
        self.0.status.set(status);
    }
}

/// Returns the receivers of these consumers, at these hosts.
pub(super) fn receivers_at(bed: &TestBed, hosts: &[(&str, &str)]) -> Receivers {
    let entries = hosts.iter().map(|(consumer, host)| {
        let receiver = serde_json::json!({
            "address": format!("https://{host}/innsyn"), "secrets": [SECRET],
        });
        ((*consumer).to_owned(), receiver)
    });
    let json = serde_json::Value::Object(entries.collect()).to_string();
    let raw = Raw::from_pairs([("receivers", json.as_str())]);
    let mut resolver = Resolver::new(&raw);
    let receivers = Receivers::resolve(&mut resolver, "receivers", Some(&bed.consumers));
    resolver.finish(receivers).expect("receivers")
}

pub(super) fn header(request: &Request, name: &str) -> String {
    let value = request.headers().get(name).expect("a header");
    value.to_str().expect("text").to_owned()
}

impl TestBed {
    /// Returns the requests to a host, in order.
    pub(super) fn sent_to(&self, host: &str) -> Vec<Request> {
        let mut requests = self.platform.requests();
        requests.retain(|request| request.uri().host() == Some(host));
        requests
    }

    pub(super) fn ids_at(&self, host: &str) -> Vec<String> {
        let requests = self.sent_to(host);
        requests
            .iter()
            .map(|request| header(request, "webhook-id"))
            .collect()
    }

    pub(super) fn proof(&self, id: &str) -> Option<CustodySource> {
        let context = context(&*self.platform);
        let rows = self.signatures.rows(&context);
        let consumer = consumer(CONSUMER);
        let custody = self.platform.run(rows.custody(&consumer, id));
        custody.expect("a store").map(|custody| custody.source)
    }

    /// Records that the bank has fetched its copy.
    pub(super) fn acknowledge(&self, id: &str) {
        let context = context(&*self.platform);
        let rows = self.signatures.rows(&context);
        let consumer = consumer(CONSUMER);
        let custody = Custody::new(CustodySource::Acknowledged, context.now());
        let until = context.now() + time::Duration::days(60);
        let kept = self
            .platform
            .run(rows.keep_custody(&consumer, id, custody, until));
        kept.expect("a store");
    }

    pub(super) fn sweep(&self) {
        let context = context(&*self.platform);
        let swept = self.signatures.sweep(&context, &self.consumers);
        assert!(self.platform.run(swept).expect("swept").whole);
    }

    pub(super) fn outcomes(&self, event: &str) -> Vec<String> {
        let events = self.platform.events();
        let events = events.iter().filter(|line| line["event"] == event);
        events
            .map(|line| line["outcome"].as_str().expect("text").to_owned())
            .collect()
    }
}
