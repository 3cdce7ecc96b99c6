//! One new token from Maskinporten.

use std::time::Duration;

use super::ask::Ask;
use super::kept::{Source, Token};
use super::keys::KeyChoice;
use super::metadata::KeptMetadata;
use super::wire::OAuthError;
use crate::config::TokenConfig;
use crate::context::{Context, uuid};
use crate::log::{Event, Level};
use crate::maskinporten::{self, Class, Client, Grant, GrantError, Key, Metadata, Refusal, Signer};
use crate::outbound::{self, Call, Repeat};
use crate::platform::{Platform, Request};
use crate::problem::{Kind, Problem};
use crate::vault::Vault;

/// Each attempt carries a grant of its own, so it may be made again.
pub(super) const MASKINPORTEN: Call = Call {
    counterparty: "maskinporten",
    timeout: Duration::from_secs(4),
    max_body: 64 * 1024,
    repeat: Repeat::Unavailable(3),
};

/// Clocks that are further apart than this, in seconds, are told: at ten Maskinporten refuses.
const DRIFT: u64 = 5;

/// Asks one Maskinporten.
#[derive(Debug)]
pub(super) struct Mint {
    vault: Option<Vault>,
    metadata: KeptMetadata,
    keys: KeyChoice,
}

/// What a token is asked for, by whom and where.
struct Wanted<'a> {
    client: &'a Client,
    ask: &'a Ask,
    metadata: &'a Metadata,
}

/// Why there is no token.
enum Failure {
    /// Maskinporten said no.
    Refused(Box<Refusal>),
    /// The grant could not be signed.
    Unsigned(Problem),
    /// Nobody answered, or we could not ask.
    Silent(Problem),
}

impl Failure {
    /// Whether another key of the client may do better.
    fn blames_key(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.class == Class::Key,
            Self::Unsigned(_) => true,
            Self::Silent(_) => false,
        }
    }
}

