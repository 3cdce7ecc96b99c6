//! Tokens of the organisation's own login service (JWT, RFC 7519; practices of RFC 8725).

use std::collections::HashSet;

use jwt_simple::JWTError;
use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _, ES256PublicKey,
    ES384PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike as _, JWTClaims, PS256PublicKey,
    PS384PublicKey, PS512PublicKey, RS256PublicKey, RS384PublicKey, RS512PublicKey,
    RSAPublicKeyLike as _, Token, UnixTimeStamp, VerificationOptions,
};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::customer::Customer;
use crate::config::{Consumers, Login};
use crate::context::Context;
use crate::key_set::{KeySet, Lifetimes, Place};
use crate::outbound::{Call, Repeat};
use crate::party::{Environment, OrganisationNumber, Party};
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;

const LOGIN: Call = Call {
    counterparty: "login",
    timeout: std::time::Duration::from_secs(3),
    max_body: 64 * 1024,
    repeat: Repeat::Broken(2),
};

/// A key that the login service has withdrawn is accepted for no longer than this.
const LIFETIMES: Lifetimes = Lifetimes {
    fresh: std::time::Duration::from_mins(10),
    unreachable: std::time::Duration::from_hours(1),
};

/// How far the login service's clock may differ from ours, in seconds.
const LEEWAY: u64 = 10;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// The scope that lets a back end ask for tokens.
const TOKEN_SCOPE: &str = "innsyn:token";

/// Verifies the tokens of one login service. Lives as long as the instance, for its keys.
#[derive(Debug)]
pub struct LoginTokens {
    login: Login,
    consumers: Consumers,
    environment: Environment,
    keys: KeySet,
}

/// Another back end of the same organisation.
#[derive(Clone, Debug)]
pub struct BackEnd {
    /// The `sub` of its token.
    pub subject: String,
    /// The consumer that it asks for.
    pub consumer: OrganisationNumber,
}

impl LoginTokens {
    /// For the login service `login`.
    pub fn new(login: Login, consumers: Consumers, environment: Environment) -> Self {
        let place = Place::Address(login.jwks_address.clone());
        let keys = KeySet::new(place, LOGIN, LIFETIMES, &login.key_sets);
        Self {
            login,
            consumers,
            environment,
            keys,
        }
    }

    /// The customer whose token this is.
    pub async fn customer<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<Customer, Problem> {
        let claims = self.verify(context, token).await?;
        let own = claims
            .custom
            .get(&self.login.party_claim)
            .and_then(Value::as_str);
        let own = own.and_then(|own| Party::parse(own, self.environment).ok());
        Ok(Customer {
            subject: Secret::new(subject(&claims)?),
            consumer: self.consumer(&claims.custom)?,
            own: own.filter(|own| matches!(own, Party::Person(_))),
            is_person: claims.custom.contains_key(&self.login.party_claim),
            scopes: scopes(&claims.custom).map(str::to_owned).collect(),
            organisations: organisations(claims.custom.get(&self.login.organisations_claim)),
            rights: rights(&claims.custom),
            environment: self.environment,
        })
    }

    /// The back end whose token this is, if it may ask for tokens.
    pub async fn back_end<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<BackEnd, Problem> {
        let claims = self.verify(context, token).await?;
        if !scopes(&claims.custom).any(|scope| scope == TOKEN_SCOPE) {
            return Err(refused("the token has not the scope innsyn:token"));
        }
        Ok(BackEnd {
            subject: subject(&claims)?,
            consumer: self.consumer(&claims.custom)?,
        })
    }

    async fn verify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<Claims, Problem> {
        let unverified = Unverified::read(token)?;
        let key = self
            .keys
            .find(context, unverified.key_id.as_deref())
            .await?
            .ok_or_else(|| refused("the login service has no key of this id"))?;
        let claims = unverified
            .verify(&key.json, self.options(context.now()))
            .map_err(|error| match error.downcast_ref() {
                Some(JWTError::TokenHasExpired) => Kind::LoginExpired.into(),
                Some(known) => refused(&known.to_string()),
                // Another library's words may quote the token.
                None => refused("the token does not parse"),
            })?;
        if claims.expires_at.is_none() {
            return Err(refused("the token never ends"));
        }
        Ok(claims)
    }

