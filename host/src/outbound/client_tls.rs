//! `[[client_tls]]` of the runtime configuration, before its files are read.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Host;

use crate::manifest::component_id;

/// Entry of `[[client_tls]]` in the runtime configuration. [`ClientTls::check`] resolves its paths.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientTls {
    pub(super) component_ids: Vec<String>,
    /// Hosts of the entry, without ports.
    pub(super) hosts: Vec<String>,
    /// `true` is refused before it is read here.
    ca_use_platform_roots: Option<bool>,
    ca_use_webpki_roots: Option<bool>,
    pub(crate) ca_roots_file: Option<PathBuf>,
    pub(super) client_cert_file: Option<PathBuf>,
    pub(super) client_private_key_file: Option<PathBuf>,
}

impl ClientTls {
    /// Checks the entry without reading its files, and resolves relative paths from a folder.
    pub(crate) fn check(&mut self, folder: &Path) -> Result<(), String> {
        if self.component_ids.is_empty() {
            return Err("`component_ids` is empty".to_owned());
        }
        for id in &self.component_ids {
            component_id(id).map_err(|reason| format!("`{id}`: {reason}"))?;
        }
        if self.hosts.is_empty() {
            return Err("`hosts` is empty".to_owned());
        }
        for host in &mut self.hosts {
            *host = Host::parse(host)
                .map_err(|_| format!("`{host}` is not a host without a port"))?
                .to_string();
        }
        if self.ca_roots_file.is_none() && !self.trusts_web() {
            return Err(
                "it trusts nobody: name a `ca_roots_file`, or set `ca_use_webpki_roots`".to_owned(),
            );
        }
        if self.client_cert_file.is_some() != self.client_private_key_file.is_some() {
            return Err("`client_cert_file` and `client_private_key_file` go together".to_owned());
        }
        for path in [
            &mut self.ca_roots_file,
            &mut self.client_cert_file,
            &mut self.client_private_key_file,
        ]
        .into_iter()
        .flatten()
        {
            *path = folder.join(&*path);
        }
        Ok(())
    }

    /// Returns whether the roots of the public web are trusted. As in Spin, setting either kind of
    /// roots or a file replaces the default.
    pub(super) fn trusts_web(&self) -> bool {
        self.ca_use_webpki_roots
            .unwrap_or(self.ca_roots_file.is_none() && self.ca_use_platform_roots.is_none())
    }

    /// Returns the files of the certificate and of its key.
    pub(crate) fn client(&self) -> Option<(PathBuf, PathBuf)> {
        self.client_cert_file
            .clone()
            .zip(self.client_private_key_file.clone())
    }
}
