//! Where the keys are.

use http::StatusCode;
use serde::Deserialize;

use super::get;
use crate::config::Origin;
use crate::context::Context;
use crate::outbound::{self, Call};
use crate::platform::{Platform, Response};
use crate::problem::Problem;

/// The path of the metadata document (RFC 8414 §3).
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Where the keys are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At this address.
    Address(String),
    /// Where the metadata document of the origin says.
    Metadata {
        /// Also that of the keys: what one trusts is the TLS of the one address that is configured.
        origin: Origin,
        /// The path that is documented, for when the document cannot be had.
        documented: &'static str,
    },
}

impl Place {
    /// The address that tells this place from others.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Address(address) => address.clone(),
            Self::Metadata { origin, .. } => origin.join(METADATA),
        }
    }

    pub(super) async fn address<P: Platform>(
        &self,
        context: &Context<'_, P>,
        call: &Call,
    ) -> Result<String, Problem> {
        let (origin, documented) = match self {
            Self::Address(address) => return Ok(address.clone()),
            Self::Metadata { origin, documented } => (origin, documented),
        };
        let document = outbound::send(context, call, &get(&origin.join(METADATA))?).await?;
        match keys(&document) {
            Some(address) if origin.owns(&address) => Ok(address),
            Some(_) => Err(outbound::unreadable(
                call.counterparty,
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
    let document: Document = serde_json::from_slice(document.body()).ok()?;
    Some(document.jwks_uri)
}
