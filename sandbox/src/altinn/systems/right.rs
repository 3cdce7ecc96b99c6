//! Single rights and access packages, which system users are given.
//!
//! Assumption: which resources a package opens; the real ones are policies of the resources'
//! owners.

use serde_json::{Map, Value, json};

use crate::altinn::body::{InvalidBody, Members};

/// Resource that the demo's system may read.
pub(in crate::altinn) const DEMO_RIGHT: &str = "ske-krav-og-betalinger";

/// Attribute that names a resource.
pub(in crate::altinn) const RESOURCE: &str = "urn:altinn:resource";

/// A single right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::altinn) struct Right {
    action: Option<String>,
    /// Attributes and their values, the resource first.
    resource: Vec<(String, String)>,
}

impl Right {
    /// Creates the right to a whole resource.
    pub(in crate::altinn) fn to(resource: &str) -> Self {
        Self {
            action: None,
            resource: vec![(RESOURCE.to_owned(), resource.to_owned())],
        }
    }

    pub(in crate::altinn) fn read(value: &Value, path: &str) -> Result<Self, InvalidBody> {
        let members = Members::new(value, path)?;
        let own = |text: &str| Some(text.to_owned());
        Ok(Self {
            action: members.optional("action", own)?,
            resource: members.optional_list("resource", |pair, path| {
                let pair = Members::new(pair, path)?;
                Ok((pair.required("id", own)?, pair.required("value", own)?))
            })?,
        })
    }

    pub(in crate::altinn) fn document(&self) -> Value {
        let pair = |(id, value): &(String, String)| json!({ "id": id, "value": value });
        let mut document = Map::new();
        if let Some(action) = &self.action {
            document.insert("action".to_owned(), json!(action));
        }
        document.insert(
            "resource".to_owned(),
            self.resource.iter().map(pair).collect(),
        );
        Value::Object(document)
    }

    /// Returns the attributes with their values.
    pub(in crate::altinn) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.resource.iter();
        pairs.map(|(id, value)| (id.as_str(), value.as_str()))
    }

    /// Returns the resources that it names.
    pub(in crate::altinn) fn resources(&self) -> impl Iterator<Item = &str> {
        let named = self.attributes().filter(|(id, _)| *id == RESOURCE);
        named.map(|(_, value)| value)
    }

    /// Returns whether both have the same attributes, in any order. The action is not compared.
    pub(in crate::altinn) fn is_same_as(&self, other: &Self) -> bool {
        self.resource.len() == other.resource.len()
            && !self.resource.is_empty()
            && self
                .resource
                .iter()
                .all(|pair| other.resource.contains(pair))
    }
}

/// Builds the rights of a document.
pub(in crate::altinn) fn documents(rights: &[Right]) -> Value {
    rights.iter().map(Right::document).collect()
}

/// Access package: a bundle of rights that is granted as one.
#[derive(Debug)]
pub(in crate::altinn) struct Package {
    pub(in crate::altinn) urn: &'static str,
    /// Norwegian name.
    pub(in crate::altinn) nb: &'static str,
    /// English name.
    pub(in crate::altinn) en: &'static str,
    /// True if an ordinary system user can have it; others are for relations to clients.
    pub(in crate::altinn) is_assignable: bool,
    pub(in crate::altinn) resources: &'static [&'static str],
}

const PACKAGES: &[Package] = &[
    Package {
        urn: "urn:altinn:accesspackage:skatt-naering",
        nb: "Skatt næring",
        en: "Business tax",
        is_assignable: true,
        resources: &[DEMO_RIGHT],
    },
    Package {
        urn: "urn:altinn:accesspackage:regnskapsforer-med-signeringsrettighet",
        nb: "Regnskapsfører med signeringsrettighet",
        en: "Accountant with signing rights",
        is_assignable: false,
        resources: &[],
    },
];

impl Package {
    /// Finds the package with this name.
    pub(in crate::altinn) fn find(urn: &str) -> Option<&'static Self> {
        PACKAGES.iter().find(|package| package.urn == urn)
    }
}

/// Reads `{"urn": "…"}`.
pub(in crate::altinn) fn read_package(value: &Value, path: &str) -> Result<String, InvalidBody> {
    let urn = Members::new(value, path)?.optional("urn", |urn| Some(urn.to_owned()))?;
    Ok(urn.unwrap_or_default())
}

/// Builds the packages of a document.
pub(in crate::altinn) fn package_documents(packages: &[String]) -> Value {
    packages.iter().map(|urn| json!({ "urn": urn })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(pairs: &[(&str, &str)]) -> Right {
        let resource = pairs
            .iter()
            .map(|(id, value)| json!({ "id": id, "value": value }));
        let value = json!({ "resource": resource.collect::<Value>() });
        Right::read(&value, "$").unwrap()
    }

    #[test]
    fn rights_are_the_same_in_any_order_and_only_as_a_whole() {
        let (resource, task) = ((RESOURCE, "a"), ("urn:altinn:task", "b"));
        assert!(right(&[resource, task]).is_same_as(&right(&[task, resource])));
        assert!(!right(&[resource]).is_same_as(&right(&[resource, task])));
        assert!(!right(&[resource]).is_same_as(&right(&[(RESOURCE, "b")])));
        assert!(!right(&[]).is_same_as(&right(&[])));
        assert_eq!(
            right(&[task, resource]).resources().collect::<Vec<_>>(),
            ["a"]
        );
    }

    #[test]
    fn an_action_that_is_absent_is_not_written() {
        let document = Right::to("a").document();
        assert_eq!(
            document,
            json!({ "resource": [{ "id": RESOURCE, "value": "a" }] })
        );
        assert_eq!(Right::read(&document, "$").unwrap(), Right::to("a"));
    }
}