    fn options(&self, now: OffsetDateTime) -> VerificationOptions {
        let now = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        VerificationOptions {
            allowed_issuers: Some(HashSet::from([self.login.issuer.clone()])),
            allowed_audiences: Some(HashSet::from([self.login.audience.clone()])),
            time_tolerance: Some(Duration::from_secs(LEEWAY)),
            max_token_length: Some(LONGEST),
            artificial_time: Some(UnixTimeStamp::from_secs(now)),
            ..VerificationOptions::default()
        }
    }

    fn consumer(&self, claims: &Map<String, Value>) -> Result<OrganisationNumber, Problem> {
        let Some(claim) = &self.consumers.claim else {
            return Ok(self.consumers.default.clone());
        };
        let number = claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let consumer = self.consumers.find(number).cloned();
        consumer.ok_or_else(|| refused("the token names no consumer of this app"))
    }
}

type Claims = JWTClaims<Map<String, Value>>;

/// A token of which nothing is believed yet but how to check it.
struct Unverified<'a> {
    token: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
}

/// The signatures that are accepted. There is no way to write `none` or a shared secret.
#[derive(Clone, Copy)]
enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl<'a> Unverified<'a> {
    fn read(token: &'a str) -> Result<Self, Problem> {
        if token.len() > LONGEST {
            return Err(refused("the token is too long"));
        }
        let header =
            Token::decode_metadata(token).map_err(|_| refused("the token has no header"))?;
        let algorithm = match header.algorithm() {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "EdDSA" => Algorithm::EdDsa,
            _ => return Err(refused("the token's algorithm is not accepted")),
        };
        Ok(Self {
            token,
            algorithm,
            key_id: header.key_id().map(str::to_owned),
        })
    }

    /// The key must be of the algorithm's own type: reading it as such is the check.
    fn verify(&self, jwk: &str, options: VerificationOptions) -> Result<Claims, jwt_simple::Error> {
        let (token, options) = (self.token, Some(options));
        match self.algorithm {
            Algorithm::Rs256 => RS256PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Rs384 => RS384PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Rs512 => RS512PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Ps256 => PS256PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Ps384 => PS384PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Ps512 => PS512PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Es256 => ES256PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::Es384 => ES384PublicKey::from_jwk(jwk)?.verify_token(token, options),
            Algorithm::EdDsa => Ed25519PublicKey::from_jwk(jwk)?.verify_token(token, options),
        }
    }
}

fn subject(claims: &Claims) -> Result<String, Problem> {
    let subject = claims.subject.clone().filter(|subject| !subject.is_empty());
    subject.ok_or_else(|| refused("the token has no subject"))
}

/// `scope`, a space-separated list (RFC 8693 §4.2).
fn scopes(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let scope = claims.get("scope").and_then(Value::as_str);
    scope.unwrap_or_default().split_ascii_whitespace()
}

/// An array of numbers, or one number alone. What is not an organisation's number gives no right.
fn organisations(claim: Option<&Value>) -> Vec<OrganisationNumber> {
    let values = match claim {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    let numbers = values.iter().filter_map(Value::as_str);
    numbers
        .filter_map(|number| OrganisationNumber::parse(number).ok())
        .collect()
}

/// Nothing but `true` counts: not the text, nor a number.
fn rights(claims: &Map<String, Value>) -> Vec<String> {
    let granted = claims
        .iter()
        .filter(|(_, value)| **value == Value::Bool(true));
    granted.map(|(name, _)| name.clone()).collect()
}

fn refused(cause: &str) -> Problem {
    Problem::new(Kind::LoginRequired).cause(cause)
}