impl Mint {
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            vault: config.vault.clone().map(Vault::new),
            metadata: KeptMetadata::new(config.maskinporten.clone()),
            keys: KeyChoice::default(),
        }
    }

    /// Where Maskinporten is.
    pub(super) const fn metadata(&self) -> &KeptMetadata {
        &self.metadata
    }

    /// A new token, or why there is none and whether asking again soon is of no use.
    ///
    /// A key that Maskinporten does not take, or not yet, is passed over for the client's other one.
    pub(super) async fn mint<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        ask: &Ask,
    ) -> Result<Token, (OAuthError, bool)> {
        let metadata = self.metadata.get(context).await;
        let wanted = Wanted {
            client,
            ask,
            metadata: &metadata.map_err(|problem| (problem.into(), false))?,
        };
        let mut first = None;
        for key in self.keys.in_order(context.platform, client) {
            match self.grant_twice(context, &wanted, key).await {
                Ok(token) => {
                    self.keys.worked(context.platform, client, key);
                    Source::Minted.tell(context);
                    return Ok(token);
                }
                Err(failure) if failure.blames_key() => {
                    context.log(&passed_over(key, &failure));
                    first.get_or_insert(failure);
                }
                Err(failure) => return Err(failure.told(ask)),
            }
        }
        let none = || Failure::Silent(Problem::new(Kind::Internal).cause("the client has no key"));
        Err(first.unwrap_or_else(none).told(ask))
    }

    /// A grant that was used, or came out of its time, is signed anew once.
    async fn grant_twice<P: Platform>(
        &self,
        context: &Context<'_, P>,
        wanted: &Wanted<'_>,
        key: &Key,
    ) -> Result<Token, Failure> {
        let end = self.grant(context, wanted, key).await;
        let Err(Failure::Refused(refusal)) = &end else {
            return end;
        };
        if refusal.class != Class::Stale {
            return end;
        }
        context.log(&Event::new(Level::Warn, "token", "signed-anew").cause(refusal));
        self.grant(context, wanted, key).await
    }

    async fn grant<P: Platform>(
        &self,
        context: &Context<'_, P>,
        wanted: &Wanted<'_>,
        key: &Key,
    ) -> Result<Token, Failure> {
        let mut unsigned = None;
        let make = async || {
            let request = self.signed(context, wanted, key).await;
            request.inspect_err(|problem| unsigned = Some(problem.clone()))
        };
        let end = outbound::send_anew(context, &MASKINPORTEN, make).await;
        let answer = match (end, unsigned) {
            (Ok(answer), _) => answer,
            (Err(_), Some(problem)) => return Err(Failure::Unsigned(problem)),
            (Err(problem), None) => return Err(Failure::Silent(problem)),
        };
        let now = context.now();
        if let Some(drift) = maskinporten::drift(&answer, now)
            && drift.unsigned_abs() > DRIFT
        {
            let cause = format!("this machine's clock minus Maskinporten's: {drift} s");
            context.log(&Event::new(Level::Warn, "clock", "skewed").cause(cause));
        }
        let minted =
            maskinporten::read(&answer, &wanted.ask.scope(), now).map_err(Failure::Refused)?;
        Ok(Token::new(
            minted.access_token,
            minted.scope,
            now,
            minted.lifetime,
            wanted.ask.rests_on_permission(),
        ))
    }

    /// A request with a grant of its own, signed now.
    async fn signed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        wanted: &Wanted<'_>,
        key: &Key,
    ) -> Result<Request, Problem> {
        let Wanted {
            client,
            ask,
            metadata,
        } = wanted;
        let internal = |error: GrantError| Problem::new(Kind::Internal).cause(error);
        let details = ask.details().map(super::Details::to_json);
        let grant = Grant {
            client_id: &client.client_id,
            key,
            metadata,
            scope: &ask.scope(),
            consumer_org: ask.consumer_org_text(),
            pid: ask.pid_text(),
            resource: ask.resource_text(),
            authorization_details: details.as_deref(),
            issued_at: context.now(),
            id: uuid(context.platform),
        };
        let input = grant.signing_input().map_err(internal)?;
        let signature = match (&key.signer, &self.vault) {
            (Signer::Here(rsa), _) => rsa
                .sign(key.algorithm, input.as_bytes())
                .ok_or_else(|| internal(GrantError::Signature))?,
            (Signer::Vault(name), Some(vault)) => {
                let message = input.as_bytes();
                vault.sign(context, name, key.algorithm, message).await?
            }
            (Signer::Vault(_), None) => return Err(internal(GrantError::Signature)),
        };
        maskinporten::request(metadata, &input, &signature).map_err(internal)
    }
}

/// A key that did not do is told, whether or not the other one then does.
fn passed_over(key: &Key, failure: &Failure) -> Event {
    let name = key.identifier.name();
    let event = Event::new(Level::Warn, "token", "key-passed-over");
    match failure {
        Failure::Refused(refusal) => event.cause(format_args!("{name}: {refusal}")),
        Failure::Unsigned(problem) | Failure::Silent(problem) => {
            let cause = problem.cause.as_deref().unwrap_or_default();
            event.cause(format_args!("{name}: {cause}"))
        }
    }
}

impl Failure {
    /// What the caller is told, and whether it will be the same for a while.
    fn told(self, ask: &Ask) -> (OAuthError, bool) {
        let refusal = match self {
            Self::Silent(problem) | Self::Unsigned(problem) => return (problem.into(), false),
            Self::Refused(refusal) => refusal,
        };
        let hard = matches!(
            refusal.class,
            Class::Authorization | Class::Client | Class::Key | Class::Programming
        );
        // The consent was withdrawn, has run out, or is not the one that was asked for.
        let kind = match refusal.kind {
            Kind::SystemUserRefused if ask.rests_on_consent() => Kind::ConsentRequired,
            kind => kind,
        };
        let mut problem = Problem::new(kind).cause(&refusal);
        problem.advice = refusal.advice().map(String::into_boxed_str);
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
