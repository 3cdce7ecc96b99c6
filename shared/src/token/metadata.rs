//! Maskinporten's metadata, kept for the life of an instance.

use std::cell::RefCell;
use std::time::Duration;

use super::mint::MASKINPORTEN;
use crate::config::Origin;
use crate::context::Context;
use crate::maskinporten::{Metadata, MetadataError};
use crate::outbound::{self, Call, Repeat};
use crate::platform::Platform;
use crate::problem::Problem;

/// A token must not wait long for a document that hardly ever changes.
const METADATA: Call = Call {
    timeout: Duration::from_millis(1500),
    repeat: Repeat::Never,
    ..MASKINPORTEN
};

/// How long the document is used, and how long a failure to get it is remembered.
const FRESH: Duration = Duration::from_hours(12);
const FAILED: Duration = Duration::from_secs(30);

/// The document, or in its place the last one or the documented addresses.
#[derive(Debug)]
pub(super) struct KeptMetadata {
    origin: Origin,
    /// With the time to ask again.
    kept: RefCell<Option<(Metadata, Duration)>>,
}

impl KeptMetadata {
    pub(super) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            kept: RefCell::new(None),
        }
    }

    /// Whether it has to be asked for.
    pub(super) fn is_cold(&self, platform: &impl Platform) -> bool {
        let kept = self.kept.borrow();
        kept.as_ref()
            .is_none_or(|(_, until)| *until <= platform.uptime())
    }

    /// What is kept, asked for first where that is due. Somebody else's document is a problem.
    pub(super) async fn get<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<Metadata, Problem> {
        let now = context.platform.uptime();
        let known = self.kept.borrow().clone();
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
        *self.kept.borrow_mut() = Some((metadata.clone(), until));
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
