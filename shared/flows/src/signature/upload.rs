//! Parsing of uploaded orders: JSON with the documents in base64, or a form with the documents as
//! they are.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::form::Form;
use super::order::{FlowOptions, Order};
use super::order_request::{OrderRequest, SignerInput, decode, invalid};
use innsyn_core::json::Size;
use innsyn_core::party::PersonNumber;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::Flow;
use innsyn_protocols::posten::job::{
    AuthenticationLevel, Document, MOST_BYTES, Signer, SignerIdentifier,
};
use innsyn_runtime::caller::Customer;
use innsyn_runtime::return_address::{Journey, ReturnAddresses};

/// Maximum body size, in bytes: the documents in base64, and space for the rest.
pub(super) const LARGEST: usize = MOST_BYTES / 3 * 4 + 256 * 1024;

/// Maximum size of the JSON without its documents' contents, in bytes.
pub(super) const LARGEST_JSON: usize = 64 * 1024;

/// Name of a document's content in JSON.
const CONTENT: &str = "content";

/// Format of an order's body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Json,
    Form,
}

impl Format {
    /// Returns the format that a `Content-Type` names.
    ///
    /// # Errors
    ///
    /// [`Kind::MediaTypeUnsupported`] for any other.
    pub(super) fn from_content_type(content_type: &str) -> Result<Self, Problem> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Ok(Self::Json)
        } else if essence.eq_ignore_ascii_case("multipart/form-data") {
            Ok(Self::Form)
        } else {
            Err(Problem::new(Kind::MediaTypeUnsupported)
                .detail("The media type must be multipart/form-data or application/json"))
        }
    }

    /// Returns a check of an arriving order. JSON that is too large without its documents is
    /// refused before it is received completely; the parts of a form other than documents are
    /// checked at the end.
    pub(super) fn watch(self) -> impl FnMut(&[u8]) -> Result<(), Problem> {
        let mut size = Size::but_for(CONTENT);
        let mut seen = 0;
        move |arrived: &[u8]| {
            if self == Self::Json {
                size.add(arrived.get(seen..).unwrap_or_default());
                seen = arrived.len();
            }
            expect_small(size.counted())
        }
    }
}

/// Refuses JSON of `length` bytes, without its documents' contents, if that is too large.
pub(super) fn expect_small(length: usize) -> Result<(), Problem> {
    if length <= LARGEST_JSON {
        return Ok(());
    }
    Err(Problem::new(Kind::BodyTooLarge).detail(format!(
        "The JSON may have {} KiB at most without the content of its documents",
        LARGEST_JSON / 1024
    )))
}

/// Uploaded order: its JSON, and the documents of a form.
pub(super) struct Upload {
    pub(super) job: Bytes,
    /// Documents of a form; `None` for JSON, which has them in itself.
    documents: Option<Vec<Bytes>>,
}

/// Member of an order that decides how the others are read.
#[derive(Deserialize)]
struct Choice {
    template: Option<IgnoredAny>,
}

impl Upload {
    /// Parses a body that has this `Content-Type`.
    pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Self, Problem> {
        if Format::from_content_type(content_type)? == Format::Json {
            return Ok(Self {
                job: body.clone(),
                documents: None,
            });
        }
        let form = Form::read(content_type, body)?;
        expect_small(form.job.len())?;
        Ok(Self {
            job: form.job,
            documents: Some(form.documents),
        })
    }

    /// Returns whether the order names a template. JSON that cannot be read names none.
    pub(super) fn names_template(&self) -> bool {
        let choice = serde_json::from_slice(&self.job);
        choice.is_ok_and(|Choice { template }| template.is_some())
    }

    /// Returns the contents of the documents, of which JSON has these.
    pub(super) fn contents<'a>(
        &self,
        in_json: impl Iterator<Item = Option<&'a RawValue>>,
    ) -> Result<Vec<Bytes>, Problem> {
        let Some(documents) = &self.documents else {
            let in_json = in_json.enumerate();
            let contents = in_json.map(|(place, content)| decode(content, place));
            return contents.collect();
        };
        let mut count = 0_usize;
        for content in in_json {
            count = count.saturating_add(1);
            if content.is_some() {
                return Err(invalid(
                    "In multipart/form-data, documents are separate parts: remove content from the JSON",
                ));
            }
        }
        if count != documents.len() {
            return Err(invalid(
                "The number of documents differs from the number of titles",
            ));
        }
        Ok(documents.clone())
    }
}

/// Rights of a caller to place orders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights<'a> {
    /// Customer who orders; `None` for a back end, which names each signer.
    pub(super) customer: Option<&'a Customer>,
    /// Claim that permits a customer to have others sign.
    pub(super) orders_claim: Option<&'a str>,
    pub(super) return_addresses: &'a ReturnAddresses,
}

