//! Permission of a client for the requested scopes and consumer.
//!
//! Assumptions: a scope that no API owner has made, or that is no longer in use, is one that is not
//! on the client; access to all scopes is checked before any delegation; a scope that cannot be
//! delegated is not delegated; a token is opaque if one of its scopes says so.

use super::claims::Claims;
use super::refusal::Refusal;
use super::register::{Client, Register, Scope, TokenType};
use super::switches::Switches;
use crate::interfaces::{Authorisations, Delegation};

/// Permission to issue a token, with its properties.
#[derive(Debug)]
pub(super) struct Permission {
    /// The shortest lifetime that one of the scopes sets.
    pub(super) at_most: Option<i64>,
    pub(super) opaque: bool,
    /// Register with the consumer's delegation, if a supplier acts for it.
    pub(super) delegation_source: Option<String>,
}

impl Permission {
    pub(super) fn check(
        register: &Register,
        client: &Client,
        claims: &Claims,
        altinn: &dyn Authorisations,
        switches: &Switches,
    ) -> Result<Self, Refusal> {
        let in_use = |name: &String| register.scope(name).filter(|scope| scope.active);
        let scopes: Vec<_> = claims.scopes.iter().filter_map(in_use).collect();
        if scopes.iter().any(|scope| !scope.is_for_maskinporten()) {
            return Err(Refusal::IntegrationType);
        }
        let may_ask = |name: &String| {
            in_use(name).is_some_and(|scope| {
                let open = switches.allow_unregistered_open_scopes && scope.accessible_for_all;
                open || client.scopes.contains(name)
            })
        };
        let invalid = claims.scopes.iter().filter(|name| !may_ask(name));
        let invalid: Vec<_> = invalid.map(String::as_str).collect();
        if !invalid.is_empty() {
            return Err(Refusal::ClientScopes(invalid.join(" ")));
        }
        let consumer = claims.consumer_org.as_ref();
        let delegable = scopes.iter().any(|scope| scope.delegation_source.is_some());
        let own = consumer.is_some_and(|consumer| *consumer == client.organisation);
        if own || (client.supplier.is_some() && (delegable || consumer.is_some())) {
            return Err(Refusal::Combination);
        }
        let holder = consumer.unwrap_or(&client.organisation);
        let mut names = claims.scopes.iter();
        if let Some(scope) = names.find(|scope| !register.is_granted(scope, holder)) {
            return Err(Refusal::Access(scope.clone()));
        }
        let delegation_source = consumer
            .map(|consumer| delegation_source(register, client, claims, consumer, altinn, switches))
            .transpose()?;
        Ok(Self {
            at_most: shortest(&scopes),
            opaque: switches.opaque_tokens
                || scopes
                    .iter()
                    .any(|scope| scope.token_type == TokenType::Opaque),
            delegation_source,
        })
    }
}

/// Returns the register in which `consumer` has delegated all scopes to the client's organisation.
fn delegation_source(
    register: &Register,
    client: &Client,
    claims: &Claims,
    consumer: &str,
    altinn: &dyn Authorisations,
    switches: &Switches,
) -> Result<String, Refusal> {
    if switches.altinn_down {
        return Err(Refusal::AltinnDown);
    }
    let mut source = Err(Refusal::Internal);
    for name in &claims.scopes {
        let delegation = Delegation {
            supplier_org: client.organisation.clone(),
            consumer_org: consumer.to_owned(),
            scope: name.clone(),
        };
        source = register
            .scope(name)
            .and_then(|scope| scope.delegation_source.clone())
            .filter(|_| altinn.is_delegated(&delegation))
            .ok_or(Refusal::Delegation(delegation));
        if source.is_err() {
            break;
        }
    }
    source
}

fn shortest(scopes: &[&Scope]) -> Option<i64> {
    let ages = scopes.iter().filter_map(|scope| scope.at_max_age_s);
    ages.filter(|age| *age > 0).min()
}
