//! The tokens in the store, which all instances and hosts share.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ask::Ask;
use super::kept::Token;
use crate::config::TokenConfig;
use crate::context::Context;
use crate::log::Event;
use crate::maskinporten::Client;
use crate::platform::Platform;
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

/// The store of tokens. When it fails, that costs a mint, not the request.
#[derive(Debug)]
pub(super) struct Rows(Store);

impl Rows {
    /// With the settings of the token component.
    pub(super) fn new(config: &TokenConfig) -> Self {
        Self(Store::new(STORE, config.environment, &config.store_keys))
    }

    /// The store, for its sweep.
    pub(super) const fn store(&self) -> &Store {
        &self.0
    }

    /// The token that this instance or another one kept.
    pub(super) async fn get<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) -> Option<Token> {
        let text = identity.text();
        let parts = [text.as_str()];
        let row: Option<Row> = match self.0.get(context, &name(client, identity, &parts)).await {
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

    /// Keeps a token until it ends.
    pub(super) async fn put<P: Platform>(
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
        let kept = self
            .0
            .set(
                context,
                &name(client, identity, &parts),
                &row,
                token.expires,
            )
            .await;
        if let Err(problem) = kept {
            context.log(&Event::of("store", &problem));
        }
    }

    /// Removes a token that shall not be used any more.
    pub(super) async fn delete<P: Platform>(
        &self,
        context: &Context<'_, P>,
        client: &Client,
        identity: &Identity,
    ) {
        let text = identity.text();
        let parts = [text.as_str()];
        if let Err(problem) = self
            .0
            .delete(context, &name(client, identity, &parts))
            .await
        {
            context.log(&Event::of("store", &problem));
        }
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
