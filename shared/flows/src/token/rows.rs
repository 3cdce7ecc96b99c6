//! Tokens in the store, shared by all instances and hosts.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::TokenConfig;
use super::cache::Token;
use super::request::TokenRequest;
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_protocols::maskinporten::Client;
use innsyn_runtime::store::{Name, Store};

/// Name of the store of the token component.
const STORE: &str = "tokens";

/// Identity of a token: its cache key. Compared by value, also after it was read from the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Identity {
    pub(super) environment: String,
    pub(super) consumer: String,
    pub(super) client_id: String,
    /// Identifiers of all keys of the client, so that a roll-over starts anew and either key may
    /// have signed.
    pub(super) keys: Vec<String>,
    #[serde(rename = "ask")]
    pub(super) token_request: TokenRequest,
}

impl Identity {
    /// Serialises the whole identity, for the name of its row.
    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Stored form of a token.
#[derive(Deserialize, Serialize)]
struct Row {
    identity: Identity,
    access_token: String,
    scope: String,
    /// Time at which the token was obtained, in Unix seconds.
    obtained: i64,
    expires: i64,
}

/// Time for which a failed store is not used. Waiting for it at each step would take a request's
/// whole time.
const REST: Duration = Duration::from_secs(5);

/// Store of tokens. Its failure costs a mint, not the request.
#[derive(Debug)]
pub(super) struct Rows {
    store: Store,
    /// End of the pause after a failure, on the platform's clock.
    rests_until: Cell<Duration>,
}

impl Rows {
    /// Creates the store from the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self {
            store: Store::new(STORE, config.environment, &config.store_keys),
            rests_until: Cell::default(),
        }
    }

    /// Returns the store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the token that this instance or another one stored.
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

    /// Stores a token until it expires.
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
        let cache = self.store.set(context, &name, &row, token.expires).await;
        if let Err(problem) = cache {
            self.failed(context, &problem);
        }
    }

    /// Deletes a token that must not be used any more, even during the pause after a failure.
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
        context.log(&Event::from_problem("store", problem));
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
