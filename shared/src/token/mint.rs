//! One new token from Maskinporten.

use std::cell::RefCell;
use std::time::Duration;

use http::StatusCode;

use super::ask::Ask;
use super::kept::Token;
use super::wire::OAuthError;
use crate::config::Origin;
use crate::context::{Context, uuid};
use crate::log::{Event, Level};
use crate::maskinporten::{self, Class, Client, Grant, Metadata, MetadataError};
use crate::outbound::{self, Call, Repeat};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};

/// Each attempt carries a grant of its own, so it may be made again.
const MASKINPORTEN: Call = Call {
    counterparty: "maskinporten",
    timeout: Duration::from_secs(4),
    max_body: 64 * 1024,
    repeat: Repeat::Idempotent(3),
};

/// A token must not wait long for a document that hardly ever changes.
const METADATA: Call = Call {
    timeout: Duration::from_millis(1500),
    repeat: Repeat::Never,
    ..MASKINPORTEN
};

/// How long the metadata is used, and how long a failure to get it is remembered.
const METADATA_FRESH: Duration = Duration::from_hours(12);
const METADATA_FAILED: Duration = Duration::from_secs(30);

/// The details that a consent stands in (Altinn 3).
const CONSENT: &str = "urn:altinn:consent";

/// Asks one Maskinporten.
#[derive(Debug)]
pub(super) struct Mint {
    origin: Origin,
    /// The document, or the documented addresses, and when to ask again.
    metadata: RefCell<Option<(Metadata, Duration)>>,
}

impl Mint {
    pub(super) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            metadata: RefCell::new(None),
        }
    }

    /// A new token, or why there is none and whether asking again soon is of no use.
    pub(super) async fn mint<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        ask: &Ask,
    ) -> Result<Token, (OAuthError, bool)> {
        let metadata = self
            .metadata(context)
            .await
            .map_err(|problem| (problem.into(), false))?;
        let mut end = grant(context, client, &metadata, ask).await;
        if let Err(Failure::Refused(refusal)) = &end
            && refusal.class == Class::Stale
        {
            context.log(&Event::new(Level::Warn, "token", "signed-anew").cause(refusal));
            end = grant(context, client, &metadata, ask).await;
        }
        end.map_err(|failure| failure.told(ask))
    }

    /// Whether the next mint has to ask for the metadata first.
    pub(super) fn is_cold(&self, platform: &impl Platform) -> bool {
        let metadata = self.metadata.borrow();
        metadata
            .as_ref()
            .is_none_or(|(_, until)| *until <= platform.uptime())
    }

    /// Asks for the metadata, so that the next mint need not.
    pub(super) async fn warm<P: Platform>(&self, context: &Context<'_, P>) -> Result<(), Problem> {
        self.metadata(context).await.map(drop)
    }

    async fn metadata<P: Platform>(&self, context: &Context<'_, P>) -> Result<Metadata, Problem> {
        let now = context.platform.uptime();
        let known = self.metadata.borrow().clone();
        if let Some((metadata, until)) = &known
            && now < *until
        {
            return Ok(metadata.clone());
        }
        let (metadata, fresh) = match self.fetch(context).await {
            Ok(metadata) => (metadata, METADATA_FRESH),
            Err(MetadataError::Unreadable) => {
                let last = known.map(|(metadata, _)| metadata);
                (
                    last.unwrap_or_else(|| Metadata::documented(&self.origin)),
                    METADATA_FAILED,
                )
            }
            Err(error) => return Err(outbound::unreadable(MASKINPORTEN.counterparty, error)),
        };
        *self.metadata.borrow_mut() = Some((metadata.clone(), context.platform.uptime() + fresh));
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

enum Failure {
    /// Maskinporten said no.
    Refused(Box<maskinporten::Refusal>),
    /// Nobody answered, or we could not ask.
    Silent(Problem),
}

async fn grant<P: Platform>(
    context: &Context<'_, P>,
    client: &Client,
    metadata: &Metadata,
    ask: &Ask,
) -> Result<Token, Failure> {
    let scope = ask.scope();
    let make = || {
        let grant = Grant {
            client,
            metadata,
            scope: &scope,
            resource: ask.resource_text(),
            authorization_details: ask.details(),
            issued_at: context.now(),
            id: uuid(context.platform),
        };
        grant
            .request()
            .map_err(|error| Problem::new(Kind::Internal).cause(error))
    };
    let answer = outbound::send_anew(context, &MASKINPORTEN, make)
        .await
        .map_err(Failure::Silent)?;
    let now = context.now();
    let minted = maskinporten::read(&answer, &scope, now).map_err(Failure::Refused)?;
    let consent = ask.details_type().as_deref() == Some(CONSENT);
    Ok(Token::new(
        minted.access_token,
        minted.scope,
        now,
        minted.lifetime,
        consent,
    ))
}

impl Failure {
    /// What the caller is told, and whether it will be the same for a while.
    fn told(self, ask: &Ask) -> (OAuthError, bool) {
        let refusal = match self {
            Self::Silent(problem) => return (problem.into(), false),
            Self::Refused(refusal) => refusal,
        };
        let consent = ask.details_type().as_deref() == Some(CONSENT);
        let (kind, hard) = match refusal.class {
            Class::Transient if refusal.status == StatusCode::TOO_MANY_REQUESTS => {
                (Kind::TooManyCalls, false)
            }
            Class::Transient => (Kind::SourceDown, false),
            Class::Unreadable => (Kind::SourceUnreadable, false),
            Class::Stale => (Kind::SourceRefused, false),
            // The consent was withdrawn, has run out, or is not the one that was asked for.
            Class::Authorization if consent && refusal.code.as_deref() == Some("MP-303") => {
                (Kind::ConsentRequired, true)
            }
            Class::Authorization | Class::Credential | Class::Programming => {
                (Kind::SourceRefused, true)
            }
        };
        let mut problem = Problem::new(kind).cause(&refusal);
        problem.detail = refusal
            .description
            .as_ref()
            .map(|text| text.as_str().to_owned());
        problem.retry_after = refusal.retry_after;
        problem.source_code = refusal.code;
        problem.source_correlation_id = refusal.trace_id;
        let mut told = OAuthError::from(problem);
        // OAuth's own word and status are passed on, so that a back end sees what Maskinporten said.
        if let Some(error) = refusal.error.filter(|_| refusal.status.is_client_error()) {
            told.error = error.into();
            told.status = refusal.status;
        }
        told.uri = refusal.uri;
        (told, hard)
    }
}