impl Rights<'_> {
    /// Parses a customer's order of any document.
    pub(super) fn read(&self, upload: &Upload) -> Result<Order, Problem> {
        let request = OrderRequest::read(&upload.job)?;
        if request.customer.is_some()
            || request.reference.is_some()
            || request.return_package.is_some()
        {
            return Err(invalid(
                "customer, reference and return_package are for back ends",
            ));
        }
        let contents = upload.contents(request.contents())?;
        self.order(request, contents)
    }

    /// Returns the order of a request whose documents have these contents.
    pub(super) fn order(
        &self,
        request: OrderRequest<'_>,
        contents: Vec<Bytes>,
    ) -> Result<Order, Problem> {
        let flow = self.flow(&request)?;
        let documents = request.documents.into_iter().zip(contents);
        let documents = documents.map(|(document, content)| Document {
            media_type: document.media_type,
            title: document.title,
            content,
        });
        let signers = request.signers.into_iter().enumerate();
        let signers: Result<_, _> = signers
            .map(|(place, signer)| self.signer(place, signer))
            .collect();
        Ok(Order {
            flow,
            title: request.title,
            nonsensitive_title: request.nonsensitive_title,
            description: request.description,
            documents: documents.collect(),
            signers: signers?,
            authentication: request.authentication.map(level).transpose()?,
            identifier: request.identifier,
        })
    }

    fn flow(&self, request: &OrderRequest<'_>) -> Result<FlowOptions, Problem> {
        match (request.flow, &request.return_address) {
            (Flow::Direct, Some(address)) => {
                if request.activation.is_some() || request.available.is_some() {
                    return Err(invalid(
                        "activation and available are allowed in the portal flow only",
                    ));
                }
                let address = self.return_addresses.check(address, Journey::Signature)?;
                Ok(FlowOptions::Direct(address))
            }
            (Flow::Direct, None) => {
                Err(invalid("Missing return_address: the direct flow needs it"))
            }
            (Flow::Portal, Some(_)) => {
                Err(invalid("return_address is allowed in the direct flow only"))
            }
            (Flow::Portal, None) => Ok(FlowOptions::Portal {
                activation: request.activation.as_deref().map(moment).transpose()?,
                available: request.available.map(Duration::seconds),
            }),
        }
    }

    /// Returns the signer: the customer, unless another is named, which requires a right.
    pub(super) fn signer(&self, place: usize, input: SignerInput) -> Result<Signer, Problem> {
        let own = self.customer.and_then(Customer::person);
        let who = match (input.number, input.identifier, input.contact) {
            (None, None, false) => {
                SignerIdentifier::Person(own.cloned().ok_or_else(|| self.unnamed(place))?)
            }
            (Some(number), None, false) => {
                SignerIdentifier::Person(PersonNumber::parse(&number).map_err(|error| {
                    invalid(&format!(
                        "signers[{place}].number is not a national identity number: {error}"
                    ))
                })?)
            }
            (None, Some(identifier), false) => SignerIdentifier::Own(identifier),
            (None, None, true) => SignerIdentifier::Contact,
            _ => {
                let detail = format!(
                    "signers[{place}] must have one of number, identifier and contact details"
                );
                return Err(invalid(&detail));
            }
        };
        let is_own = matches!(&who, SignerIdentifier::Person(number) if Some(number) == own);
        let may_order = |customer: &Customer| {
            let claim = self.orders_claim;
            claim.is_some_and(|claim| customer.has_right(claim))
        };
        if !is_own && !self.customer.is_none_or(may_order) {
            return Err(Problem::new(Kind::PartyNotAllowed)
                .detail("The customer may not order signatures from others"));
        }
        Ok(Signer {
            who,
            signature_type: input.signature_type,
            on_behalf_of: input.on_behalf_of,
            order: input.order,
            notifications: input
                .notifications
                .map(|notification| notification.read(place))
                .transpose()?,
        })
    }

    /// Returns the problem for a signer without a name where the caller is not a known person.
    fn unnamed(&self, place: usize) -> Problem {
        if self.customer.is_none() {
            return invalid(&format!("signers[{place}] must name the signer"));
        }
        Problem::new(Kind::PartyNotAllowed)
            .detail("The login token does not identify the customer: list the signers")
    }
}

pub(super) fn level(number: u8) -> Result<AuthenticationLevel, Problem> {
    match number {
        3 => Ok(AuthenticationLevel::Three),
        4 => Ok(AuthenticationLevel::Four),
        _ => Err(invalid("authentication must be 3 or 4")),
    }
}

fn moment(text: &str) -> Result<OffsetDateTime, Problem> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| invalid("activation must be a time with an offset (RFC 3339)"))
}
