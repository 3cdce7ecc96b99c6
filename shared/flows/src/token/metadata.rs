//! Cache of Maskinporten's metadata document, for the lifetime of an instance.

use std::cell::RefCell;
use std::time::Duration;

use innsyn_core::context::Context;
use innsyn_core::origin::Origin;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::maskinporten::{Metadata, MetadataError};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy of the token endpoint: each attempt carries a grant of its own, so it may be
/// repeated.
pub(super) const MASKINPORTEN: Endpoint = Endpoint {
    counterparty: "maskinporten",
    timeout: Duration::from_secs(4),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnUnavailable(3),
};

/// Endpoint policy of the metadata: a token must not wait long for a document that rarely changes.
const METADATA: Endpoint = Endpoint {
    timeout: Duration::from_millis(1500),
    retry: RetryPolicy::Never,
    ..MASKINPORTEN
};

/// Time-to-live of the document, and of a failure to fetch it.
const FRESH: Duration = Duration::from_hours(12);
const FAILED: Duration = Duration::from_secs(30);

/// Cached document, or in its place the last one or the documented addresses.
#[derive(Debug)]
pub(super) struct MetadataCache {
    origin: Origin,
    /// Document with the time of the next fetch.
    cache: RefCell<Option<(Metadata, Duration)>>,
}

impl MetadataCache {
    pub(super) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            cache: RefCell::new(None),
        }
    }

    /// Returns whether the document must be fetched.
    pub(super) fn is_cold(&self, platform: &impl Platform) -> bool {
        let cached = self.cache.borrow();
        cached
            .as_ref()
            .is_none_or(|(_, until)| *until <= platform.uptime())
    }

    /// Returns the cached document, after fetching it if that is due. A document of another issuer
    /// is a problem.
    pub(super) async fn get<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<Metadata, Problem> {
        let now = context.platform.uptime();
        let known = self.cache.borrow().clone();
        if let Some((metadata, until)) = &known
            && now < *until
        {
            return Ok(metadata.clone());
        }
        let (metadata, fresh) = match self.fetch(context).await {
            Ok(metadata) => (metadata, FRESH),
            Err(MetadataError::Unreadable) => {
                let last = known.map(|(metadata, _)| metadata);
                (
                    last.unwrap_or_else(|| Metadata::documented(&self.origin)),
                    FAILED,
                )
            }
            Err(error) => return Err(outbound::unreadable(METADATA.counterparty, error)),
        };
        let until = context.platform.uptime().saturating_add(fresh);
        *self.cache.borrow_mut() = Some((metadata.clone(), until));
        Ok(metadata)
    }

    async fn fetch<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<Metadata, MetadataError> {
        let request = Metadata::request(&self.origin)?;
        let answer = outbound::send(context, &METADATA, &request).await;
        Metadata::read(
            &answer.map_err(|_| MetadataError::Unreadable)?,
            &self.origin,
        )
    }
}
