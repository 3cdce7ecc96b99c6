//! JSON of an order. Its names are those of the validation rules
//! ([`innsyn_protocols::posten::InvalidJob`]).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use innsyn_core::json;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::Flow;
use innsyn_protocols::posten::job::{
    IdentifierInDocument, MOST_DOCUMENTS, MOST_SIGNERS, MediaType, Notifications, OnBehalfOf,
    SignatureType,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderRequest<'a> {
    pub(super) flow: Flow,
    pub(super) title: String,
    pub(super) nonsensitive_title: Option<String>,
    pub(super) description: Option<String>,
    #[serde(borrow, deserialize_with = "json::list::<MOST_DOCUMENTS, _, _>")]
    pub(super) documents: Vec<DocumentInput<'a>>,
    #[serde(
        default = "SignerInput::oneself",
        deserialize_with = "json::list::<MOST_SIGNERS, _, _>"
    )]
    pub(super) signers: Vec<SignerInput>,
    pub(super) authentication: Option<u8>,
    pub(super) identifier: Option<IdentifierInDocument>,
    pub(super) activation: Option<String>,
    pub(super) available: Option<i64>,
    pub(super) return_address: Option<String>,
    /// Login service's `sub` of the customer. Back ends only, as the two below.
    pub(super) customer: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) return_package: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentInput<'a> {
    pub(super) title: String,
    #[serde(default = "DocumentInput::usual")]
    pub(super) media_type: MediaType,
    /// Base64 content. It is not copied into a string of its own: it may be ten megabytes.
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
}

#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignerInput {
    pub(super) number: Option<String>,
    pub(super) identifier: Option<String>,
    #[serde(default)]
    pub(super) contact: bool,
    pub(super) signature_type: Option<SignatureType>,
    #[serde(default = "SignerInput::for_oneself")]
    pub(super) on_behalf_of: OnBehalfOf,
    #[serde(default)]
    pub(super) order: u8,
    pub(super) notifications: Option<NotificationInput>,
}

#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationInput {
    pub(super) lookup: Option<Lookup>,
    pub(super) email: Option<String>,
    pub(super) sms: Option<String>,
}

#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lookup {
    #[serde(default)]
    pub(super) sms: bool,
}

impl<'a> OrderRequest<'a> {
    pub(super) fn read(body: &'a Bytes) -> Result<Self, Problem> {
        json::request(body)
    }

    /// Returns the contents that the JSON has.
    pub(super) fn contents(&self) -> impl Iterator<Item = Option<&'a RawValue>> {
        self.documents.iter().map(|document| document.content)
    }
}

impl DocumentInput<'_> {
    pub(super) const fn usual() -> MediaType {
        MediaType::Pdf
    }
}

/// Decodes the base64 content of the document at `place`.
pub(super) fn decode(content: Option<&RawValue>, place: usize) -> Result<Bytes, Problem> {
    let text = content.map_or("", RawValue::get);
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    // Some JSON writers escape slashes.
    let decoded = match bare {
        Some(bare) if bare.contains('\\') => serde_json::from_str(text)
            .ok()
            .and_then(|text: String| STANDARD.decode(text).ok()),
        Some(bare) => STANDARD.decode(bare).ok(),
        None => None,
    };
    let decoded =
        decoded.ok_or_else(|| invalid(&format!("documents[{place}].content must be base64")))?;
    Ok(Bytes::from(decoded))
}

impl SignerInput {
    /// Returns the signers of an order that names none: the customer.
    pub(super) fn oneself() -> Vec<Self> {
        vec![Self {
            number: None,
            identifier: None,
            contact: false,
            signature_type: None,
            on_behalf_of: Self::for_oneself(),
            order: 0,
            notifications: None,
        }]
    }

    const fn for_oneself() -> OnBehalfOf {
        OnBehalfOf::Oneself
    }

    /// Returns whether the signer is the customer who orders.
    pub(super) const fn is_customer(&self) -> bool {
        self.number.is_none() && self.identifier.is_none() && !self.contact
    }
}

impl NotificationInput {
    pub(super) fn read(self, place: usize) -> Result<Notifications, Problem> {
        match (self.lookup, self.email, self.sms) {
            (Some(lookup), None, None) => Ok(Notifications::Lookup { sms: lookup.sms }),
            (None, email, sms) => Ok(Notifications::Addresses { email, sms }),
            _ => Err(invalid(&format!(
                "signers[{place}].notifications has both lookup and addresses"
            ))),
        }
    }
}

pub(super) fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(detail)
}
