//! Order of a customer's from a template.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use innsyn_core::json;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_protocols::posten::job::MOST_DOCUMENTS;

use super::template::{TemplateOrder, TemplateText};
use crate::signature::Order;
use crate::signature::order_request::{DocumentInput, OrderRequest, invalid};
use crate::signature::placement::TemplateId;
use crate::signature::record::sha256;
use crate::signature::upload::{Rights, Upload};

/// JSON of an order from a template: the documents, and the texts that the template leaves open.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::signature) struct TemplateOrderRequest<'a> {
    template: TemplateInput,
    title: Option<String>,
    nonsensitive_title: Option<String>,
    description: Option<String>,
    #[serde(borrow, deserialize_with = "json::list::<MOST_DOCUMENTS, _, _>")]
    documents: Vec<DocumentInTemplate<'a>>,
    return_address: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateInput {
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentInTemplate<'a> {
    title: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl<'a> TemplateOrderRequest<'a> {
    /// Parses the JSON of an order.
    pub(in crate::signature) fn read(upload: &'a Upload) -> Result<Self, Problem> {
        json::request(&upload.job)
    }

    /// Returns the template that the order names.
    pub(in crate::signature) fn template(&self) -> Result<TemplateId, Problem> {
        let TemplateInput { name, version } = &self.template;
        Ok(TemplateId {
            name: Reference::parse_field("template.name", name)?,
            version: Reference::parse_field("template.version", version)?,
        })
    }

    /// Returns the order: the template's, with the customer's documents and texts.
    ///
    /// # Errors
    ///
    /// `Kind::TemplateMismatch` for another document than the template's, the problems of the texts,
    /// and those of any order.
    pub(in crate::signature) fn order(
        self,
        template: &TemplateOrder,
        rights: &Rights<'_>,
        upload: &Upload,
    ) -> Result<Order, Problem> {
        let contents = self.documents.iter().map(|document| document.content);
        let contents = upload.contents(contents)?;
        expect_same(template, &contents)?;
        let filled = |text: &TemplateText, field: &str, given: Option<String>| {
            let text = text.filled(field, given)?;
            text.ok_or_else(|| invalid(&format!("Missing {field}: the template leaves it open")))
        };
        let optional = |text: Option<&TemplateText>, field: &str, given: Option<String>| match text
        {
            Some(text) => text.filled(field, given),
            None if given.is_some() => Err(invalid(&format!("{field} is not in the template"))),
            None => Ok(None),
        };
        let documents = template.documents.iter().zip(self.documents).enumerate();
        let documents: Result<Vec<_>, Problem> = documents
            .map(|(place, (document, given))| {
                let field = format!("documents[{place}].title");
                Ok(DocumentInput {
                    title: filled(&document.title, &field, given.title)?,
                    media_type: document.media_type,
                    content: None,
                })
            })
            .collect();
        let request = OrderRequest {
            flow: template.flow,
            title: filled(&template.title, "title", self.title)?,
            nonsensitive_title: optional(
                template.nonsensitive_title.as_ref(),
                "nonsensitive_title",
                self.nonsensitive_title,
            )?,
            description: optional(
                template.description.as_ref(),
                "description",
                self.description,
            )?,
            documents: documents?,
            signers: template.signers.clone(),
            authentication: template.authentication,
            identifier: template.identifier,
            activation: None,
            available: template.available,
            return_address: self.return_address,
            customer: None,
            reference: None,
            return_package: None,
        };
        rights.order(request, contents)
    }
}

/// Compares the documents with the hashes of the template.
fn expect_same(template: &TemplateOrder, contents: &[Bytes]) -> Result<(), Problem> {
    let mismatch = |detail: String| Err(Problem::new(Kind::TemplateMismatch).detail(detail));
    if contents.len() != template.documents.len() {
        return mismatch(format!(
            "The template has {} documents",
            template.documents.len()
        ));
    }
    for (place, (document, content)) in template.documents.iter().zip(contents).enumerate() {
        if sha256(content) != document.sha256 {
            return mismatch(format!(
                "documents[{place}] does not have the SHA-256 that the template gives"
            ));
        }
    }
    Ok(())
}
