//! Definitions of pins.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::allowed_hosts::Origin;
use crate::document::{Document, DocumentError};

/// Raw form of a `[[pin]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::outbound) struct RawPin {
    name: String,
    /// Components of the pin; empty if the proxy alone uses it.
    #[serde(default)]
    component_ids: Vec<String>,
    origin: String,
    roots_file: PathBuf,
    /// Revocation lists; without any, none is consulted.
    #[serde(default)]
    crl_files: Vec<PathBuf>,
    subject: Vec<RequiredAttribute>,
    client_cert_file: Option<PathBuf>,
    client_private_key_file: Option<PathBuf>,
}

/// Attribute of the subject with its required value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiredAttribute {
    pub(super) attribute: Attribute,
    pub(super) value: String,
}

/// Attribute that identifies a holder (X.520), unlike a name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) enum Attribute {
    OrganizationIdentifier,
    SerialNumber,
}

impl Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrganizationIdentifier => "organizationIdentifier",
            Self::SerialNumber => "serialNumber",
        })
    }
}

/// Valid pin, with the paths of its files.
pub(crate) struct Pin {
    name: String,
    components: Vec<String>,
    origin: Origin,
    roots: PathBuf,
    pub(super) revocation_lists: Vec<PathBuf>,
    pub(super) subject: Vec<RequiredAttribute>,
    /// Certificate and key.
    client: Option<(PathBuf, PathBuf)>,
}

impl Pin {
    /// Checks the pins of a document.
    pub(in crate::outbound) fn all(
        document: &Document,
        all: Vec<RawPin>,
    ) -> Result<Vec<Self>, DocumentError> {
        let mut pins: Vec<Self> = Vec::new();
        for written in all {
            let name = written.name.clone();
            let refused = |reason: &str| document.refused(format!("pin `{name}`: {reason}"));
            let pin = written
                .checked(document.folder())
                .map_err(|reason| refused(&reason))?;
            if pins.iter().any(|other| other.name == pin.name) {
                return Err(refused("the name is used twice"));
            }
            if pins.iter().any(|other| other.overlaps(&pin)) {
                return Err(refused(
                    "another pin has the same origin for the same component",
                ));
            }
            pins.push(pin);
        }
        Ok(pins)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn roots(&self) -> &Path {
        &self.roots
    }

    /// Returns the files of the client certificate and of its key.
    pub(crate) fn client(&self) -> Option<&(PathBuf, PathBuf)> {
        self.client.as_ref()
    }

    /// Returns the pin, restricted to calls under its own name.
    pub(crate) fn for_itself(mut self) -> Self {
        self.components = vec![self.name.clone()];
        self
    }

    pub(crate) fn is_for(&self, component: &str, origin: &Origin) -> bool {
        self.origin == *origin && self.components.iter().any(|id| id == component)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.components
            .iter()
            .any(|component| other.is_for(component, &self.origin))
    }
}

/// Checks a name, which is a part of a path at the proxy.
pub(in crate::outbound) fn check_name(name: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(plain) {
        return Err("`name` must be of letters, digits, - and _".to_owned());
    }
    Ok(())
}

impl RawPin {
    fn checked(self, folder: &Path) -> Result<Pin, String> {
        check_name(&self.name)?;
        if self.subject.is_empty() {
            return Err("`subject` is empty: it would trust everybody".to_owned());
        }
        if self.subject.iter().any(|wanted| wanted.value.is_empty()) {
            return Err("`subject` has an empty value".to_owned());
        }
        for (place, wanted) in self.subject.iter().enumerate() {
            let mut earlier = self.subject.iter().take(place);
            if earlier.any(|other| other.attribute == wanted.attribute) {
                return Err(format!("`subject` has {} twice", wanted.attribute));
            }
        }
        let origin =
            Origin::of_entry(&self.origin).map_err(|error| format!("`origin`: {error}"))?;
        if !origin.secure {
            return Err("`origin`: the scheme must be https".to_owned());
        }
        let client = match (self.client_cert_file, self.client_private_key_file) {
            (Some(chain), Some(key)) => Some((folder.join(chain), folder.join(key))),
            (None, None) => None,
            _ => {
                return Err(
                    "`client_cert_file` and `client_private_key_file` go together".to_owned(),
                );
            }
        };
        Ok(Pin {
            name: self.name,
            components: self.component_ids,
            origin,
            roots: folder.join(self.roots_file),
            revocation_lists: self
                .crl_files
                .iter()
                .map(|file| folder.join(file))
                .collect(),
            subject: self.subject,
            client,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Counterparties;

    const WHOLE: &str = r#"
        [[pin]]
        name = "posten"
        component_ids = ["signing"]
        origin = "https://api.signering.posten.no"
        roots_file = "enterprise.pem"
        subject = [
            { attribute = "organizationIdentifier", value = "NTRNO-984661185" },
            { attribute = "serialNumber", value = "984661185" },
        ]
        client_cert_file = "own.pem"
        client_private_key_file = "own.key"
    "#;

    fn all(text: &str) -> Result<Vec<Pin>, DocumentError> {
        let document = Document::parse(Path::new("conf/pins.toml"), text)?;
        Ok(Counterparties::from_document(&document)?.pins)
    }

    #[test]
    fn a_pin_is_for_its_components_and_its_origin_alone() {
        let pins = all(WHOLE).unwrap();
        let [pin] = pins.as_slice() else {
            panic!("one pin")
        };
        let origin = |text| Origin::of_entry(text).unwrap();
        assert!(pin.is_for("signing", &origin("https://api.signering.posten.no:443")));
        assert!(!pin.is_for("signing", &origin("https://api.signering.posten.no:8443")));
        assert!(!pin.is_for("signing", &origin("https://posten.no")));
        assert!(!pin.is_for("claims", &origin("https://api.signering.posten.no")));
        assert_eq!(pin.roots, Path::new("conf/enterprise.pem"));
        assert!(all("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (written, instead, message) in [
            ("name = \"posten\"", "name = \"\"", "`name` must be of"),
            ("name = \"posten\"", "name = \"a/b\"", "`name` must be of"),
            (
                "https://api",
                "http://api",
                "`origin`: the scheme must be https",
            ),
            ("posten.no\"", "posten.no/path\"", "an entry has no path"),
            ("https://api", "https://*.api", "wildcards"),
            ("NTRNO-984661185", "", "`subject` has an empty value"),
            (
                "\"serialNumber\"",
                "\"organizationIdentifier\"",
                "`subject` has organizationIdentifier twice",
            ),
            (
                "\"serialNumber\"",
                "\"commonName\"",
                "unknown variant `commonName`",
            ),
            ("client_cert_file", "cert_file", "unknown field `cert_file`"),
            (
                "client_cert_file = \"own.pem\"",
                "",
                "`client_cert_file` and `client_private_key_file` go together",
            ),
            (
                "roots_file = \"enterprise.pem\"",
                "",
                "missing field `roots_file`",
            ),
        ] {
            assert_eq!(WHOLE.matches(written).count(), 1, "{written}");
            let error = all(&WHOLE.replace(written, instead))
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(error.contains(message), "{error}\n{message}");
        }
        let open = WHOLE.split("subject").next().unwrap();
        let error = all(&format!("{open}subject = []")).err().unwrap();
        assert!(error.to_string().contains("it would trust everybody"));
        for (second, message) in [
            (WHOLE.to_owned(), "the name is used twice"),
            (
                WHOLE.replace("\"posten\"", "\"bring\""),
                "pin `bring`: another pin has the same origin for the same component",
            ),
        ] {
            let error = all(&format!("{WHOLE}{second}")).err().unwrap().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
