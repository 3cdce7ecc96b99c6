//! Back end of the demo bank: registers a template, receives events, archives what was signed.
//!
//! The model of `examples/back-end`, with memory in the place of files.

mod client;
mod credential;
mod ledger;
mod webhook;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kit::{Clock, random};
use client::{Call, Client};
use credential::CredentialKey;
use ledger::Ledger;
use webhook::WebhookSecret;

pub(crate) use ledger::{ArchivedJob, Contents, Outcome, ReceivedEvent};
pub(crate) use webhook::Refusal;

/// Name of the back end among the app's services.
pub(crate) const DEMO_BANK: &str = "demo-bank";

/// Agreement of the demo, which `pages/bank_sign.js` sends.
const AGREEMENT: &[u8] = include_bytes!("../../../pages/agreement.pdf");

/// Number of attempts to archive a job.
const ATTEMPTS: u32 = 5;

/// Back end of the demo bank, which serves several banks.
#[derive(Debug)]
pub(crate) struct BackEnd {
    clock: Clock,
    client: Client,
    secret: WebhookSecret,
    ledger: Mutex<Ledger>,
}

/// Event in the form of `CloudEvents`.
#[derive(Deserialize)]
struct CloudEvent {
    #[serde(rename = "type")]
    kind: String,
    subject: String,
}

/// Job in the app's answer.
#[derive(Deserialize)]
struct Job {
    reference: Option<String>,
    template: Option<Template>,
    signers: Vec<Signer>,
}

/// Name and version of a template.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Template {
    pub(crate) name: String,
    pub(crate) version: String,
}

#[derive(Deserialize)]
struct Signer {
    signer: u64,
    status: String,
}

impl BackEnd {
    /// Makes a back end of the app at the origin `app`, with a new key and a new secret.
    pub(super) fn new(clock: Clock, app: Option<String>) -> anyhow::Result<Self> {
        let seed = random::bytes().context("no randomness")?;
        let secret = random::bytes().context("no randomness")?;
        Ok(Self {
            clock,
            client: Client::new(app, DEMO_BANK, CredentialKey::from_seed(&seed)?),
            secret: WebhookSecret::new(&secret),
            ledger: Mutex::default(),
        })
    }

    /// Returns the public key of its credentials, for the app's settings.
    pub(crate) fn public_key(&self) -> &str {
        self.client.public_key()
    }

    /// Returns the secret of its events, for the app's settings.
    pub(crate) fn event_secret(&self) -> &str {
        self.secret.written()
    }

    /// Registers the template of the agreement for customers of `bank`, or finds it registered.
    ///
    /// # Errors
    ///
    /// Fails without an app, and with the problem of a refusal.
    pub(super) async fn offer(&self, bank: &str) -> anyhow::Result<Template> {
        // A version never changes, nor does its expiry: there is one for each year.
        let year = self.clock.now().year();
        let template = Template {
            name: "account-agreement".to_owned(),
            version: year.to_string(),
        };
        let content = json!({
            "name": template.name,
            "version": template.version,
            "expires": format!("{}-01-31T00:00:00Z", year.saturating_add(1)),
            "order": {
                "flow": "direct",
                "title": "Avtale om brukskonto",
                "documents": [{ "title": "Avtale", "sha256": sha256(AGREEMENT) }],
            },
        });
        let path = "/signatures/templates";
        self.send(bank, &Method::POST, path, Some(&content)).await?;
        Ok(template)
    }

    /// Receives an event of `bank`: verifies and records it, and answers. The documents are fetched
    /// afterwards, since the app waits for the answer.
    pub(super) fn receive(
        self: &Arc<Self>,
        bank: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> StatusCode {
        let at = self.clock.now();
        let verified = self.secret.verify(headers, body, at.unix_timestamp());
        let contents = verified.and_then(|id| {
            let event: CloudEvent = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
            let is_signed = event.kind == "innsyn.signature.completed";
            Ok(Contents {
                id: id.to_owned(),
                kind: event.kind,
                subject: event.subject,
                outcome: if is_signed {
                    Outcome::Waiting
                } else {
                    Outcome::Nothing
                },
                repeats: 0,
            })
        });
        let event = ReceivedEvent {
            at,
            bank: bank.to_owned(),
            contents: contents.clone(),
        };
        let is_new = self.ledger().record(event);
        let Contents {
            id,
            subject,
            outcome,
            ..
        } = match contents {
            Ok(contents) => contents,
            Err(Refusal::Malformed) => return StatusCode::BAD_REQUEST,
            Err(Refusal::Untimely | Refusal::Signature) => return StatusCode::UNAUTHORIZED,
        };
        if is_new && outcome == Outcome::Waiting {
            let (back_end, bank) = (self.clone(), bank.to_owned());
            tokio::spawn(async move { back_end.handle(&bank, &id, &subject).await });
        }
        StatusCode::NO_CONTENT
    }

    async fn handle(&self, bank: &str, event: &str, job: &str) {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let pause = Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(attempt));
                tokio::time::sleep(pause).await;
            }
            let archived = self.archive(bank, job).await;
            let outcome = match &archived {
                Ok(()) => Outcome::Archived,
                Err(error) => Outcome::Failed(format!("{error:#}")),
            };
            self.ledger().settle(event, outcome);
            if archived.is_ok() {
                return;
            }
        }
    }

    /// Archives a job, and acknowledges it only then.
    async fn archive(&self, bank: &str, id: &str) -> anyhow::Result<()> {
        let path = format!("/signatures/orders/{id}");
        if self.ledger().job(id).is_none() {
            let job: Job = serde_json::from_slice(&self.get(bank, &path).await?)?;
            let mut signatures = BTreeMap::new();
            for signer in &job.signers {
                if signer.status == "signed" {
                    let number = signer.signer;
                    let xades = self
                        .get(bank, &format!("{path}/signers/{number}/xades"))
                        .await?;
                    signatures.insert(number, xades);
                }
            }
            let document = self.get(bank, &format!("{path}/pades")).await?;
            self.ledger().archive(ArchivedJob {
                bank: bank.to_owned(),
                id: id.to_owned(),
                reference: job.reference,
                template: job.template.map(|template| template.to_string()),
                archived_at: self.clock.now(),
                acknowledged_at: None,
                document,
                signatures,
            });
        }
        self.send(bank, &Method::POST, &format!("{path}/acknowledge"), None)
            .await?;
        self.ledger().acknowledge(id, self.clock.now());
        Ok(())
    }

    async fn get(&self, bank: &str, path: &str) -> anyhow::Result<Bytes> {
        self.send(bank, &Method::GET, path, None).await
    }

    async fn send(
        &self,
        consumer: &str,
        method: &Method,
        path: &str,
        content: Option<&Value>,
    ) -> anyhow::Result<Bytes> {
        let call = Call {
            consumer,
            method,
            path,
            content,
        };
        self.client.send(self.clock.now(), call).await
    }

    /// Returns the jobs in the archive, the newest first.
    pub(super) fn jobs(&self) -> Vec<ArchivedJob> {
        self.ledger().jobs()
    }

    /// Returns the job with this id in the archive.
    pub(super) fn job(&self, id: &str) -> Option<ArchivedJob> {
        self.ledger().job(id).cloned()
    }

    /// Returns the received events, the newest first.
    pub(super) fn events(&self) -> Vec<ReceivedEvent> {
        self.ledger().events()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)
    }
}

/// Returns the SHA-256 of a document in hexadecimal.
fn sha256(document: &[u8]) -> String {
    let hash = digest(&SHA256, document);
    hash.as_ref()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
