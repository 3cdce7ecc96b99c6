//! `manifest.xml`, element by element as the vendor's schemas have it: `direct.xsd`, `portal.xsd`,
//! and the deprecated form with one document of `direct-legacy.xsd` and `portal-legacy.xsd`.

mod direct;
mod fields;
mod portal;

pub(crate) use fields::Availability;

use super::name;
use crate::posten::order::{Identifier, Signer};
use crate::posten::schema::{API, Content, Element, SchemaViolation, parse};

const DOCUMENTS: usize = 20;
const TITLE: std::ops::RangeInclusive<usize> = 1..=80;
const DESCRIPTION: std::ops::RangeInclusive<usize> = 0..=220;
const HREF: std::ops::RangeInclusive<usize> = 4..=100;
const MIME: std::ops::RangeInclusive<usize> = 1..=100;

const IDENTIFIERS: [(&str, Identifier); 3] = [
    (
        "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME",
        Identifier::NumberAndName,
    ),
    ("DATE_OF_BIRTH_AND_NAME", Identifier::DateOfBirthAndName),
    ("NAME", Identifier::Name),
];

/// Manifest of a package: documents, signers and settings.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) signers: Vec<Signer>,
    /// Organisation that sends the job.
    pub(crate) sender: String,
    pub(crate) title: String,
    /// Title without sensitive data; only in the portal flow.
    pub(crate) nonsensitive_title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) documents: Vec<ListedDocument>,
    /// Security level of authentication: 3 or 4.
    pub(crate) authentication: Option<u8>,
    /// Availability; only in the portal flow.
    pub(crate) availability: Availability,
    pub(crate) identifier: Option<Identifier>,
}

/// Document listed in the manifest.
#[derive(Debug)]
pub(crate) struct ListedDocument {
    /// File name, decoded from `href`.
    pub(super) href: String,
    pub(super) mime: String,
    pub(super) title: String,
}

/// Reads the manifest of a job in the portal, or of a direct one.
pub(super) fn read(file: &[u8], in_portal: bool) -> Result<Manifest, SchemaViolation> {
    let tree = parse(file)?;
    let root = if in_portal {
        "portal-signature-job-manifest"
    } else {
        "direct-signature-job-manifest"
    };
    let root = Element::root(&tree, API, root)?.only_attributes(&[])?;
    let mut content = root.content(API)?;

    let signers = if in_portal {
        portal::signers(&mut content)?
    } else {
        direct::signers(&mut content)?
    };
    let mut sender = content.one("sender")?.only_attributes(&[])?.content(API)?;
    let organisation = sender.one("organization-number")?.digits(9)?;
    sender.end()?;
    let what = match content.optional("title") {
        Some(title) => ManifestContents::now(title, &mut content, in_portal)?,
        None => ManifestContents::legacy(&mut content, in_portal)?,
    };
    let authentication = content.optional("required-authentication");
    let authentication = authentication.map(|level| level.one_of(&[("3", 3), ("4", 4)]));
    let availability = match content.optional("availability") {
        Some(availability) if in_portal => portal::availability(availability)?,
        Some(_) => {
            return Err(SchemaViolation(
                "cvc-complex-type.2.4.a: availability".into(),
            ));
        }
        None => Availability::default(),
    };
    let identifier = content.optional("identifier-in-signed-documents");
    let identifier = identifier.map(|identifier| identifier.one_of(&IDENTIFIERS));
    let manifest = Manifest {
        signers,
        sender: organisation,
        title: what.title,
        nonsensitive_title: what.nonsensitive_title,
        description: what.description,
        documents: what.documents,
        authentication: authentication.transpose()?,
        availability,
        identifier: identifier.transpose()?,
    };
    content.end()?;
    Ok(manifest)
}

/// Documents in either form.
#[derive(Debug)]
struct ManifestContents {
    title: String,
    nonsensitive_title: Option<String>,
    description: Option<String>,
    documents: Vec<ListedDocument>,
}

impl ManifestContents {
    /// The form with a title for the job and one for each document.
    fn now(
        title: Element<'_>,
        content: &mut Content<'_>,
        in_portal: bool,
    ) -> Result<Self, SchemaViolation> {
        let title = title.text_of(TITLE)?;
        let (nonsensitive_title, description) = more(content, in_portal)?;
        let mut inner = content
            .one("documents")?
            .only_attributes(&[])?
            .content(API)?;
        let mut documents = Vec::new();
        for document in inner.several("document", DOCUMENTS)? {
            let mut content = document.content(API)?;
            let title = content.one("title")?.text_of(TITLE)?;
            content.end()?;
            documents.push(ListedDocument::new(document, title)?);
        }
        inner.end()?;
        Ok(Self {
            title,
            nonsensitive_title,
            description,
            documents,
        })
    }

    /// Reads the deprecated form: one document, whose title is the job's.
    fn legacy(content: &mut Content<'_>, in_portal: bool) -> Result<Self, SchemaViolation> {
        let document = content
            .optional("document")
            .ok_or_else(|| content.unexpected("title"))?;
        let mut content = document.content(API)?;
        let title = content.one("title")?.text_of(TITLE)?;
        let (nonsensitive_title, description) = more(&mut content, in_portal)?;
        content.end()?;
        Ok(Self {
            documents: vec![ListedDocument::new(document, title.clone())?],
            title,
            nonsensitive_title,
            description,
        })
    }
}

/// The titles and the description that follow the title.
fn more(
    content: &mut Content<'_>,
    in_portal: bool,
) -> Result<(Option<String>, Option<String>), SchemaViolation> {
    let nonsensitive_title = if in_portal {
        content.optional("nonsensitive-title")
    } else {
        None
    };
    let nonsensitive_title = nonsensitive_title.map(|title| title.text_of(TITLE));
    let description = content.optional("description");
    let description = description.map(|description| description.text_of(DESCRIPTION));
    Ok((nonsensitive_title.transpose()?, description.transpose()?))
}

impl ListedDocument {
    fn new(document: Element<'_>, title: String) -> Result<Self, SchemaViolation> {
        let document = document.only_attributes(&["href", "mime"])?;
        Ok(Self {
            href: name::meant(document.needs_attribute("href", HREF)?),
            mime: document.needs_attribute("mime", MIME)?.to_owned(),
            title,
        })
    }
}
