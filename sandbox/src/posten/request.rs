//! The first part of a create request: what a job is, apart from its documents (the vendor's
//! `direct.xsd` and `portal.xsd`).

use super::schema::{API, Content, Element, SchemaViolation, parse};

const REFERENCE: usize = 50;
const ADDRESS: usize = 500;

/// Request that creates a job.
#[derive(Debug)]
pub(crate) struct Request {
    /// Sender's reference, returned in answers.
    pub(crate) reference: Option<String>,
    /// Polling queue for status changes.
    pub(crate) queue: Option<String>,
    /// Settings of the direct flow alone.
    pub(crate) direct: Option<Direct>,
}

/// Settings that only the direct flow has.
#[derive(Debug)]
pub(crate) struct Direct {
    /// Exit addresses: completion, rejection, error.
    pub(crate) exit: [String; 3],
    /// True if changes of status are put into the queue.
    pub(crate) polling: bool,
}

/// Parses `direct-signature-job-request`. The format of exit addresses is not checked, since no
/// rule is published.
pub(crate) fn direct(message: &[u8]) -> Result<Request, SchemaViolation> {
    let tree = parse(message)?;
    let mut content = Element::root(&tree, API, "direct-signature-job-request")?
        .only_attributes(&[])?
        .content(API)?;
    let reference = reference(&mut content)?;

    let mut addresses = content
        .one("exit-urls")?
        .only_attributes(&[])?
        .content(API)?;
    let mut address = |name| addresses.one(name)?.text_of(0..=ADDRESS);
    let exit = [
        address("completion-url")?,
        address("rejection-url")?,
        address("error-url")?,
    ]
    // The examples have line breaks around addresses.
    .map(|address| address.trim().to_owned());
    addresses.end()?;

    let methods = [("WAIT_FOR_CALLBACK", false), ("POLLING", true)];
    let method = content.optional("status-retrieval-method");
    let polling = method.map_or(Ok(false), |method| method.one_of(&methods))?;
    let queue = queue(&mut content)?;
    content.end()?;
    Ok(Request {
        reference,
        queue,
        direct: Some(Direct { exit, polling }),
    })
}

/// Parses `portal-signature-job-request`.
pub(crate) fn portal(message: &[u8]) -> Result<Request, SchemaViolation> {
    let tree = parse(message)?;
    let mut content = Element::root(&tree, API, "portal-signature-job-request")?
        .only_attributes(&[])?
        .content(API)?;
    let reference = reference(&mut content)?;
    let queue = queue(&mut content)?;
    content.end()?;
    Ok(Request {
        reference,
        queue,
        direct: None,
    })
}

fn reference(content: &mut Content<'_>) -> Result<Option<String>, SchemaViolation> {
    let reference = content.optional("reference");
    reference
        .map(|reference| reference.text_of(0..=REFERENCE))
        .transpose()
}

/// Parses the queue. The empty name is the default queue's, as in the query.
fn queue(content: &mut Content<'_>) -> Result<Option<String>, SchemaViolation> {
    let queue = content
        .optional("polling-queue")
        .map(Element::text)
        .transpose()?;
    Ok(queue.filter(|queue| !queue.is_empty()))
}
