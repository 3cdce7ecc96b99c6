//! Parser of incoming XML: the tree, and its elements in the schema's order.
//!
//! Error messages begin with the name that XML Schema has for the broken rule, as the real
//! service's do (`cvc-…`, XML Schema Part 1, appendix C); the rest is the sandbox's wording, and
//! has no value of the message.

use std::vec::IntoIter;

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uppsala::{Document, NodeId, NodeKind, Parser};

/// The namespace of the API (its schemas, `targetNamespace`).
pub(crate) const API: &str = "http://signering.posten.no/schema/v1";

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const LOCATIONS: [&str; 2] = ["schemaLocation", "noNamespaceSchemaLocation"];
/// Maximum depth of nesting, more than any valid message needs.
const DEPTH: u32 = 64;

/// Violation of the schema, in words.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{0}")]
pub(crate) struct SchemaViolation(pub(crate) String);

/// Parses a message: UTF-8, well-formed, without a DOCTYPE (the vendor's own parser refuses one
/// too).
pub(crate) fn parse(message: &[u8]) -> Result<Document<'_>, SchemaViolation> {
    let text =
        std::str::from_utf8(message).map_err(|_| SchemaViolation("it is not UTF-8".into()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parser = Parser::new().with_forbid_dtd(true).with_max_depth(DEPTH);
    // The parser's own message may quote the request.
    parser
        .parse(text)
        .map_err(|_| SchemaViolation("it is not well-formed, or has a DOCTYPE".into()))
}

/// Element of a parsed message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'t> {
    tree: &'t Document<'t>,
    id: NodeId,
}

impl<'t> Element<'t> {
    /// Returns the root, if it is `name` of `namespace`.
    pub(crate) fn root(
        tree: &'t Document<'t>,
        namespace: &str,
        name: &str,
    ) -> Result<Self, SchemaViolation> {
        let root = tree.document_element().map(|id| Self { tree, id });
        root.filter(|root| root.is(namespace, name)).ok_or_else(|| {
            SchemaViolation(format!("cvc-elt.1: the root is not {name} of {namespace}"))
        })
    }

    /// Returns whether the element is `name` in `namespace`.
    pub(crate) fn is(self, namespace: &str, name: &str) -> bool {
        let element = self.tree.element(self.id);
        element.is_some_and(|element| element.name.matches(Some(namespace), name))
    }

    /// Returns the local name, without namespace and prefix.
    pub(crate) fn name(self) -> &'t str {
        let element = self.tree.element(self.id);
        element.map_or("", |element| element.name.local_name.as_ref())
    }

    /// Returns the tree that it is in, and its node.
    pub(crate) fn place(self) -> (&'t Document<'t>, NodeId) {
        (self.tree, self.id)
    }

    /// Returns the attribute of that name and no namespace.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let mut attributes = self.tree.element(self.id)?.attributes.iter();
        let found = attributes.find(|attribute| attribute.name.matches(None, name))?;
        Some(found.value.as_ref())
    }

    /// Checks that the element has no other attributes than `allowed` and schema locations.
    pub(crate) fn only_attributes(self, allowed: &[&str]) -> Result<Self, SchemaViolation> {
        let attributes = self.tree.element(self.id).into_iter();
        for attribute in attributes.flat_map(|element| &element.attributes) {
            let namespace = attribute.name.namespace_uri.as_deref();
            let name = attribute.name.local_name.as_ref();
            let known = match namespace {
                None => allowed.contains(&name),
                Some(namespace) => namespace == XSI && LOCATIONS.contains(&name),
            };
            if !known {
                let rule = "cvc-complex-type.3.2.2";
                return Err(SchemaViolation(format!(
                    "{rule}: {} has another attribute",
                    self.name()
                )));
            }
        }
        Ok(self)
    }

    /// Returns a required attribute, of a length within the range.
    pub(crate) fn needs_attribute(
        self,
        name: &str,
        length: std::ops::RangeInclusive<usize>,
    ) -> Result<&'t str, SchemaViolation> {
        let value = self.attribute(name).ok_or_else(|| {
            SchemaViolation(format!(
                "cvc-complex-type.4: {} has no attribute {name}",
                self.name()
            ))
        })?;
        bounded(value, &length)
            .map_err(|rule| SchemaViolation(format!("{rule}: attribute {name}")))?;
        Ok(value)
    }

    /// Returns the child elements, all of `namespace`.
    pub(crate) fn content(self, namespace: &'static str) -> Result<Content<'t>, SchemaViolation> {
        if self
            .own_text()
            .is_some_and(|text| !text.trim_ascii().is_empty())
        {
            let rule = "cvc-complex-type.2.3";
            return Err(SchemaViolation(format!(
                "{rule}: {} has text among its elements",
                self.name()
            )));
        }
        let children: Vec<_> = self.elements().collect();
        Ok(Content {
            of: self,
            namespace,
            children: children.into_iter(),
            next: None,
        }
        .advanced())
    }

    /// Checks that the element has no content, not even blanks.
    pub(crate) fn empty(self) -> Result<(), SchemaViolation> {
        if self.own_text().is_some() || self.elements().next().is_some() {
            let rule = "cvc-complex-type.2.1";
            return Err(SchemaViolation(format!(
                "{rule}: {} is not empty",
                self.name()
            )));
        }
        Ok(())
    }

    /// Returns the text with its blanks; the element has no attributes.
    pub(crate) fn text(self) -> Result<String, SchemaViolation> {
        self.only_attributes(&[])?.content_text()
    }

    /// Returns the text; attributes are allowed.
    pub(crate) fn content_text(self) -> Result<String, SchemaViolation> {
        if self.elements().next().is_some() {
            let rule = "cvc-type.3.1.2";
            return Err(SchemaViolation(format!(
                "{rule}: {} has elements in its text",
                self.name()
            )));
        }
        Ok(self.own_text().unwrap_or_default())
    }

    /// Returns its text, of a length within the range (Unicode code points).
    pub(crate) fn text_of(
        self,
        length: std::ops::RangeInclusive<usize>,
    ) -> Result<String, SchemaViolation> {
        let text = self.text()?;
        bounded(&text, &length)
            .map_err(|rule| SchemaViolation(format!("{rule}: {}", self.name())))?;
        Ok(text)
    }

    /// Returns the text, which must be exactly `count` digits.
    pub(crate) fn digits(self, count: usize) -> Result<String, SchemaViolation> {
        let text = self.text()?;
        if text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text);
        }
        Err(SchemaViolation(format!(
            "cvc-pattern-valid: {} is not {count} digits",
            self.name()
        )))
    }

    /// Returns the value that the text stands for; the text must be one of `values`.
    pub(crate) fn one_of<T: Copy>(self, values: &[(&str, T)]) -> Result<T, SchemaViolation> {
        let text = self.text()?;
        let found = values.iter().find(|(value, _)| *value == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            SchemaViolation(format!(
                "cvc-enumeration-valid: {} has another value",
                self.name()
            ))
        })
    }

    /// Returns its text as an `xs:dateTime`. Assumption: one without an offset is refused, though
    /// the type allows it.
    pub(crate) fn time(self) -> Result<OffsetDateTime, SchemaViolation> {
        let text = self.text()?;
        let text = text.trim_ascii();
        let is_written_so = !text.bytes().any(|byte| byte.is_ascii_lowercase());
        let time = OffsetDateTime::parse(text, &Rfc3339);
        time.ok().filter(|_| is_written_so).ok_or_else(|| {
            let rule = "cvc-datatype-valid.1.2.1";
            SchemaViolation(format!(
                "{rule}: {} is not a dateTime with an offset",
                self.name()
            ))
        })
    }

    fn elements(self) -> impl Iterator<Item = Self> {
        let children = self.tree.children_iter(self.id);
        children
            .filter(move |id| self.tree.element(*id).is_some())
            .map(move |id| Self { id, ..self })
    }

    /// Returns the element's own text; `None` without a text node.
    fn own_text(self) -> Option<String> {
        let children = self.tree.children_iter(self.id);
        let texts = children.filter_map(|id| match self.tree.node_kind(id)? {
            NodeKind::Text(text) | NodeKind::CData(text) => Some(text.as_ref()),
            _ => None,
        });
        texts.fold(None, |sum, text| {
            Some([sum.unwrap_or_default().as_str(), text].concat())
        })
    }
}

