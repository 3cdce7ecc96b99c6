//! Tree of an answer, serialised as JSON or XML. Amounts are decimal strings throughout, without
//! floating point.

use std::fmt::Write;

/// Members of an object, in the order that they are written.
pub(crate) type Members = Vec<(&'static str, Node)>;

/// Node of an answer, written as JSON or XML.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Node {
    Object(Members),
    List(Vec<Node>),
    Text(String),
    /// Number, written digit by digit.
    Amount(String),
    Flag(bool),
}

impl Node {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    let _ = write!(out, "{}:", serde_json::Value::from(*name));
                    value.write_json(out);
                }
                out.push('}');
            }
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Text(text) => {
                let _ = write!(out, "{}", serde_json::Value::from(text.as_str()));
            }
            Self::Amount(digits) => out.push_str(digits),
            Self::Flag(flag) => {
                let _ = write!(out, "{flag}");
            }
        }
    }

    /// Serialises the tree as elements: an item of a list is an element of the list's name.
    /// Assumption: root and namespace, since the real service's XML schema for data is not
    /// published.
    pub(crate) fn xml(&self, root: &str) -> String {
        let mut out = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        self.write_xml(root, &mut out);
        out
    }

    fn write_xml(&self, name: &str, out: &mut String) {
        if let Self::List(items) = self {
            for item in items {
                item.write_xml(name, out);
            }
            return;
        }
        let _ = write!(out, "<{name}>");
        match self {
            Self::Object(members) => {
                for (name, value) in members {
                    value.write_xml(name, out);
                }
            }
            Self::List(_) => {}
            Self::Text(text) => out.push_str(&escape(text)),
            Self::Amount(digits) => out.push_str(digits),
            Self::Flag(flag) => {
                let _ = write!(out, "{flag}");
            }
        }
        let _ = write!(out, "</{name}>");
    }

    /// Changes every object of the tree, the innermost first.
    pub(crate) fn map_objects(self, change: &impl Fn(&mut Vec<(&'static str, Self)>)) -> Self {
        match self {
            Self::Object(members) => {
                let mut members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| (name, value.map_objects(change)))
                    .collect();
                change(&mut members);
                Self::Object(members)
            }
            Self::List(items) => Self::List(
                items
                    .into_iter()
                    .map(|item| item.map_objects(change))
                    .collect(),
            ),
            other => other,
        }
    }
}

/// Escapes text for the content of an XML element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_digit_by_digit_in_either_format() {
        let tree = Node::Object(vec![
            (
                "beloep",
                Node::List(vec![
                    Node::Amount("25000.0".into()),
                    Node::Amount("-0.10".into()),
                ]),
            ),
            ("tekst", Node::text("a \"<&>\"")),
            ("skjermet", Node::Flag(false)),
        ]);
        assert_eq!(
            tree.json(),
            r#"{"beloep":[25000.0,-0.10],"tekst":"a \"<&>\"","skjermet":false}"#
        );
        assert_eq!(
            tree.xml("svar"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><svar><beloep>25000.0</beloep><beloep>-0.10</beloep>\
             <tekst>a \"&lt;&amp;&gt;\"</tekst><skjermet>false</skjermet></svar>"
        );
    }
}
