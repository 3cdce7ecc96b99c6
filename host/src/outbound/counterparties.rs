//! File of the called services: their identification, and the limits of calls to them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Table;

use super::budget::Budget;
use super::pin::{self, Pin};
use crate::allowed_hosts::Origin;
use crate::document::{Document, DocumentError};

/// Content of the file.
#[derive(Default)]
pub(crate) struct Counterparties {
    pub(crate) pins: Vec<Pin>,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) budgets: Vec<Budget>,
}

/// Service that has a certificate with its host name, and is called through the proxy because of
/// its budget.
pub(crate) struct Upstream {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// Trust anchors; `None` means the roots of the web.
    pub(crate) roots: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    pin: Vec<pin::RawPin>,
    #[serde(default)]
    upstream: Vec<RawUpstream>,
    #[serde(default)]
    budget: Vec<Table>,
}

/// Raw form of an `[[upstream]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUpstream {
    name: String,
    origin: String,
    roots_file: Option<PathBuf>,
}

impl Counterparties {
    /// Reads the file; empty without one.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if the file cannot be read, or a part of it is invalid.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, DocumentError> {
        path.map_or_else(
            || Ok(Self::default()),
            |path| Self::from_document(&Document::read(path)?),
        )
    }

    pub(super) fn from_document(document: &Document) -> Result<Self, DocumentError> {
        let content: Content = document.typed()?;
        let pins = Pin::all(document, content.pin)?;
        let mut upstreams = Vec::<Upstream>::new();
        for written in content.upstream {
            let name = written.name.clone();
            let refused = |reason| document.refused(format!("upstream `{name}`: {reason}"));
            let upstream = written.checked(document.folder()).map_err(refused)?;
            let taken = pins.iter().map(Pin::name);
            let mut taken = taken.chain(upstreams.iter().map(|other| &*other.name));
            if taken.any(|taken| taken == upstream.name) {
                return Err(refused("the name is used twice".to_owned()));
            }
            upstreams.push(upstream);
        }
        Ok(Self {
            pins,
            upstreams,
            budgets: Budget::all(document, content.budget)?,
        })
    }
}

impl RawUpstream {
    fn checked(self, folder: &Path) -> Result<Upstream, String> {
        pin::check_name(&self.name)?;
        let origin =
            Origin::of_entry(&self.origin).map_err(|error| format!("`origin`: {error}"))?;
        if !origin.secure {
            return Err("`origin`: the scheme must be https".to_owned());
        }
        Ok(Upstream {
            name: self.name,
            origin,
            roots: self.roots_file.map(|file| folder.join(file)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_has_a_name_of_its_own_and_an_origin() {
        let read = |text: &str| {
            let document = Document::parse(Path::new("conf/pins.toml"), text)?;
            Counterparties::from_document(&document)
        };
        let whole = "[[upstream]]\nname = \"tax\"\norigin = \"https://tax.example\"\n";
        let counterparties = read(&format!("{whole}roots_file = \"roots.pem\"")).unwrap();
        let [upstream] = counterparties.upstreams.as_slice() else {
            panic!("one upstream")
        };
        assert_eq!(upstream.name, "tax");
        assert_eq!(upstream.origin.to_string(), "https://tax.example");
        assert_eq!(upstream.roots.as_deref(), Some(Path::new("conf/roots.pem")));
        for (text, message) in [
            (whole.replace("https", "http"), "the scheme must be https"),
            (whole.replace("\"tax\"", "\"t x\""), "`name` must be of"),
            (
                whole.replace(".example", ".example/a"),
                "an entry has no path",
            ),
            (whole.repeat(2), "upstream `tax`: the name is used twice"),
            (format!("{whole}subject = 1"), "unknown field `subject`"),
        ] {
            let error = read(&text).err().unwrap().to_string();
            assert!(error.contains(message), "{error}\n{message}");
        }
    }
}
