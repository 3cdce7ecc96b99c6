//! Parser of Posten's messages. Elements are matched by namespace: prefixes are not part of the API
//! contract, and recorded answers have Posten's own elements under a prefix while a foreign
//! namespace is the default.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Address, Posten, UnreadableAnswer};

/// The only namespace of the API.
pub(super) const NAMESPACE: &str = "http://signering.posten.no/schema/v1";

/// Maximum depth of elements: more than twice that of any message.
const DEEPEST: usize = 16;

/// Element with its children. Unknown elements are ignored.
#[derive(Default)]
pub(super) struct Element {
    /// Local name; empty for an element of another namespace.
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// Parses a message, which must have one of the `names`.
pub(super) fn message(body: &[u8], names: &[&str]) -> Result<Element, UnreadableAnswer> {
    let text = std::str::from_utf8(body).map_err(|_| UnreadableAnswer::Malformed)?;
    let root = tree(text.trim_start_matches('\u{feff}')).ok_or(UnreadableAnswer::Malformed)?;
    if names.contains(&root.name.as_str()) {
        Ok(root)
    } else {
        Err(UnreadableAnswer::Message)
    }
}

fn tree(text: &str) -> Option<Element> {
    let mut reader = NsReader::from_str(text);
    // Stack of open elements; the first is the document.
    let mut open = vec![Element::default()];
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let is_own = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
        match event {
            Event::Start(start) => {
                open.push(Element::begun(&start, is_own)?);
                if open.len() > DEEPEST {
                    return None;
                }
            }
            Event::Empty(start) => {
                let element = Element::begun(&start, is_own)?;
                open.last_mut()?.children.push(element);
            }
            Event::End(_) => {
                let element = open.pop()?;
                open.last_mut()?.children.push(element);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = &mut open.last_mut()?.text;
                match reference.resolve_char_ref().ok()? {
                    Some(character) => text.push(character),
                    None => text.push_str(resolve_predefined_entity(&reference.xml10_content())?),
                }
            }
            // A DOCTYPE could define entities; no message of Posten has one.
            Event::DocType(_) => return None,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let [document] = <[Element; 1]>::try_from(open).ok()?;
    let [root] = <[Element; 1]>::try_from(document.children).ok()?;
    document.text.trim().is_empty().then_some(root)
}

impl Element {
    fn begun(start: &BytesStart<'_>, is_own: bool) -> Option<Self> {
        let mut element = Self::default();
        if is_own {
            start.local_name().as_ref().clone_into(&mut element.name);
        }
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            let name = attribute.key.into_inner().to_owned();
            element.attributes.push((name, value.into_owned()));
        }
        Some(element)
    }

    /// Returns the text without surrounding blanks, which examples have.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// Returns the value of an attribute, which has no namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim())
    }

    /// Returns the direct children with this name.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the first direct child with this name.
    pub(super) fn child<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.children(name).next()
    }

    /// Returns the text of the first direct child with this name, if it is not empty.
    pub(super) fn text_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let text = self.child(name)?.text();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns the number in `signature-job-id`.
    pub(super) fn job_id(&self) -> Result<i64, UnreadableAnswer> {
        let text = self.text_of("signature-job-id");
        text.and_then(|text| text.parse().ok())
            .ok_or(UnreadableAnswer::Element("signature-job-id"))
    }

    /// Returns the address in the child with this name, if present.
    pub(super) fn address(
        &self,
        posten: &Posten,
        name: &'static str,
    ) -> Result<Option<Address>, UnreadableAnswer> {
        let element = self.child(name);
        element
            .map(|element| element.own_address(posten, name))
            .transpose()
    }

    /// Returns the address in this element.
    pub(super) fn own_address(
        &self,
        posten: &Posten,
        name: &'static str,
    ) -> Result<Address, UnreadableAnswer> {
        posten
            .address(self.text())
            .ok_or(UnreadableAnswer::Foreign(name))
    }
}
