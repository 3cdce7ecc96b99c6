//! From a grant to a token: the checks, in their order.
//!
//! Assumption: the order is unpublished; this one agrees with all messages that are known.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::Maskinporten;
use super::assertion::Assertion;
use super::claims::{Addressees, Claims};
use super::credential::Credential;
use super::details::Detail;
use super::refusal::Refusal;
use super::register::{Client, Register};
use super::replay::Mark;
use super::token::{Organisation, TokenClaims, TokenResponse};
use crate::altinn::Altinn;
use crate::random::token;

/// How often a token was issued for one client, scope and detail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    /// The client.
    pub client_id: String,
    /// Its scopes, as asked for.
    pub scope: String,
    /// The details as asked for, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<String>,
}

/// How many tokens were issued for each identity.
pub(super) type Minted = BTreeMap<Identity, u64>;

/// What a grant gives.
pub(super) struct Issued {
    pub(super) answer: TokenResponse,
    /// What the journal should say about the grant.
    pub(super) warning: Option<&'static str>,
}

impl Maskinporten {
    /// The token for a grant's assertion.
    pub(super) fn issue(
        &self,
        assertion: &str,
        altinn: &Altinn,
        now: OffsetDateTime,
    ) -> Result<Issued, Refusal> {
        let switches = self.switches();
        let assertion = Assertion::parse(assertion)?;
        let client = self.registered(&assertion.client_id)?;
        let full_chain = switches.require_full_x5c_chain;
        let credential = Credential::select(&assertion, &client, &self.trust, now, full_chain)?;
        let addressees = Addressees {
            issuer: &self.issuer,
            token_endpoint: &self.address_of("token"),
        };
        let claims = Claims::read(
            assertion.verify(&credential.key)?,
            &addressees,
            &switches,
            now,
        )?;
        let mark = Mark::of(&client.id, claims.jti.as_deref(), assertion.signed());
        self.state()
            .spent
            .spend(mark, claims.expires, now.unix_timestamp())?;
        let longest = allowed(&self.state().register, &client, &claims)?;
        let detail = claims
            .authorization_details
            .as_ref()
            .map(Detail::read)
            .transpose()?;
        let given = detail
            .map(|detail| detail.look_up(altinn, &client.organisation, switches.metadata_key, now))
            .transpose()?;

        let own = client
            .token_lifetime_s
            .unwrap_or(switches.default_token_lifetime_s);
        let lifetime = longest.map_or(own, |longest| own.min(longest));
        let lifetime = switches.token_lifetime_s.unwrap_or(lifetime);
        let scope = claims.scopes.join(" ");
        let unspecified = switches.emit_aud_unspecified.then_some("unspecified");
        let access_token = self
            .sign(&TokenClaims {
                authorization_details: given.map(|given| [given]),
                scope: &scope,
                iss: &self.issuer,
                aud: claims.resource.as_deref().or(unspecified),
                client_amr: credential.method,
                token_type: "Bearer",
                exp: now.unix_timestamp().saturating_add(lifetime),
                iat: now.unix_timestamp(),
                client_id: &client.id,
                jti: token().map_err(|_| Refusal::Internal)?,
                pid: claims.pid.as_deref(),
                consumer: Organisation::of(&client.organisation),
            })
            .map_err(|_| Refusal::Internal)?;
        self.count(&client.id, &scope, claims.authorization_details.as_ref());
        let answer = TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: lifetime.saturating_add(switches.expires_in_offset_s),
            scope,
        };
        let warning = "aud is the token endpoint; documentation says the issuer";
        Ok(Issued {
            answer,
            warning: claims.for_endpoint.then_some(warning),
        })
    }

    fn registered(&self, id: &str) -> Result<Client, Refusal> {
        self.state()
            .register
            .client(id)
            .cloned()
            .ok_or(Refusal::UnknownClient)
    }

    fn count(&self, client_id: &str, scope: &str, details: Option<&Value>) {
        let identity = Identity {
            client_id: client_id.to_owned(),
            scope: scope.to_owned(),
            authorization_details: details.map(Value::to_string),
        };
        *self.state().minted.entry(identity).or_default() += 1;
    }
}

/// Whether the client may have the scopes for the consumer, and the shortest lifetime that one of
/// them sets.
///
/// Delegation is always refused: nobody has delegated anything. Assumption: a scope that no API owner
/// has made is one that is not on the client.
fn allowed(register: &Register, client: &Client, claims: &Claims) -> Result<Option<i64>, Refusal> {
    let scopes = &claims.scopes;
    let known: Vec<_> = scopes
        .iter()
        .filter_map(|name| register.scope(name))
        .collect();
    if known.iter().any(|scope| !scope.for_maskinporten) {
        return Err(Refusal::IntegrationType);
    }
    let invalid: Vec<_> = scopes
        .iter()
        .filter(|name| !client.scopes.contains(*name) || register.scope(name).is_none())
        .map(String::as_str)
        .collect();
    if !invalid.is_empty() {
        return Err(Refusal::ClientScopes(invalid.join(" ")));
    }
    let consumer = claims.consumer_org.as_ref().unwrap_or(&client.organisation);
    if claims.consumer_org.as_ref() == Some(&client.organisation) {
        return Err(Refusal::OwnConsumer);
    }
    if let Some(scope) = scopes
        .iter()
        .find(|scope| !register.is_granted(scope, consumer))
    {
        return Err(Refusal::Access(scope.clone()));
    }
    if let (Some(consumer), Some(scope)) = (&claims.consumer_org, scopes.first()) {
        return Err(Refusal::Delegation {
            consumer: consumer.clone(),
            scope: scope.clone(),
            supplier: client.organisation.clone(),
        });
    }
    Ok(known
        .iter()
        .filter_map(|scope| scope.at_max_age_s)
        .filter(|age| *age > 0)
        .min())
}