/// Child elements, read in order.
#[derive(Debug)]
pub(crate) struct Content<'t> {
    of: Element<'t>,
    namespace: &'static str,
    children: IntoIter<Element<'t>>,
    next: Option<Element<'t>>,
}

impl<'t> Content<'t> {
    /// Returns the next element, if it has this name.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Element<'t>> {
        let found = self.next.filter(|next| next.is(self.namespace, name))?;
        self.next = self.children.next();
        Some(found)
    }

    /// Returns the next element, which must have this name.
    pub(crate) fn one(&mut self, name: &str) -> Result<Element<'t>, SchemaViolation> {
        self.optional(name).ok_or_else(|| self.unexpected(name))
    }

    /// Returns the next elements of this name, at least one and at most `most`.
    pub(crate) fn several(
        &mut self,
        name: &str,
        most: usize,
    ) -> Result<Vec<Element<'t>>, SchemaViolation> {
        let mut found = vec![self.one(name)?];
        while found.len() < most
            && let Some(next) = self.optional(name)
        {
            found.push(next);
        }
        Ok(found)
    }

    /// Checks that all content has been read.
    pub(crate) fn end(self) -> Result<(), SchemaViolation> {
        match self.next {
            None => Ok(()),
            Some(next) => Err(SchemaViolation(format!(
                "cvc-complex-type.2.4.d: {} has no place there for {}",
                self.of.name(),
                told(next)
            ))),
        }
    }

    /// Builds the error for an element in place of `wanted`.
    pub(crate) fn unexpected(&self, wanted: &str) -> SchemaViolation {
        let of = self.of.name();
        SchemaViolation(match self.next {
            Some(next) => format!(
                "cvc-complex-type.2.4.a: in {of} stands {} where {wanted} should",
                told(next)
            ),
            None => format!("cvc-complex-type.2.4.b: {of} lacks {wanted}"),
        })
    }

    fn advanced(mut self) -> Self {
        self.next = self.children.next();
        self
    }
}

/// Returns the name of an element, unless it is long enough to contain other data.
fn told(element: Element<'_>) -> &str {
    let name = element.name();
    let is_plain = name.len() <= 40 && name.bytes().all(|byte| !byte.is_ascii_digit());
    if is_plain { name } else { "another element" }
}

/// Checks the length of a text, and returns the broken rule.
fn bounded(text: &str, length: &std::ops::RangeInclusive<usize>) -> Result<(), &'static str> {
    let count = text.chars().count();
    if count < *length.start() {
        Err("cvc-minLength-valid")
    } else if count > *length.end() {
        Err("cvc-maxLength-valid")
    } else {
        Ok(())
    }
}
