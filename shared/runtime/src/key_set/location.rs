//! Location of a key set.

use http::StatusCode;
use serde::Deserialize;

use super::get;
use crate::outbound::{self, Endpoint};
use innsyn_core::context::Context;
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Platform, Response};
use innsyn_core::problem::Problem;
use innsyn_protocols::jose::without_byte_order_mark;

/// Path of the metadata document (RFC 8414 §3).
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Location of a key set.
#[derive(Clone, Debug)]
pub enum KeySetLocation {
    /// Configured address of the keys.
    Address(String),
    /// Address named by the origin's metadata document.
    Metadata {
        /// Origin of the metadata document, and of the keys: trust rests on TLS with the one
        /// configured address.
        origin: Origin,
        /// Documented path, used when the metadata document is unavailable.
        documented: &'static str,
    },
}

impl KeySetLocation {
    /// Returns the address that identifies this location.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Address(address) => address.clone(),
            Self::Metadata { origin, .. } => origin.join(METADATA),
        }
    }

    pub(super) async fn address<P: Platform>(
        &self,
        context: &Context<'_, P>,
        endpoint: &Endpoint,
    ) -> Result<String, Problem> {
        let (origin, documented) = match self {
            Self::Address(address) => return Ok(address.clone()),
            Self::Metadata { origin, documented } => (origin, documented),
        };
        let document = outbound::send(context, endpoint, &get(&origin.join(METADATA))?).await?;
        match keys(&document) {
            Some(address) if origin.owns(&address) => Ok(address),
            Some(_) => Err(outbound::unreadable(
                endpoint.counterparty,
                "the metadata's jwks_uri is at another origin",
            )),
            None => Ok(origin.join(documented)),
        }
    }
}

fn keys(document: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Document {
        jwks_uri: String,
    }
    if document.status() != StatusCode::OK {
        return None;
    }
    let document: Document =
        serde_json::from_slice(without_byte_order_mark(document.body())).ok()?;
    Some(document.jwks_uri)
}
