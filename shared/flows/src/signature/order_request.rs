//! JSON of an order. Its names are those of the validation rules
//! ([`innsyn_protocols::posten::InvalidJob`]).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
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

#[derive(Deserialize)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationInput {
    pub(super) lookup: Option<Lookup>,
    pub(super) email: Option<String>,
    pub(super) sms: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lookup {
    #[serde(default)]
    pub(super) sms: bool,
}

impl<'a> OrderRequest<'a> {
    pub(super) fn read(body: &'a Bytes) -> Result<Self, Problem> {
        json::request(body)
    }
}

impl DocumentInput<'_> {
    const fn usual() -> MediaType {
        MediaType::Pdf
    }

    pub(super) fn decoded(&self, place: usize) -> Result<Bytes, Problem> {
        let text = self.content.map_or("", RawValue::get);
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
        let decoded = decoded
            .ok_or_else(|| invalid(&format!("documents[{place}].content must be base64")))?;
        Ok(Bytes::from(decoded))
    }
}

impl SignerInput {
    fn oneself() -> Vec<Self> {
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
