mod actions;
mod again;
mod api;
mod banks;
mod browser_return;
mod dead_letters;
mod delivery;
mod drain;
mod events;
mod forms;
mod interrupted;
mod lists;
mod order;
mod orders;
mod pace;
mod settings;
mod snapshot;
mod templates;
mod uploads;

use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::fake::{ORIGIN, PAGES, Posten};
use super::placement::Placement;
use super::*;
use innsyn_core::fixtures::{CONSUMER, SECOND_CONSUMER, consumer};
use innsyn_core::party::PersonNumber;
use innsyn_core::platform::Platform;
use innsyn_core::platform::memory::Memory;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_protocols::fixtures::{SEAL_CHAIN as CHAIN, seal_key as key};
use innsyn_protocols::posten::Seal;
use innsyn_protocols::posten::job::{
    AuthenticationLevel, Document, MediaType, Notifications, OnBehalfOf, SignatureType, Signer,
    SignerIdentifier,
};
use innsyn_runtime::caller::Customer;
use innsyn_runtime::config::{Consumers, StoreKeys};
use innsyn_runtime::inbound::Component;
use innsyn_runtime::return_address::{Journey, ReturnAddresses};

const TIME: Duration = <SignatureApi as Component<Memory>>::TIME;

/// Synthetic persons of the test population.
const KARI: &str = "17897432161";
const OLA: &str = "69886141211";

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

fn origin(text: &str) -> Origin {
    Origin::parse(text).expect("an origin")
}

/// Returns the policy in which customers' apps order freely.
pub(super) const fn policy() -> OrderPolicy {
    OrderPolicy {
        customers: CustomerOrders::Free,
        minimum_level: AuthenticationLevel::Four,
        minimum_kind: SignatureType::Advanced,
    }
}

/// Deployment with Posten behind it.
struct TestBed {
    platform: Rc<Memory>,
    posten: Posten,
    signatures: Signatures,
    consumers: Consumers,
    kari: Customer,
}

impl TestBed {
    fn new() -> Self {
        let platform = Rc::new(Memory::new());
        platform.add_store(STORE);
        let posten = Posten::install(&platform);
        let place = innsyn_protocols::posten::Posten::new(origin(ORIGIN), "", None, origin(PAGES));
        Self {
            platform,
            posten,
            signatures: Self::on_same_keys(
                place.expect("a place"),
                Seal::from_pem(CHAIN, &key()).expect("a seal"),
            ),
            consumers: Consumers {
                default: consumer(CONSUMER),
                others: vec![consumer(SECOND_CONSUMER)],
                claim: None,
            },
            kari: Customer::invented("kari", Some(KARI), &consumer(CONSUMER), &[]),
        }
    }

    /// Returns another instance on the same store.
    fn another_instance(&self) -> Signatures {
        Self::on_same_keys(self.signatures.posten.clone(), self.signatures.seal.clone())
    }

    fn on_same_keys(posten: innsyn_protocols::posten::Posten, seal: Seal) -> Signatures {
        let keys = StoreKeys {
            current: Secret::new([7; 32]),
            previous: Vec::new(),
        };
        Signatures {
            environment: Environment::Test,
            store: Store::new(STORE, Environment::Test, &keys),
            posten,
            seal,
            queue: Some("innsyn".to_owned()),
            public_url: origin("https://app.example"),
            policy: policy(),
            needs_custody: false,
            evidence_receivers: Receivers::default(),
            event_receivers: Receivers::default(),
            source: "https://app.example/signatures".to_owned(),
            waiting: Semaphore::new(super::browser_return::WAITING),
        }
    }

    async fn order_on<P: Platform>(
        &self,
        platform: &P,
        order: Order,
    ) -> Result<OrderOutcome, Problem> {
        let context = context(platform);
        self.signatures
            .order(
                &context,
                &Placement::by_customer(&self.kari, None),
                order,
                None,
            )
            .await
    }

