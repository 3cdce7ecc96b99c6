//! XML writer. Its output is canonical (Canonical XML 1.0), so the hashed bytes are the bytes sent.

use super::text::composed;

/// First line of each message. Canonical XML has none, so it is not hashed.
pub(super) const DECLARATION: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// XML under construction.
#[derive(Default)]
pub(super) struct Xml(String);

/// Attributes in canonical order: namespaces first, then by name.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// Writes a whole message: one element of Posten's own namespace.
    pub(super) fn message(name: &str, content: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self(DECLARATION.to_owned());
        xml.element(name, &[("xmlns", super::read::NAMESPACE)], content);
        xml.0
    }

    /// Writes a part of a message.
    pub(super) fn part(content: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self::default();
        content(&mut xml);
        xml.0
    }

    /// Writes an element with child elements.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.begin(name, attributes);
        content(self);
        self.end(name);
    }

    /// Writes an element with text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.begin(name, &[]);
        self.escaped(text, in_text);
        self.end(name);
    }

    /// Writes an element with text, if there is a text.
    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Writes an empty element; canonical form has no shorter form.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.begin(name, attributes);
        self.end(name);
    }

    /// Appends XML that has already been written.
    pub(super) fn written(&mut self, xml: &str) {
        self.0.push_str(xml);
    }

    /// Writes the start tag. It is separate from [`Self::element`], which is compiled anew for each
    /// content.
    fn begin(&mut self, name: &str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.escaped(value, in_attribute);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn end(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    fn escaped(&mut self, text: &str, escape: fn(char) -> Option<&'static str>) {
        for character in composed(text).chars() {
            match escape(character) {
                Some(escaped) => self.0.push_str(escaped),
                None => self.0.push(character),
            }
        }
    }
}

fn in_text(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\r' => "&#xD;",
        _ => return None,
    })
}

fn in_attribute(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '"' => "&quot;",
        '\t' => "&#x9;",
        '\n' => "&#xA;",
        '\r' => "&#xD;",
        _ => return None,
    })
}
