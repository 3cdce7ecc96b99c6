//! What the token component does: one token for each identity, minted as seldom as possible.

use std::cell::RefCell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ask::Ask;
use super::kept::{Kept, Token};
use super::mint::Mint;
use super::wire::OAuthError;
use crate::config::TokenConfig;
use crate::context::Context;
use crate::flight::Flights;
use crate::log::{Event, Level};
use crate::maskinporten::Client;
use crate::party::{Environment, OrganisationNumber};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;
use crate::store::{Name, Store};

/// The store of the token component.
const STORE: &str = "tokens";

/// How long a refusal is remembered that asking again would not change.
const REFUSED: Duration = Duration::from_secs(10);

/// More refusals than this are not remembered.
const MOST_REFUSED: usize = 256;

/// Everything that tells two tokens apart. Compared by value, also after it was read from the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Identity {
    environment: String,
    consumer: String,
    client_id: String,
    key: String,
    ask: Ask,
}

impl Identity {
    /// All of it, for the name of its row.
    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Mints and keeps tokens. Lives as long as the instance.
#[derive(Debug)]
pub(super) struct Issuer {
    environment: Environment,
    clients: Vec<Client>,
    mint: Mint,
    store: Store,
    kept: Kept<Identity>,
    refused: RefCell<Vec<(Identity, OAuthError, Duration)>>,
    flights: Flights<Identity, Result<Token, OAuthError>>,
}

/// A token as it lies in the store.
#[derive(Deserialize, Serialize)]
struct Row {
    identity: Identity,
    access_token: String,
    scope: String,
    /// Unix seconds.
    obtained: i64,
    expires: i64,
}

impl Issuer {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            environment: config.environment,
            clients: config.clients.clone(),
            mint: Mint::new(config.maskinporten.clone()),
            store: Store::new(STORE, config.environment, &config.store_keys),
            kept: Kept::new(),
            refused: RefCell::new(Vec::new()),
            flights: Flights::new(Duration::from_secs(10)),
        }
    }

    /// The store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        &self.store
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
        let client = self
            .clients
            .iter()
            .find(|client| client.organisation == *consumer);
        let client = client.ok_or_else(|| {
            Problem::new(Kind::ConfigurationMissing)
                .cause(format_args!("there is no client for {consumer}"))
        })?;
        let identity = Identity {
            environment: self.environment.as_str().to_owned(),
            consumer: consumer.as_str().to_owned(),
            client_id: client.client_id.clone(),
            key: client.identifier.as_str().to_owned(),
            ask: ask.clone(),
        };
        let start = context.now();
        loop {
            if !skip_cache && let Some(token) = self.fresh(context, &identity) {
                return Ok(token);
            }
            if let Some(refusal) = self.refusal(context, &identity) {
                return Err(refusal);
            }
            // Whoever takes over finds what the one before it may have left.
            let lead = async || self.lead(context, client, &identity, skip_cache).await;
            let token = self.flights.join(context.platform, &identity, lead).await?;
            // A flight that was up before may have brought the very token that was refused.
            if !skip_cache || token.obtained >= start {
                return Ok(token);
            }
        }
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
        let mut spare = None;
        if !skip_cache {
            spare = self.last(context, client, identity).await;
            if let Some(token) = self.fresh(context, identity) {
                return Ok(token);
            }
        }
        if self.mint.is_cold(context.platform) {
            self.mint.warm(context).await?;
            // That took a while: another instance may have been faster.
            if !skip_cache {
                spare = self.last(context, client, identity).await;
                if let Some(token) = self.fresh(context, identity) {
                    return Ok(token);
                }
            }
        }
        let (refusal, hard) = match self.mint.mint(context, client, &identity.ask).await {
            Ok(token) => {
                self.kept.put(identity, token.clone(), context.now());
                self.keep(context, client, identity, &token).await;
                return Ok(token);
            }
            Err(failure) => failure,
        };
        if hard {
            self.remember(context, identity, &refusal);
        }
        // A token outlives the consent that it rests on, but shall not be used after that.
        if skip_cache || refusal.problem.kind == Kind::ConsentRequired {
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
        let Some(token) = self.stored(context, client, identity).await else {
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
                context.platform.uptime() + REFUSED,
            ));
        }
    }

    /// The token that another instance kept. A store that fails costs a mint, not the request.
    async fn stored<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) -> Option<Token> {
        let text = identity.text();
        let parts = [text.as_str()];
        let row: Option<Row> = match self.store.get(context, &name(client, &parts)).await {
            Ok(row) => row,
            Err(problem) => {
                context.log(&Event::of("store", &problem));
                None
            }
        };
        let row = row.filter(|row| row.identity == *identity)?;
        Some(Token {
            value: Secret::new(row.access_token),
            scope: row.scope,
            obtained: OffsetDateTime::from_unix_timestamp(row.obtained).ok()?,
            expires: OffsetDateTime::from_unix_timestamp(row.expires).ok()?,
        })
    }

    async fn keep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        token: &Token,
    ) {
        let row = Row {
            identity: identity.clone(),
            access_token: token.value.expose().clone(),
            scope: token.scope.clone(),
            obtained: token.obtained.unix_timestamp(),
            expires: token.expires.unix_timestamp(),
        };
        let text = identity.text();
        let parts = [text.as_str()];
        if let Err(problem) = self
            .store
            .set(context, &name(client, &parts), &row, token.expires)
            .await
        {
            context.log(&Event::of("store", &problem));
        }
    }
}

fn name<'a>(client: &'a Client, parts: &'a [&'a str]) -> Name<'a> {
    Name {
        consumer: &client.organisation,
        kind: "token",
        parts,
    }
}
