//! An order as an app sends it: JSON with the documents in base64, or a form with the documents as they are.

use bytes::Bytes;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::form::Form;
use super::order::{Order, Way};
use super::wanted::{Paper, Signatory, Wanted};
use crate::caller::Customer;
use crate::json::Size;
use crate::party::PersonNumber;
use crate::posten::Flow;
use crate::posten::job::{AuthenticationLevel, Document, MOST_BYTES, Signer, Who};
use crate::problem::{Kind, Problem};
use crate::return_address::{Journey, ReturnAddresses};

/// The largest body, in bytes: the documents in base64, and room for the rest.
pub(super) const LARGEST: usize = MOST_BYTES / 3 * 4 + 256 * 1024;

/// The largest JSON without its documents' contents, in bytes.
pub(super) const LARGEST_JSON: usize = 64 * 1024;

/// The name of a document's content in JSON.
const CONTENT: &str = "content";

/// Format of an order's body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Json,
    Form,
}

impl Format {
    /// The format that a `Content-Type` names.
    ///
    /// # Errors
    /// [`Kind::MediaTypeUnsupported`] for any other.
    pub(super) fn of(content_type: &str) -> Result<Self, Problem> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Ok(Self::Json)
        } else if essence.eq_ignore_ascii_case("multipart/form-data") {
            Ok(Self::Form)
        } else {
            Err(Problem::new(Kind::MediaTypeUnsupported)
                .detail("Send multipart/form-data or application/json"))
        }
    }

    /// Watches an order arrive. JSON that is too large without its documents is refused before it is here as a whole; what
    /// else a form holds than documents is looked at when it is.
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

/// Refuses JSON of so many bytes, without its documents' contents, if that is too large.
pub(super) fn expect_small(length: usize) -> Result<(), Problem> {
    if length <= LARGEST_JSON {
        return Ok(());
    }
    Err(Problem::new(Kind::BodyTooLarge).detail(format!(
        "The JSON may have {} KiB at most without the content of its documents",
        LARGEST_JSON / 1024
    )))
}

/// Who may order what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights<'a> {
    pub(super) customer: &'a Customer,
    /// The claim that lets a customer have others sign.
    pub(super) orders_claim: Option<&'a str>,
    pub(super) return_addresses: &'a ReturnAddresses,
}

impl Rights<'_> {
    /// Reads an order of the customer's, whose body is of this `Content-Type`.
    pub(super) fn read(&self, content_type: &str, body: &Bytes) -> Result<Order, Problem> {
        if Format::of(content_type)? == Format::Json {
            let wanted = Wanted::read(body)?;
            let contents = wanted.documents.iter().enumerate();
            let contents: Result<_, _> = contents
                .map(|(place, document)| document.decoded(place))
                .collect();
            return self.order(wanted, contents?);
        }
        let form = Form::read(content_type, body)?;
        expect_small(form.job.len())?;
        let wanted = Wanted::read(&form.job)?;
        let has_content = |document: &Paper<'_>| document.content.is_some();
        if wanted.documents.iter().any(has_content) {
            return Err(invalid("In a form, the documents are parts of their own"));
        }
        self.order(wanted, form.documents)
    }

    fn order(&self, wanted: Wanted<'_>, contents: Vec<Bytes>) -> Result<Order, Problem> {
        if contents.len() != wanted.documents.len() {
            return Err(invalid("There are not as many documents as titles"));
        }
        let way = self.way(&wanted)?;
        let documents = wanted.documents.into_iter().zip(contents);
        let documents = documents.map(|(document, content)| Document {
            media_type: document.media_type,
            title: document.title,
            content,
        });
        let signers = wanted.signers.into_iter().enumerate();
        let signers: Result<_, _> = signers
            .map(|(place, signer)| self.signer(place, signer))
            .collect();
        Ok(Order {
            way,
            title: wanted.title,
            nonsensitive_title: wanted.nonsensitive_title,
            description: wanted.description,
            documents: documents.collect(),
            signers: signers?,
            authentication: wanted.authentication.map(level).transpose()?,
            identifier: wanted.identifier,
        })
    }

    fn way(&self, wanted: &Wanted<'_>) -> Result<Way, Problem> {
        match (wanted.flow, &wanted.return_address) {
            (Flow::Direct, Some(address)) => {
                if wanted.activation.is_some() || wanted.available.is_some() {
                    return Err(invalid("activation and available are for the portal flow"));
                }
                let address = self.return_addresses.check(address, Journey::Signature)?;
                Ok(Way::Direct(address))
            }
            (Flow::Direct, None) => Err(invalid("Say return_address: the browser comes back")),
            (Flow::Portal, Some(_)) => Err(invalid(
                "return_address is for the direct flow: no browser comes back",
            )),
            (Flow::Portal, None) => Ok(Way::Portal {
                activation: wanted.activation.as_deref().map(moment).transpose()?,
                available: wanted.available.map(Duration::seconds),
            }),
        }
    }

    /// The customer themself, unless another is named; that takes a right.
    fn signer(&self, place: usize, wanted: Signatory) -> Result<Signer, Problem> {
        let own = self.customer.person();
        let who = match (wanted.number, wanted.identifier, wanted.contact) {
            (None, None, false) => Who::Person(own.cloned().ok_or_else(|| {
                Problem::new(Kind::PartyNotAllowed)
                    .detail("The login does not say who the customer is: name the signers")
            })?),
            (Some(number), None, false) => {
                Who::Person(PersonNumber::parse(&number).map_err(|error| {
                    invalid(&format!(
                        "signers[{place}].number is not a person's: {error}"
                    ))
                })?)
            }
            (None, Some(identifier), false) => Who::Own(identifier),
            (None, None, true) => Who::Contact,
            _ => {
                let detail = format!("signers[{place}] is named in two ways");
                return Err(invalid(&detail));
            }
        };
        let is_own = matches!(&who, Who::Person(number) if Some(number) == own);
        let may_order = || {
            let claim = self.orders_claim;
            claim.is_some_and(|claim| self.customer.has_right(claim))
        };
        if !is_own && !may_order() {
            return Err(
                Problem::new(Kind::PartyNotAllowed).detail("The customer may not have others sign")
            );
        }
        Ok(Signer {
            who,
            signature_type: wanted.signature_type,
            on_behalf_of: wanted.on_behalf_of,
            order: wanted.order,
            notifications: wanted
                .notifications
                .map(|told| told.read(place))
                .transpose()?,
        })
    }
}

fn level(number: u8) -> Result<AuthenticationLevel, Problem> {
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

pub(super) fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(detail)
}
