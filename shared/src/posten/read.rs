//! Posten's messages, read by namespace: prefixes are nobody's contract, and recorded answers have Posten's own
//! elements behind one while a foreign namespace is the default.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Address, Posten, Unreadable};

/// The one namespace of the API.
pub(super) const NAMESPACE: &str = "http://signering.posten.no/schema/v1";

/// How deep elements may lie: more than twice as deep as in any message.
const DEEPEST: usize = 16;

/// An element with what lies in it. What is not known is skipped by not asking for it.
#[derive(Default)]
pub(super) struct Element {
    /// Its local name; empty where it is of another namespace.
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// Reads a message, which must have one of the `names`.
pub(super) fn message(body: &[u8], names: &[&str]) -> Result<Element, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::Malformed)?;
    let root = tree(text.trim_start_matches('\u{feff}')).ok_or(Unreadable::Malformed)?;
    if names.contains(&root.name.as_str()) {
        Ok(root)
    } else {
        Err(Unreadable::Message)
    }
}

fn tree(text: &str) -> Option<Element> {
    let mut reader = NsReader::from_str(text);
    // The element that is being read and those around it; the first is the document.
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
            // It could define entities; no message of Posten's has one.
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

    /// The text in it, without the blanks around it, which examples have.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The value of an attribute, which has no namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim())
    }

    /// The elements of that name that lie directly in it.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first of them.
    pub(super) fn child<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.children(name).next()
    }

    /// The text of the first of them, if there is any text.
    pub(super) fn text_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let text = self.child(name)?.text();
        Some(text).filter(|text| !text.is_empty())
    }

    /// `signature-job-id`
    pub(super) fn job_id(&self) -> Result<i64, Unreadable> {
        let text = self.text_of("signature-job-id");
        text.and_then(|text| text.parse().ok())
            .ok_or(Unreadable::Element("signature-job-id"))
    }

    /// The address in the element of that name, if there is one.
    pub(super) fn address(
        &self,
        posten: &Posten,
        name: &'static str,
    ) -> Result<Option<Address>, Unreadable> {
        let element = self.child(name);
        element
            .map(|element| element.own_address(posten, name))
            .transpose()
    }

    /// The address in this element.
    pub(super) fn own_address(
        &self,
        posten: &Posten,
        name: &'static str,
    ) -> Result<Address, Unreadable> {
        posten.address(self.text()).ok_or(Unreadable::Foreign(name))
    }
}
