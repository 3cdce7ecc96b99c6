//! The tokens in the store, which all instances and hosts share.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ask::Ask;
use super::kept::Token;
use crate::config::TokenConfig;
use crate::context::Context;
use crate::log::Event;
use crate::maskinporten::Client;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::store::{Name, Store};

/// The store of the token component.
const STORE: &str = "tokens";

/// Everything that tells two tokens apart. Compared by value, also after it was read from the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Identity {
    pub(super) environment: String,
    pub(super) consumer: String,
    pub(super) client_id: String,
    /// All of the client's, so that a roll-over begins anew and either key may have signed.
    pub(super) keys: Vec<String>,
    pub(super) ask: Ask,
}

impl Identity {
    /// All of it, for the name of its row.
    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
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

/// How long a store that failed is left alone. Waiting for it at each step would take a request's whole time.
const REST: Duration = Duration::from_secs(5);

/// The store of tokens. When it fails, that costs a mint, not the request.
#[derive(Debug)]
pub(super) struct Rows {
    store: Store,
    /// By the platform's clock.
    rests_until: Cell<Duration>,
}

impl Rows {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            store: Store::new(STORE, config.environment, &config.store_keys),
            rests_until: Cell::default(),
        }
    }

    /// The store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// The token that this instance or another one kept.
    pub(super) async fn get<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) -> Option<Token> {
        if self.rests(context) {
            return None;
        }
        let text = identity.text();
        let parts = [text.as_str()];
        let name = name(client, identity, &parts);
        let row: Option<Row> = match self.store.get(context, &name).await {
            Ok(row) => row,
            Err(problem) => {
                self.failed(context, &problem);
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

    /// Keeps a token until it ends.
    pub(super) async fn put<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
        token: &Token,
    ) {
        if self.rests(context) {
            return;
        }
        let row = Row {
            identity: identity.clone(),
            access_token: token.value.expose().clone(),
            scope: token.scope.clone(),
            obtained: token.obtained.unix_timestamp(),
            expires: token.expires.unix_timestamp(),
        };
        let text = identity.text();
        let parts = [text.as_str()];
        let name = name(client, identity, &parts);
        let kept = self.store.set(context, &name, &row, token.expires).await;
        if let Err(problem) = kept {
            self.failed(context, &problem);
        }
    }

    /// Removes a token that shall not be used any more, also where the store should rest.
    pub(super) async fn delete<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) {
        let text = identity.text();
        let parts = [text.as_str()];
        let name = name(client, identity, &parts);
        if let Err(problem) = self.store.delete(context, &name).await {
            self.failed(context, &problem);
        }
    }

    fn rests<P: Platform>(&self, context: &Context<'_, P>) -> bool {
        context.platform.uptime() < self.rests_until.get()
    }

    fn failed<P: Platform>(&self, context: &Context<'_, P>, problem: &Problem) {
        context.log(&Event::of("store", problem));
        let until = context.platform.uptime().saturating_add(REST);
        self.rests_until.set(until);
    }
}

fn name<'a>(client: &'a Client, identity: &Identity, parts: &'a [&'a str]) -> Name<'a> {
    let mut consumers = client.consumers.iter();
    let consumer = consumers.find(|consumer| consumer.as_str() == identity.consumer);
    Name {
        consumer: consumer.unwrap_or(&client.organisation),
        kind: "token",
        parts,
    }
}
