//! Issuer of tokens: one token for each identity, minted as seldom as possible.

use std::cell::{Cell, OnceCell, RefCell};
use std::time::Duration;

use super::TokenConfig;
use super::cache::{Source, Token, TokenCache};
use super::mint::{MintError, TokenMinter};
use super::request::TokenRequest;
use super::rows::{Identity, Rows};
use super::wire::OAuthError;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::single_flight::SingleFlight;
use innsyn_protocols::maskinporten::Client;
use innsyn_runtime::store::Store;

/// Time for which a refusal that a retry would not change is remembered.
const REFUSED: Duration = Duration::from_secs(10);

/// Maximum time to obtain a new token, with all attempts. It is shorter than a request's, so that
/// the last token can still be returned when Maskinporten fails, and the waiters for the same token
/// can be answered.
const MINT: Duration = Duration::from_secs(7);

/// Maximum time that a caller waits for the renewal of a token that is still valid.
const AHEAD: Duration = Duration::from_secs(2);

/// Back-off after a failed renewal, while the token is still valid.
const PAUSE: Duration = Duration::from_secs(5);

/// Maximum number of refusals that are remembered.
const MOST_REFUSED: usize = 256;

/// Issuer that mints and caches tokens. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Issuer {
    environment: Environment,
    clients: Vec<Client>,
    minter: TokenMinter,
    rows: Rows,
    cache: TokenCache<Identity>,
    refused: RefCell<Vec<(Identity, OAuthError, Duration)>>,
    in_flight: SingleFlight<Identity, Result<Token, OAuthError>>,
    /// Failed renewals, with the end of the back-off.
    paused: RefCell<Vec<(Identity, Duration)>>,
    /// Jitter: position of this instance in the renewal window, 0 to 255.
    jitter: OnceCell<u8>,
}

