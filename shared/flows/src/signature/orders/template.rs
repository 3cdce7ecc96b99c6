//! Content of a template, and its validation.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::Duration;

use innsyn_core::context::Context;
use innsyn_core::json;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::text::{holds_number, is_displayable};
use innsyn_protocols::posten::job::{
    Document, IdentifierInDocument, MOST_DOCUMENTS, MOST_SIGNERS, MediaType, Plan,
};
use innsyn_protocols::posten::{self, Flow};
use innsyn_runtime::state::State;

use crate::signature::Signatures;
use crate::signature::order::invalid_job;
use crate::signature::order_request::{DocumentInput, SignerInput, invalid};
use crate::signature::upload::{Rights, level};

/// Length of a SHA-256 in hexadecimal.
const HASH_LENGTH: usize = 64;

/// Order as a template has it: everything but the contents of the documents and the open texts.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::signature) struct TemplateOrder {
    pub(in crate::signature) flow: Flow,
    pub(in crate::signature) title: TemplateText,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) nonsensitive_title: Option<TemplateText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) description: Option<TemplateText>,
    #[serde(deserialize_with = "json::list::<MOST_DOCUMENTS, _, _>")]
    pub(in crate::signature) documents: Vec<TemplateDocument>,
    #[serde(
        default = "SignerInput::oneself",
        deserialize_with = "json::list::<MOST_SIGNERS, _, _>"
    )]
    pub(in crate::signature) signers: Vec<SignerInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) authentication: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) identifier: Option<IdentifierInDocument>,
    /// Time that each group of signers has, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::signature) available: Option<i64>,
}

/// Document of a template, which has its hash alone.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::signature) struct TemplateDocument {
    pub(in crate::signature) title: TemplateText,
    #[serde(default = "DocumentInput::usual")]
    pub(in crate::signature) media_type: MediaType,
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub(in crate::signature) sha256: String,
}

/// Text of a template: fixed, or open to the customer.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub(in crate::signature) enum TemplateText {
    Fixed(String),
    Open(OpenText),
}

/// Text that the customer's app writes.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::signature) struct OpenText {
    /// Maximum length, in characters.
    max_length: u16,
}

impl TemplateText {
    /// Returns the text of an order: the fixed one, or the one that the customer gives.
    pub(in crate::signature) fn filled(
        &self,
        field: &str,
        given: Option<String>,
    ) -> Result<Option<String>, Problem> {
        match (self, given) {
            (Self::Fixed(text), None) => Ok(Some(text.clone())),
            (Self::Fixed(_), Some(_)) => Err(invalid(&format!("{field} is fixed by the template"))),
            (Self::Open(_), None) => Ok(None),
            (Self::Open(open), Some(text)) => {
                open.check(field, &text)?;
                Ok(Some(text))
            }
        }
    }

    /// Returns the longest text of an order.
    fn longest(&self) -> String {
        match self {
            Self::Fixed(text) => text.clone(),
            Self::Open(open) => "x".repeat(usize::from(open.max_length)),
        }
    }
}

impl OpenText {
    fn check(self, field: &str, text: &str) -> Result<(), Problem> {
        if text.chars().count() > usize::from(self.max_length) {
            return Err(invalid(&format!(
                "{field} may have {} characters at most",
                self.max_length
            )));
        }
        if !is_displayable(text) {
            return Err(invalid(&format!(
                "{field} has a character that is not shown"
            )));
        }
        if holds_number(text) {
            return Err(Problem::new(Kind::PersonalDataMisplaced)
                .detail(format!("{field} must not hold a national identity number")));
        }
        Ok(())
    }
}

impl Signatures {
    /// Checks a template as far as its orders will be the same.
    ///
    /// # Errors
    ///
    /// The problems that every order from the template would have.
    pub(in crate::signature) fn check_template<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        rights: &Rights<'_>,
        template: &TemplateOrder,
    ) -> Result<(), Problem> {
        if template.flow == Flow::Direct && template.available.is_some() {
            return Err(invalid("available is allowed in the portal flow only"));
        }
        let mut signers = Vec::new();
        for (place, signer) in template.signers.iter().enumerate() {
            if !signer.is_customer() {
                signers.push(rights.signer(place, signer.clone())?);
            } else if template.flow == Flow::Portal && signer.notifications.is_none() {
                return Err(invalid(&format!("Missing signers[{place}].notifications")));
            }
        }
        let mut authentication = template.authentication.map(level).transpose()?;
        self.policy.apply(&mut authentication, &mut signers)?;
        let mut documents = Vec::new();
        for (place, document) in template.documents.iter().enumerate() {
            let hash = document.sha256.as_bytes();
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if hash.len() != HASH_LENGTH || !hash.iter().all(is_digit) {
                return Err(invalid(&format!(
                    "documents[{place}].sha256 must be a SHA-256 in lower-case hexadecimal"
                )));
            }
            documents.push(Document {
                media_type: document.media_type,
                title: document.title.longest(),
                content: Bytes::new(),
            });
        }
        let plan = match template.flow {
            Flow::Direct => Plan::Direct {
                exit: self.exit_addresses(&State::random(context.platform)),
            },
            Flow::Portal => Plan::Portal {
                activation: None,
                available: template.available.map(Duration::seconds),
            },
        };
        let optional = |text: &Option<TemplateText>| text.as_ref().map(TemplateText::longest);
        let job = posten::Job {
            plan,
            sender: consumer.clone(),
            reference: String::new(),
            queue: self.queue.clone(),
            title: template.title.longest(),
            nonsensitive_title: optional(&template.nonsensitive_title),
            description: optional(&template.description),
            documents,
            signers,
            authentication,
            identifier: template.identifier,
        };
        job.check_template(self.environment, context.now())
            .map_err(|error| invalid_job(&error))
    }
}
