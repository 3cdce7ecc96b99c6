//! What the token component does: one token for each identity, minted as seldom as possible.

use std::cell::{Cell, OnceCell, RefCell};
use std::time::Duration;

use super::ask::Ask;
use super::kept::{Kept, Source, Token};
use super::mint::Mint;
use super::rows::{Identity, Rows};
use super::wire::OAuthError;
use crate::config::TokenConfig;
use crate::context::Context;
use crate::flight::Flights;
use crate::log::{Event, Level};
use crate::maskinporten::Client;
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::store::Store;

/// How long a refusal is remembered that asking again would not change.
const REFUSED: Duration = Duration::from_secs(10);

/// How long it may take to get a new token, with all attempts: less than a request has, so that the last
/// one can still be given, and those who wait for the same one can still be answered.
const MINT: Duration = Duration::from_secs(7);

/// How long a caller waits at most for a token to be renewed that is still good.
const AHEAD: Duration = Duration::from_secs(2);

/// How long nobody tries to renew after it failed, while the token is still good.
const PAUSE: Duration = Duration::from_secs(5);

/// More refusals than this are not remembered.
const MOST_REFUSED: usize = 256;

/// Mints and keeps tokens. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Issuer {
    environment: Environment,
    clients: Vec<Client>,
    mint: Mint,
    rows: Rows,
    kept: Kept<Identity>,
    refused: RefCell<Vec<(Identity, OAuthError, Duration)>>,
    flights: Flights<Identity, Result<Token, OAuthError>>,
    /// Renewals that failed, and until when nobody tries again.
    paused: RefCell<Vec<(Identity, Duration)>>,
    /// Where in the time for renewal this instance begins: 0 to 255.
    chance: OnceCell<u8>,
}

