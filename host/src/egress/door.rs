//! Who may call the proxy: any program on this machine, or whoever shows a key, over TLS.

use std::{collections::BTreeMap, net::IpAddr, path::Path, sync::Arc};

use http::{
    HeaderMap,
    header::{HOST, ORIGIN, PROXY_AUTHORIZATION},
    uri::Authority,
};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio_rustls::TlsAcceptor;

use super::{EgressError, answer::Fault};
use crate::{document::Document, outbound::TlsError, outbound::pair};

/// Keys that are shorter could be guessed.
const SHORTEST_KEY: usize = 32;

/// How callers come in.
pub struct Door(Kind);

enum Kind {
    Open,
    Guarded {
        acceptor: TlsAcceptor,
        /// Names and keys.
        callers: BTreeMap<String, String>,
    },
}

impl Door {
    /// For programs on this machine: without TLS, and without asking who they are.
    pub fn open() -> Self {
        Self(Kind::Open)
    }

    /// For others: with TLS, and for those who show a key from a file (TOML: names and keys).
    pub fn guarded(certificate: &Path, key: &Path, callers: &Path) -> Result<Self, EgressError> {
        let (path, chain, key) = pair(certificate, key)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(TlsError::from)?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(|source| TlsError::pair(path, source))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Kind::Guarded {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            callers: read(callers)?,
        }))
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.0, Kind::Open)
    }

    pub(super) fn tls(&self) -> Option<&TlsAcceptor> {
        match &self.0 {
            Kind::Open => None,
            Kind::Guarded { acceptor, .. } => Some(acceptor),
        }
    }

    /// The caller's name, where callers have one.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Option<&str>, Fault> {
        match &self.0 {
            // A page in a browser reaches the loopback too, perhaps under a name of its own.
            Kind::Open if headers.contains_key(ORIGIN) || !names_this_machine(headers) => {
                Err(Fault::NotThisMachine)
            }
            Kind::Open => Ok(None),
            Kind::Guarded { callers, .. } => {
                let shown = shown(headers).ok_or(Fault::CallerUnknown)?;
                let mut named = None;
                // All are compared, so that the time does not tell which one was close.
                for (name, key) in callers {
                    if same(key.as_bytes(), shown.as_bytes()) {
                        named = Some(name.as_str());
                    }
                }
                named.map(Some).ok_or(Fault::CallerUnknown)
            }
        }
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, EgressError> {
    let document = Document::read(path)?;
    let mut callers = BTreeMap::new();
    // Read by hand: a general reader's message would repeat a key.
    for (number, (name, key)) in document.table.iter().enumerate() {
        let key = key.as_str().filter(|key| key.len() >= SHORTEST_KEY);
        // A name is not repeated either: the two may be swapped.
        let key = key.ok_or_else(|| {
            EgressError::Callers(format!(
                "number {}, by name in alphabetical order, has a key that is not a text of at least {SHORTEST_KEY} characters",
                number.saturating_add(1)
            ))
        })?;
        callers.insert(name.clone(), key.to_owned());
    }
    if callers.is_empty() {
        return Err(EgressError::Callers("the file names nobody".to_owned()));
    }
    Ok(callers)
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(PROXY_AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Takes as long wherever they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differs, (one, other)| differs | (one ^ other))
            == 0
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else {
        return false;
    };
    let Some(host) = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Authority>().ok())
    else {
        return false;
    };
    let name = host.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}