    fn order(&self, order: Order) -> Result<OrderOutcome, Problem> {
        self.platform.run(self.order_on(&*self.platform, order))
    }

    /// Returns the job of an order with a response.
    fn made(&self, order: Order) -> JobView {
        made(self.order(order))
    }

    fn status(&self, id: &str) -> JobView {
        let context = context(&*self.platform);
        let status = self
            .platform
            .run(self.signatures.status(&context, &self.kari, id));
        status.expect("a job")
    }

    async fn drain_on<P: Platform>(&self, platform: &P) -> Result<Drained, Problem> {
        let context = context(platform);
        self.signatures.drain(&context, &self.consumers).await
    }

    fn drain(&self) -> Drained {
        let drained = self.platform.run(self.drain_on(&*self.platform));
        drained.expect("drained")
    }

    /// Advances the clock beyond the polling interval and the lease of changes.
    fn rest(&self) {
        self.platform.advance(Duration::from_mins(10));
    }

    /// Returns the number of rows.
    fn rows(&self) -> usize {
        self.platform.with_store(STORE, |rows| rows.len())
    }

    /// Checks that the log, addresses and row names do not identify anybody.
    fn assert_discreet(&self) {
        let addresses = self
            .platform
            .requests()
            .into_iter()
            .map(|request| request.uri().to_string());
        let names = self
            .platform
            .with_store(STORE, |rows| rows.keys().cloned().collect::<Vec<_>>());
        for text in addresses.chain(names).chain(self.platform.lines()) {
            for secret in [KARI, OLA, "#/-/", "status_query_token=", "02829090123"] {
                let is_posten_s = text.starts_with(ORIGIN) && secret.starts_with("status");
                assert!(is_posten_s || !text.contains(secret), "{text}");
            }
        }
    }
}

fn context<P: Platform>(platform: &P) -> Context<'_, P> {
    Context::new(platform, "signature", TIME)
}

fn made(ordered: Result<OrderOutcome, Problem>) -> JobView {
    match ordered.expect("an answer") {
        OrderOutcome::Created(job) => job,
        OrderOutcome::Unknown(job) => panic!("unknown: {job:?}"),
    }
}

fn unknown(ordered: Result<OrderOutcome, Problem>) -> JobView {
    match ordered.expect("an answer") {
        OrderOutcome::Unknown(job) => job,
        OrderOutcome::Created(job) => panic!("made: {job:?}"),
    }
}

fn person(number: &str) -> SignerIdentifier {
    SignerIdentifier::Person(PersonNumber::parse(number).expect("a number"))
}

fn signer(number: &str) -> Signer {
    Signer {
        who: person(number),
        signature_type: None,
        on_behalf_of: OnBehalfOf::Oneself,
        order: 0,
        notifications: None,
    }
}

/// Returns a contract for Kari in the direct flow.
fn direct() -> Order {
    let list = ReturnAddresses::parse(["https://bank.example"].into_iter()).expect("a list");
    let address = list.check("https://bank.example/back", Journey::Signature);
    Order {
        flow: FlowOptions::Direct(address.expect("on the list")),
        title: "Avtale".to_owned(),
        nonsensitive_title: None,
        description: None,
        documents: vec![Document {
            media_type: MediaType::Pdf,
            title: "Avtale".to_owned(),
            content: Bytes::from_static(PDF),
        }],
        signers: vec![signer(KARI)],
        authentication: None,
        identifier: None,
    }
}

/// Returns a contract for both signers in the portal flow.
fn portal() -> Order {
    let told = |number, email: &str| Signer {
        notifications: Some(Notifications::Addresses {
            email: Some(email.to_owned()),
            sms: None,
        }),
        ..signer(number)
    };
    Order {
        flow: FlowOptions::Portal {
            activation: None,
            available: None,
        },
        signers: vec![
            told(KARI, "kari@bank.example"),
            told(OLA, "ola@bank.example"),
        ],
        ..direct()
    }
}
