//! Posten's addresses: the configured origins, and the paths that Posten returns.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use innsyn_core::origin::Origin;

/// Configured origins of Posten. The called origin may be that of a proxy: Posten's server has a
/// certificate without a host name, which no ordinary TLS client accepts, so a proxy may have to
/// make that connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posten {
    /// Origin that requests are sent to.
    origin: Origin,
    /// Path at [`Self::origin`] under which Posten's own paths are found; empty without a proxy.
    proxy_path: String,
    /// Posten's own origin, as in the addresses that it returns.
    own_origin: Origin,
    /// Origin of the pages where people sign.
    page_origin: Origin,
}

impl Posten {
    /// Creates the configuration. `proxy_path` is empty, or begins with a slash and does not end
    /// with one. `own_origin` defaults to `origin`.
    ///
    /// # Errors
    /// [`PostenError::ProxyPath`] if `proxy_path` has another form.
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

    /// Returns the address of a signing page if it is at the origin of such pages. The address is a
    /// secret: it holds a one-time token.
    pub fn page(&self, address: &str) -> Option<String> {
        self.page_origin.owns(address).then(|| address.to_owned())
    }

    /// Returns an address from an answer if its parsed parts belong to Posten's own origin.
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

    /// Returns the address to call for one of Posten's own paths.
    pub(super) fn called(&self, path: &str) -> String {
        self.origin.join(&format!("{}{path}", self.proxy_path))
    }
}

/// Address from Posten, reduced to path and query. It is opaque: Posten's paths are not part of its
/// API contract.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the stored path. The origin is not stored, so a stored address cannot lead to another
/// host.
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

/// Reason why a configured or stored value is invalid.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PostenError {
    /// Neither empty nor a path such as `/posten`.
    #[error("the path at the proxy is not a path such as /posten")]
    ProxyPath,
    /// Text that is not a path.
    #[error("the address is not a path")]
    Address,
}
