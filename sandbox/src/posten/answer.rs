//! Posten's XML, as it answers.
//!
//! Two styles are known: the API's namespace as the default one, as in the documentation's
//! examples, and under a prefix while that of XAdES is the default, as in recorded answers. A
//! client that depends on names with or without a prefix gets the other style with the next job.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// The namespace of the API (its schemas, `targetNamespace`).
const NAMESPACE: &str = "http://signering.posten.no/schema/v1";

const DEFAULT: &[(&str, &str)] = &[("xmlns", NAMESPACE)];
const PREFIXED: &[(&str, &str)] = &[
    ("xmlns", "http://uri.etsi.org/01903/v1.3.2#"),
    ("xmlns:ns2", "http://www.w3.org/2000/09/xmldsig#"),
    ("xmlns:ns3", "http://uri.etsi.org/2918/v1.2.1#"),
    ("xmlns:ns4", NAMESPACE),
];

/// Way in which the namespace is declared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// Default namespace.
    Default,
    /// Prefix `ns4`.
    Prefixed,
}

impl Style {
    /// Returns the style of answers about `id`: every other has the other.
    pub(crate) const fn alternating(id: i64) -> Self {
        if id % 2 == 0 {
            Self::Prefixed
        } else {
            Self::Default
        }
    }
}

/// Element in the API's namespace.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// Creates an empty element.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// Creates an element whose content is a text.
    pub(crate) fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    /// Adds an attribute.
    pub(crate) fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Appends children.
    pub(crate) fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Serialises the document with this root.
    pub(crate) fn document(&self, style: Style) -> String {
        let mut writer = Writer::new(Vec::new());
        // Writing to a vector does not fail, and each name here is valid in XML.
        let _ = writer.write_event(Event::Decl(BytesDecl::new(
            "1.0",
            Some("UTF-8"),
            Some("yes"),
        )));
        let namespaces = match style {
            Style::Default => DEFAULT,
            Style::Prefixed => PREFIXED,
        };
        let _ = self.write(&mut writer, style, namespaces);
        String::from_utf8(writer.into_inner()).unwrap_or_default()
    }

    fn write(
        &self,
        writer: &mut Writer<Vec<u8>>,
        style: Style,
        namespaces: &[(&str, &str)],
    ) -> std::io::Result<()> {
        let name = match style {
            Style::Default => self.name.to_owned(),
            Style::Prefixed => format!("ns4:{}", self.name),
        };
        let own = self.attributes.iter();
        let own = own.map(|(name, value)| (*name, value.as_str()));
        let element = writer
            .create_element(name)
            .with_attributes(namespaces.iter().copied().chain(own));
        if self.children.is_empty() && self.text.is_empty() {
            element.write_empty()?;
        } else if self.children.is_empty() {
            element.write_text_content(BytesText::new(&self.text))?;
        } else {
            element.write_inner_content(|writer| {
                self.children
                    .iter()
                    .try_for_each(|child| child.write(writer, style, &[]))
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_say_the_same() {
        let signer = Element::text("status", "SIGNED").attribute("signer", "a \"<b>\" & c");
        let root = Element::new("answer").with([signer, Element::new("none")]);
        let declaration = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
        assert_eq!(
            root.document(Style::Default),
            format!(
                r#"{declaration}<answer xmlns="{NAMESPACE}"><status signer="a &quot;&lt;b&gt;&quot; &amp; c">SIGNED</status><none/></answer>"#
            )
        );
        let prefixed = root.document(Style::Prefixed);
        assert!(
            prefixed.contains(r#"<ns4:status signer="a "#)
                && prefixed.ends_with("<ns4:none/></ns4:answer>")
        );
    }
}