impl Issuer {
    /// Creates the issuer from the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            environment: config.environment,
            clients: config.clients.clone(),
            minter: TokenMinter::new(config),
            rows: Rows::new(config),
            cache: TokenCache::new(),
            refused: RefCell::new(Vec::new()),
            in_flight: SingleFlight::new(Duration::from_secs(10)),
            paused: RefCell::new(Vec::new()),
            jitter: OnceCell::new(),
        }
    }

    /// Returns the store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        self.rows.store()
    }

    /// Returns a token of `consumer` for `ask`: from memory, else from the store, else a new one.
    /// With `skip_cache` always a new one, because the last one was refused.
    pub(super) async fn obtain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        token_request: &TokenRequest,
        skip_cache: bool,
    ) -> Result<Token, OAuthError> {
        let mut clients = self.clients.iter();
        let client = clients.find(|client| client.serves(consumer));
        let client = client.ok_or_else(|| {
            Problem::new(Kind::ConfigurationMissing)
                .cause(format_args!("there is no client for {consumer}"))
        })?;
        let identity = Identity {
            environment: self.environment.as_str().to_owned(),
            consumer: consumer.as_str().to_owned(),
            client_id: client.client_id.clone(),
            keys: client.key_identifiers(),
            token_request: of_consumer(client, consumer, token_request)?,
        };
        let start = context.now();
        loop {
            if !skip_cache && let Some(token) = self.fresh(context, &identity) {
                return self.ahead(context, client, &identity, token).await;
            }
            if let Some(refusal) = self.refusal(context, &identity) {
                return Err(refusal);
            }
            // A request that takes over finds the result of the one before it, if any.
            let waited = Cell::new(true);
            let lead = async || {
                waited.set(false);
                self.lead(context, client, &identity, skip_cache).await
            };
            let token = self
                .in_flight
                .join(context.platform, &identity, lead)
                .await?;
            // An earlier in-flight request may have returned the very token that was refused.
            if !skip_cache || token.obtained >= start {
                if waited.get() {
                    Source::Memory.tell(context);
                }
                return Ok(token);
            }
        }
    }

    /// Returns a valid token, or its successor when renewal is due.
    ///
    /// A single request of an instance renews the token and waits for it; the others get the valid
    /// one meanwhile. Instances begin at different times and read the store first, so that the first
    /// one serves all.
    async fn ahead<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        token: Token,
    ) -> Result<Token, OAuthError> {
        let jitter = self.jitter(context.platform);
        if !token.is_refresh_due(context.now(), jitter)
            || self.is_paused(context, identity)
            || self.in_flight.is_in_flight(context.platform, identity)
        {
            Source::Memory.tell(context);
            return Ok(token);
        }
        let soon = context.within(AHEAD);
        let renew = async || self.renew(&soon, client, identity, &token).await;
        match self.in_flight.lead(&soon, identity, renew).await {
            Some(Ok(newer)) => Ok(newer),
            Some(Err(refusal)) if is_withdrawn(&refusal) => {
                self.cache.drop(identity, &token);
                self.rows.delete(context, client, identity).await;
                Err(refusal)
            }
            failed => {
                let refusal = failed.and_then(Result::err);
                let cause = refusal.and_then(|refusal| refusal.problem.cause);
                let cause = cause.unwrap_or_else(|| "it took too long".into());
                context.log(&Event::new(Level::Warn, "token", "not-renewed").cause(cause));
                self.pause(context, identity);
                Source::Memory.tell(context);
                Ok(token)
            }
        }
    }

    async fn renew<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        token: &Token,
    ) -> Result<Token, OAuthError> {
        let jitter = self.jitter(context.platform);
        let stored = self.rows.get(context, client, identity).await;
        let newer = stored.filter(|stored| {
            stored.obtained > token.obtained && !stored.is_refresh_due(context.now(), jitter)
        });
        if let Some(newer) = newer {
            self.cache.put(identity, newer.clone(), context.now());
            Source::Store.tell(context);
            return Ok(newer);
        }
        let issued = self
            .minter
            .mint(context, client, &identity.token_request)
            .await;
        let newer = issued.map_err(|failure| {
            if failure.is_persistent && is_withdrawn(&failure.error) {
                self.remember(context, identity, &failure.error);
            }
            failure.error
        })?;
        self.cache.put(identity, newer.clone(), context.now());
        self.rows.put(context, client, identity, &newer).await;
        Ok(newer)
    }

    fn jitter(&self, platform: &impl Platform) -> u8 {
        *self.jitter.get_or_init(|| {
            let mut jitter = [0];
            platform.random(&mut jitter);
            let [jitter] = jitter;
            jitter
        })
    }

    fn is_paused<P: Platform>(&self, context: &Context<'_, P>, identity: &Identity) -> bool {
        let now = context.platform.uptime();
        let mut paused = self.paused.borrow_mut();
        paused.retain(|(_, until)| now < *until);
        paused.iter().any(|(other, _)| other == identity)
    }

    fn pause<P: Platform>(&self, context: &Context<'_, P>, identity: &Identity) {
        let until = context.platform.uptime().saturating_add(PAUSE);
        self.paused.borrow_mut().push((identity.clone(), until));
    }

    fn fresh<P: Platform>(&self, context: &Context<'_, P>, identity: &Identity) -> Option<Token> {
        self.cache
            .get(identity)
            .filter(|token| token.is_fresh(context.now()))
    }

    fn refusal<P: Platform>(
        &self,
        context: &Context<'_, P>,
        identity: &Identity,
    ) -> Option<OAuthError> {
        let now = context.platform.uptime();
        let mut refused = self.refused.borrow_mut();
        refused.retain(|(_, _, until)| now < *until);
        refused
            .iter()
            .find(|(other, _, _)| other == identity)
            .map(|(_, refusal, _)| refusal.clone())
    }

    async fn lead<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        skip_cache: bool,
    ) -> Result<Token, OAuthError> {
        let context = &context.within(MINT);
        // Between the read of the cache and the start of the execution, another request may have
        // stored the token.
        if !skip_cache && let Some(token) = self.fresh(context, identity) {
            Source::Memory.tell(context);
            return Ok(token);
        }
        let mut stale = None;
        if !skip_cache {
            stale = self.last(context, client, identity).await;
            if let Some(token) = self.fresh(context, identity) {
                Source::Store.tell(context);
                return Ok(token);
            }
        }
        if self.minter.metadata().is_cold(context.platform) {
            self.minter.metadata().get(context).await?;
            // Waiting took time: another instance may have been faster.
            if !skip_cache {
                stale = self.last(context, client, identity).await;
                if let Some(token) = self.fresh(context, identity) {
                    Source::Store.tell(context);
                    return Ok(token);
                }
            }
        }
        let MintError {
            error: refusal,
            is_persistent,
        } = match self
            .minter
            .mint(context, client, &identity.token_request)
            .await
        {
            Ok(token) => {
                self.cache.put(identity, token.clone(), context.now());
                self.rows.put(context, client, identity, &token).await;
                return Ok(token);
            }
            Err(failure) => failure,
        };
        if is_persistent {
            self.remember(context, identity, &refusal);
        }
        // A token outlives its permission, but must not be used after that.
        if skip_cache || is_withdrawn(&refusal) {
            return Err(refusal);
        }
        if stale.is_none() {
            stale = self.last(context, client, identity).await;
        }
        let stale = stale.filter(|token| token.is_alive(context.now()));
        stale
            .inspect(|_| {
                context.log(&Event::new(Level::Warn, "token", "served-before-its-end"));
            })
            .ok_or(refusal)
    }

    /// Returns the last token of this instance or another one, fresh or not, and caches it in
    /// memory.
    async fn last<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) -> Option<Token> {
        let cached = self.cache.get(identity);
        if cached
            .as_ref()
            .is_some_and(|token| token.is_fresh(context.now()))
        {
            return cached;
        }
        let Some(token) = self.rows.get(context, client, identity).await else {
            return cached;
        };
        self.cache.put(identity, token.clone(), context.now());
        Some(token)
    }

    fn remember<P: Platform>(
        &self,
        context: &Context<'_, P>,
        identity: &Identity,
        refusal: &OAuthError,
    ) {
        let mut refused = self.refused.borrow_mut();
        if refused.len() < MOST_REFUSED {
            refused.push((
                identity.clone(),
                refusal.clone(),
                context.platform.uptime().saturating_add(REFUSED),
            ));
        }
    }
}

/// Returns the request as sent to Maskinporten: with the consumer of the verified credential, if
/// the client is its supplier's. A supplier's right from one consumer must not be used for another.
fn of_consumer(
    client: &Client,
    consumer: &OrganisationNumber,
    token_request: &TokenRequest,
) -> Result<TokenRequest, OAuthError> {
    if client.organisation == *consumer {
        return Ok(token_request.clone());
    }
    let asked = token_request.consumer_org_text();
    if asked.is_some_and(|asked| asked != consumer.as_str()) {
        let problem = Problem::new(Kind::RequestInvalid);
        let problem = problem.detail("consumer_org must be the consumer: its supplier's client requests tokens for no other organisation");
        return Err(problem.into());
    }
    Ok(token_request.clone().consumer_org(consumer))
}

/// Returns whether the party's permission has ended: MP-303, of a consent or of a system user.
fn is_withdrawn(refusal: &OAuthError) -> bool {
    matches!(
        refusal.problem.kind,
        Kind::ConsentRequired | Kind::SystemUserRefused
    )
}
