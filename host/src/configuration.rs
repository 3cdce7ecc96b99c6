//! Configuration of an application, read as [`App::load`](crate::App::load) reads it but without
//! running anything, for tools that check certificates, keys and variables beforehand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::app::LoadError;
use crate::manifest::Manifest;
use crate::options::Options;
use crate::outbound::{self, Counterparties, TlsError};
use crate::runtime_config::RuntimeConfig;
use crate::variables::{VariableError, Variables};

/// Settings of an application. Values may be secret, so it has no `Debug`.
pub struct Configuration {
    /// Entries of `[[client_tls]]`, then pins, in the order of their files.
    pub tls: Vec<TlsSetting>,
    /// Application variables that are required and have no value.
    pub unset: Vec<String>,
    components: BTreeMap<String, BTreeMap<String, String>>,
}

/// Entry of `[[client_tls]]` or `[[pin]]`: its trust anchors and its client certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsSetting {
    /// Entry of the configuration that the setting is from.
    pub place: Place,
    /// Trust anchors, in PEM; `None` means the roots of the web.
    pub roots: Option<PathBuf>,
    /// Client certificate with its chain, and its key, both in PEM.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsSetting {
    /// Reads the trust anchors as the host does at its start.
    ///
    /// # Errors
    ///
    /// Returns the error with which the host would not start.
    pub fn check_roots(&self) -> Result<(), TlsError> {
        let roots = self.roots.as_deref();
        roots.map_or(Ok(()), |path| outbound::roots(path).map(|_| ()))
    }

    /// Reads the certificate and the key as the host does at its start, and sets up TLS with them.
    ///
    /// # Errors
    ///
    /// Returns the error with which the host would not start.
    pub fn check_client(&self) -> Result<(), TlsError> {
        let client = self.client.as_ref();
        client.map_or(Ok(()), |(chain, key)| {
            outbound::check_client_files(chain, key)
        })
    }
}

/// Place of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// `[[client_tls]]` table, counted from one.
    ClientTls(usize),
    /// Pin of this name.
    Pin(String),
}

impl Configuration {
    /// Reads the manifest, the runtime configuration and the pins of `options`, and reads each
    /// variable once. A variable without a value is no error here; a vault that does not answer is.
    /// Files of certificates and keys are not read.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if a file cannot be read or is invalid, or a provider of variables does not
    /// answer.
    pub async fn read(options: &Options) -> Result<Self, LoadError> {
        let manifest = Manifest::read(&options.manifest)?;
        let runtime = options.runtime_config.as_deref();
        let runtime = runtime.map(RuntimeConfig::read).transpose()?;
        let runtime = runtime.unwrap_or_default();
        let tls = settings(&runtime, options.pins.as_deref())?;
        let variables = Variables::new(manifest.variables, runtime.providers, options)
            .map_err(LoadError::VaultRoots)?;
        let (mut values, mut unset) = (BTreeMap::new(), Vec::new());
        for name in variables.names() {
            let value = variables.value(name).await;
            match value.map_err(|refusal| VariableError::Provider(refusal.to_string()))? {
                Some(value) => _ = values.insert(name.to_owned(), value),
                None => unset.push(name.to_owned()),
            }
        }
        let components = manifest.components.iter().map(|(id, component)| {
            let filled = component.variables.iter().filter_map(|(name, text)| {
                // A template over a variable without a value has none either.
                let value = variables.template(name, text).ok()?.fill(&values)?;
                Some((name.clone(), value))
            });
            (id.clone(), filled.collect())
        });
        Ok(Self {
            tls,
            unset,
            components: components.collect(),
        })
    }

    /// Returns the components' value of `name`: the first that is not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let values = self.components.values().filter_map(|own| own.get(name));
        values
            .map(|value| value.trim())
            .find(|value| !value.is_empty())
    }
}

fn settings(runtime: &RuntimeConfig, pins: Option<&Path>) -> Result<Vec<TlsSetting>, LoadError> {
    let pins = Counterparties::read(pins)?.pins;
    let listed = (1_usize..).zip(&runtime.client_tls);
    let listed = listed.map(|(number, entry)| TlsSetting {
        place: Place::ClientTls(number),
        roots: entry.ca_roots_file.clone(),
        client: entry.client(),
    });
    let pinned = pins.iter().map(|pin| TlsSetting {
        place: Place::Pin(pin.name().to_owned()),
        roots: Some(pin.roots().to_owned()),
        client: pin.client().cloned(),
    });
    Ok(listed.chain(pinned).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        application = { name = "a", version = "1" }
        [variables]
        key = { required = true, secret = true }
        other = { required = true }
        word = { default = "yes" }
        [[trigger.http]]
        route = "/..."
        component = "front"
        [component.front]
        source = "front.wasm"
        [component.front.variables]
        key = "{{ key }}"
        other = "{{ other }}"
        word = " {{ word }} "
    "#;

    #[tokio::test]
    async fn all_that_is_named_is_there_and_what_is_unset_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let mut options = Options::new(file("spin.toml", MANIFEST));
        options.runtime_config = Some(file(
            "runtime-config.toml",
            "[[client_tls]]\ncomponent_ids = [\"front\"]\nhosts = [\"localhost\"]\n\
             client_cert_file = \"a.pem\"\nclient_private_key_file = \"a.key\"\n",
        ));
        options.pins = Some(file(
            "pins.toml",
            "[[pin]]\nname = \"post\"\norigin = \"https://localhost\"\nroots_file = \"r.pem\"\n\
             subject = [{ attribute = \"serialNumber\", value = \"1\" }]\n",
        ));
        options.variables = [("key".to_owned(), "k3y".to_owned())].into();
        let read = Configuration::read(&options).await.unwrap();
        let path = |name| folder.path().join(name);
        assert_eq!(
            read.tls,
            [
                TlsSetting {
                    place: Place::ClientTls(1),
                    roots: None,
                    client: Some((path("a.pem"), path("a.key"))),
                },
                TlsSetting {
                    place: Place::Pin("post".to_owned()),
                    roots: Some(path("r.pem")),
                    client: None,
                },
            ]
        );
        assert_eq!(read.unset, ["other"]);
        assert_eq!(read.variable("key"), Some("k3y"));
        assert_eq!(read.variable("word"), Some("yes"));
        assert_eq!(read.variable("other"), None);
    }
}