impl Issuer {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            environment: config.environment,
            clients: config.clients.clone(),
            mint: Mint::new(config),
            rows: Rows::new(config),
            kept: Kept::new(),
            refused: RefCell::new(Vec::new()),
            flights: Flights::new(Duration::from_secs(10)),
            paused: RefCell::new(Vec::new()),
            chance: OnceCell::new(),
        }
    }

    /// The store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        self.rows.store()
    }

    /// A token of `consumer` for `ask`: from memory, else from the store, else a new one.
    /// With `skip_cache` a new one in any case, because the last one was refused.
    pub(super) async fn obtain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        ask: &Ask,
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
            ask: of_consumer(client, consumer, ask)?,
        };
        let start = context.now();
        loop {
            if !skip_cache && let Some(token) = self.fresh(context, &identity) {
                return self.ahead(context, client, &identity, token).await;
            }
            if let Some(refusal) = self.refusal(context, &identity) {
                return Err(refusal);
            }
            // Whoever takes over finds what the one before it may have left.
            let waited = Cell::new(true);
            let lead = async || {
                waited.set(false);
                self.lead(context, client, &identity, skip_cache).await
            };
            let token = self.flights.join(context.platform, &identity, lead).await?;
            // A flight that was up before may have brought the very token that was refused.
            if !skip_cache || token.obtained >= start {
                if waited.get() {
                    Source::Memory.tell(context);
                }
                return Ok(token);
            }
        }
    }

    /// A token that is good, or the one after it when the time for that has come.
    ///
    /// One request of an instance renews and waits for it; the others are given the good one meanwhile.
    /// Instances begin at different times and look into the store first, so that the first one serves all.
    async fn ahead<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        token: Token,
    ) -> Result<Token, OAuthError> {
        let chance = self.chance(context.platform);
        if !token.is_ripe(context.now(), chance)
            || self.is_paused(context, identity)
            || self.flights.is_aloft(context.platform, identity)
        {
            Source::Memory.tell(context);
            return Ok(token);
        }
        let soon = context.within(AHEAD);
        let renew = async || self.renew(&soon, client, identity, &token).await;
        match self.flights.lead(&soon, identity, renew).await {
            Some(Ok(newer)) => Ok(newer),
            Some(Err(refusal)) if is_withdrawn(&refusal) => {
                self.kept.drop(identity, &token);
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
        let chance = self.chance(context.platform);
        let stored = self.rows.get(context, client, identity).await;
        let newer = stored.filter(|stored| {
            stored.obtained > token.obtained && !stored.is_ripe(context.now(), chance)
        });
        if let Some(newer) = newer {
            self.kept.put(identity, newer.clone(), context.now());
            Source::Store.tell(context);
            return Ok(newer);
        }
        let minted = self.mint.mint(context, client, &identity.ask).await;
        let newer = minted.map_err(|(refusal, hard)| {
            if hard && is_withdrawn(&refusal) {
                self.remember(context, identity, &refusal);
            }
            refusal
        })?;
        self.kept.put(identity, newer.clone(), context.now());
        self.rows.put(context, client, identity, &newer).await;
        Ok(newer)
    }

    fn chance(&self, platform: &impl Platform) -> u8 {
        *self.chance.get_or_init(|| {
            let mut chance = [0];
            platform.random(&mut chance);
            let [chance] = chance;
            chance
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
        self.kept
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
        // Between the look into memory and the lead, another request may have brought it there.
        if !skip_cache && let Some(token) = self.fresh(context, identity) {
            Source::Memory.tell(context);
            return Ok(token);
        }
        let mut spare = None;
        if !skip_cache {
            spare = self.last(context, client, identity).await;
            if let Some(token) = self.fresh(context, identity) {
                Source::Store.tell(context);
                return Ok(token);
            }
        }
        if self.mint.metadata().is_cold(context.platform) {
            self.mint.metadata().get(context).await?;
            // That took a while: another instance may have been faster.
            if !skip_cache {
                spare = self.last(context, client, identity).await;
                if let Some(token) = self.fresh(context, identity) {
                    Source::Store.tell(context);
                    return Ok(token);
                }
            }
        }
        let (refusal, hard) = match self.mint.mint(context, client, &identity.ask).await {
            Ok(token) => {
                self.kept.put(identity, token.clone(), context.now());
                self.rows.put(context, client, identity, &token).await;
                return Ok(token);
            }
            Err(failure) => failure,
        };
        if hard {
            self.remember(context, identity, &refusal);
        }
        // A token outlives what it rests on, but shall not be used after that.
        if skip_cache || is_withdrawn(&refusal) {
            return Err(refusal);
        }
        if spare.is_none() {
            spare = self.last(context, client, identity).await;
        }
        let spare = spare.filter(|token| token.is_alive(context.now()));
        spare
            .inspect(|_| {
                context.log(&Event::new(Level::Warn, "token", "served-before-its-end"));
            })
            .ok_or(refusal)
    }

    /// The last token that this instance or another one had, fresh or not. It is in memory afterwards.
    async fn last<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) -> Option<Token> {
        let kept = self.kept.get(identity);
        if kept
            .as_ref()
            .is_some_and(|token| token.is_fresh(context.now()))
        {
            return kept;
        }
        let Some(token) = self.rows.get(context, client, identity).await else {
            return kept;
        };
        self.kept.put(identity, token.clone(), context.now());
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

/// What Maskinporten is asked: with the consumer of the verified credential, where the client is its supplier's. A
/// supplier's right from one consumer is no other's to use.
fn of_consumer(
    client: &Client,
    consumer: &OrganisationNumber,
    ask: &Ask,
) -> Result<Ask, OAuthError> {
    if client.organisation == *consumer {
        return Ok(ask.clone());
    }
    let asked = ask.consumer_org_text();
    if asked.is_some_and(|asked| asked != consumer.as_str()) {
        let problem = Problem::new(Kind::RequestInvalid);
        let problem = problem.detail("The consumer's own supplier asks in no other's name");
        return Err(problem.into());
    }
    Ok(ask.clone().consumer_org(consumer))
}

/// Whether the party's permission is no more: MP-303, of a consent or of a system user.
fn is_withdrawn(refusal: &OAuthError) -> bool {
    matches!(
        refusal.problem.kind,
        Kind::ConsentRequired | Kind::SystemUserRefused
    )
}
