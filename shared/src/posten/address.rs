//! Where Posten is, and the addresses that it gives.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use crate::config::Origin;

/// Where Posten is. The address that is called may be a proxy's: Posten's server has a certificate without a host
/// name, which no ordinary TLS client accepts, so that something else may have to make that connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posten {
    /// What is called.
    origin: Origin,
    /// The path at [`Self::origin`] under which Posten's own paths are found; empty without a proxy.
    proxy_path: String,
    /// Posten's own, as it stands in the addresses that it returns.
    own_origin: Origin,
    /// That of the pages where people sign.
    page_origin: Origin,
}

impl Posten {
    /// Takes the configured parts. `proxy_path` is empty, or begins with a slash and does not end with one; `own_origin`
    /// is `origin` where it is `None`.
    pub fn new(
        origin: Origin,
        proxy_path: &str,
        own_origin: Option<Origin>,
        page_origin: Origin,
    ) -> Result<Self, PostenError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let segment =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
        let is_path = match proxy_path.strip_prefix('/') {
            None => proxy_path.is_empty(),
            Some(path) => path.split('/').all(segment),
        };
        if !is_path {
            return Err(PostenError::ProxyPath);
        }
        Ok(Self {
            own_origin: own_origin.unwrap_or_else(|| origin.clone()),
            proxy_path: proxy_path.to_owned(),
            origin,
            page_origin,
        })
    }

    /// A page where somebody signs, if it lies where such pages do. It holds a one-time token: a secret.
    pub fn page(&self, address: &str) -> Option<String> {
        self.page_origin.owns(address).then(|| address.to_owned())
    }

    /// An address in an answer, if it is at Posten's own origin, judged by its parsed parts.
    pub(super) fn address(&self, text: &str) -> Option<Address> {
        let owned = self.own_origin.owns(text);
        let url = Url::parse(text).ok().filter(|_| owned)?;
        let query = url.query().map(|query| format!("?{query}"));
        Some(Address(format!(
            "{}{}",
            url.path(),
            query.unwrap_or_default()
        )))
    }

    /// What is called for a path of Posten's own.
    pub(super) fn called(&self, path: &str) -> String {
        self.origin.join(&format!("{}{path}", self.proxy_path))
    }
}

/// An address that Posten gave, as a path with its query: opaque, since the paths are nobody's contract.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Only the path is here, so that a stored one cannot lead elsewhere.
impl TryFrom<String> for Address {
    type Error = PostenError;

    fn try_from(text: String) -> Result<Self, PostenError> {
        let is_path = text.starts_with('/') && text.parse::<http::uri::PathAndQuery>().is_ok();
        is_path.then_some(Self(text)).ok_or(PostenError::Address)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// What is wrong with a configured or stored part.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PostenError {
    /// Neither empty nor a path such as `/posten`.
    #[error("the path at the proxy is not a path such as /posten")]
    ProxyPath,
    /// Not a path.
    #[error("the address is not a path")]
    Address,
}
