//! Verification of access tokens from the organisation's own login service (JWT, RFC 7519; best
//! practices of RFC 8725).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::rc::Rc;

use jwt_simple::prelude::{Duration, UnixTimeStamp, VerificationOptions};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::claims::{self, Remarks};
use super::customer::Customer;
use super::verified_tokens::{VerifiedToken, VerifiedTokens};
use crate::config::{BackEndClaim, Consumers, Login, SUBJECT};
use crate::key_set::{KeySet, KeySetLocation, Lifetimes};
use crate::outbound::{Endpoint, RetryPolicy};
use innsyn_core::audit::{CallerPseudonyms, Pseudonyms};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::{Environment, OrganisationNumber, Party};
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_protocols::jose::{Claims, Refused, UnverifiedToken, VerificationError};

const LOGIN: Endpoint = Endpoint {
    counterparty: "login",
    timeout: std::time::Duration::from_secs(3),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnDisconnect(2),
};

/// Maximum time for which a key is accepted after the login service has withdrawn it.
const LIFETIMES: Lifetimes = Lifetimes {
    fresh: std::time::Duration::from_mins(10),
    unreachable: std::time::Duration::from_hours(1),
};

/// Clock skew allowed for the login service, in seconds.
const LEEWAY: u64 = 10;

/// Maximum length of a token, in bytes.
const LONGEST: usize = 16 * 1024;

/// Verifier of the tokens of one login service. Lives as long as the instance, to keep its keys.
#[derive(Debug)]
pub struct LoginTokens {
    login: Login,
    consumers: Consumers,
    environment: Environment,
    pub(super) pseudonyms: Pseudonyms,
    keys: KeySet,
    verified: VerifiedTokens,
    /// Remarks that this instance has logged; each is logged once.
    remarked: RefCell<BTreeSet<String>>,
}

impl LoginTokens {
    /// Creates a verifier for the login service `login`.
    pub fn new(login: Login, consumers: Consumers, environment: Environment) -> Self {
        let location = KeySetLocation::Address(login.jwks_address.clone());
        let keys = KeySet::new(location, LOGIN, LIFETIMES, &login.key_sets);
        Self {
            pseudonyms: Pseudonyms::new(&login.key_sets.key),
            login,
            consumers,
            environment,
            keys,
            verified: VerifiedTokens::default(),
            remarked: RefCell::default(),
        }
    }

    /// Verifies `token` and returns the customer that it identifies.
    ///
    /// # Errors
    ///
    /// `Kind::LoginRequired` for a token that is not accepted, `Kind::LoginExpired` for an expired
    /// one, and the problems of fetching the login service's keys.
    pub async fn customer<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<Customer, Problem> {
        let verified = self.verify(context, token).await?;
        let (customer, pseudonyms) = if let Some(known) = verified.customer.get() {
            known
        } else {
            let known = self.known_customer(context, &verified.claims)?;
            verified.customer.get_or_init(|| known)
        };
        context.audit.caller(&self.pseudonyms, pseudonyms.clone());
        Ok(customer.clone())
    }

    /// Returns the customer that the claims identify, and the pseudonyms for the audit line.
    fn known_customer<P: Platform>(
        &self,
        context: &Context<'_, P>,
        claims: &Claims,
    ) -> Result<(Customer, CallerPseudonyms), Problem> {
        let (subject, consumer) = (subject(claims)?, self.consumer(&claims.custom)?);
        let pseudonyms = self.pseudonyms.caller(&subject, &consumer);
        let mut remarks = Remarks::default();
        let is_back_end = self.is_back_end(&claims.custom);
        let customer = Customer {
            subject: Secret::new(subject),
            consumer,
            own: if is_back_end {
                None
            } else {
                self.own(&claims.custom, &mut remarks)
            },
            is_back_end,
            scopes: claims::scopes(&claims.custom, &mut remarks),
            organisations: claims::organisations(
                &claims.custom,
                &self.login.organisations_claim,
                &mut remarks,
            ),
            rights: rights(&claims.custom),
            environment: self.environment,
            mark: Rc::default(),
        };
        self.remark(context, remarks);
        Ok((customer, pseudonyms))
    }

    /// Returns a token that is valid now. The signature is verified once per key set,
    /// the times always.
    pub(super) async fn verify<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<Rc<VerifiedToken>, Problem> {
        if let Some(verified) = self.verified.get(token, self.keys.current(context.now())) {
            check_times(&verified.claims, context.now())?;
            return Ok(verified);
        }
        let claims = self.verify_signature(context, token).await?;
        let verified = Rc::new(VerifiedToken::from(claims));
        self.verified
            .put(token, &verified, self.keys.current(context.now()));
        Ok(verified)
    }

    async fn verify_signature<P: Platform>(
        &self,
        context: &Context<'_, P>,
        token: &str,
    ) -> Result<Claims, Problem> {
        let unverified = UnverifiedToken::read(token, LONGEST).map_err(refused)?;
        let options = self.options(context.now());
        let verified = self.keys.verify(context, &unverified, &options).await;
        let mut claims = verified.map_err(|reason| match reason {
            VerificationError::Unavailable(problem) => problem,
            VerificationError::KeyNotFound(reason) => refused(reason),
            VerificationError::Refused(reason @ Refused::Expired) => {
                Problem::new(Kind::LoginExpired).cause(reason)
            }
            VerificationError::Refused(reason) => refused(reason),
        })?;
        self.expect_short_lived(&claims)?;
        // The library keeps `sub` apart; a setting may name it like any other claim.
        if let Some(subject) = &claims.subject {
            let subject = Value::from(subject.as_str());
            claims.custom.insert(SUBJECT.to_owned(), subject);
        }
        Ok(claims)
    }

    /// Checks that the token has `iat` and `exp` and that its lifetime is at most
    /// `login_max_lifetime`.
    fn expect_short_lived(&self, claims: &Claims) -> Result<(), Problem> {
        let end = claims.expires_at;
        let end = end.ok_or_else(|| refused("the token has no expiry (exp)"))?;
        // RFC 9068 §2.2 requires it of access tokens, and OpenID Connect Core §2 of ID tokens.
        let start = claims.issued_at;
        let start =
            start.ok_or_else(|| refused("the token does not say when it was issued (iat)"))?;
        let (lifetime, most) = (
            end.as_secs().saturating_sub(start.as_secs()),
            self.login.max_lifetime,
        );
        if lifetime > most {
            let cause = format!(
                "the token lives for {lifetime} s from iat to exp, and login_max_lifetime is {most} s"
            );
            return Err(refused(&cause));
        }
        Ok(())
    }

    /// Returns whether the token has a claim that identifies the customer, whatever its value.
    ///
    /// `sub`, which every token has, does not show by its presence that it belongs to a person.
    pub(super) fn names_person(&self, claims: &Map<String, Value>) -> bool {
        let party = &self.login.party_claim;
        party != SUBJECT && claims.contains_key(party)
    }

    /// Returns whether a configured claim identifies a back end that has logged in as itself. A
    /// token that names a person belongs to that person.
    ///
    /// Settings allow no claim but `sub` here if `sub` is the claim of the customer.
    pub(super) fn is_back_end(&self, claims: &Map<String, Value>) -> bool {
        let mut configured = self.login.back_end_claims.iter();
        !self.names_person(claims) && configured.any(|claim| is_said(claim, claims))
    }

    fn options(&self, now: OffsetDateTime) -> VerificationOptions {
        let now = seconds(now);
        VerificationOptions {
            allowed_issuers: Some(HashSet::from([self.login.issuer.clone()])),
            allowed_audiences: Some(HashSet::from([self.login.audience.clone()])),
            time_tolerance: Some(Duration::from_secs(LEEWAY)),
            artificial_time: Some(UnixTimeStamp::from_secs(now)),
            ..VerificationOptions::default()
        }
    }

    pub(super) fn consumer(
        &self,
        claims: &Map<String, Value>,
    ) -> Result<OrganisationNumber, Problem> {
        let Some(claim) = &self.consumers.claim else {
            return Ok(self.consumers.default.clone());
        };
        let value = claims.get(claim).unwrap_or(&Value::Null);
        let number = claims::organisation(value).map(|(number, _)| number);
        let number = number.ok_or_else(|| {
            refused(format_args!(
                "the token's claim {claim} is missing, or is no organisation number"
            ))
        })?;
        let consumer = self.consumers.find(number.as_str()).cloned();
        consumer.ok_or_else(|| refused("the token does not name a consumer of this app"))
    }

    /// Returns the customer's own number, if the token has a person's.
    fn own(&self, claims: &Map<String, Value>, remarks: &mut Remarks) -> Option<Party> {
        let claim = &self.login.party_claim;
        let value = claims.get(claim)?;
        let party = value
            .as_str()
            .map(|text| Party::parse(text, self.environment));
        let fault = match party {
            Some(Ok(own @ Party::Person(_))) => return Some(own),
            Some(Ok(Party::Organisation(_))) => "it is an organisation's number".to_owned(),
            Some(Err(fault)) => fault.to_string(),
            None => "it is not text".to_owned(),
        };
        remarks.add(format!(
            "the claim {claim} does not say who the customer is: {fault}"
        ));
        None
    }

    pub(super) fn remark<P: Platform>(&self, context: &Context<'_, P>, remarks: Remarks) {
        for remark in remarks.into_iter() {
            if !self.remarked.borrow().contains(&remark) {
                let event = Event::new(Level::Warn, "login-token", "irregular");
                context.log(&event.cause(&remark));
                self.remarked.borrow_mut().insert(remark);
            }
        }
    }
}

/// Checks `exp`, `nbf` and `iat` against the current time, as the library does when it verifies the
/// signature.
fn check_times(claims: &Claims, now: OffsetDateTime) -> Result<(), Problem> {
    let now = seconds(now);
    if claims
        .expires_at
        .is_none_or(|end| end.as_secs() < now.saturating_sub(LEEWAY))
    {
        return Err(Problem::new(Kind::LoginExpired).cause(Refused::Expired));
    }
    let latest = now.saturating_add(LEEWAY);
    let mut starts = [claims.invalid_before, claims.issued_at]
        .into_iter()
        .flatten();
    if starts.any(|start| start.as_secs() > latest) {
        return Err(refused(Refused::NotYet));
    }
    Ok(())
}

fn seconds(moment: OffsetDateTime) -> u64 {
    u64::try_from(moment.unix_timestamp()).unwrap_or_default()
}

pub(super) fn subject(claims: &Claims) -> Result<String, Problem> {
    let subject = claims.subject.clone().filter(|subject| !subject.is_empty());
    subject.ok_or_else(|| refused("the token has no subject"))
}

/// Returns whether the token has the claim with this value, alone or among others.
fn is_said(expected: &BackEndClaim, claims: &Map<String, Value>) -> bool {
    let is_value = |value: &Value| match value {
        Value::String(text) if expected.is_scope() => text
            .split_ascii_whitespace()
            .any(|scope| scope == expected.value),
        Value::String(text) => *text == expected.value,
        Value::Bool(flag) => flag.to_string() == expected.value,
        _ => false,
    };
    match claims.get(&expected.claim) {
        Some(Value::Array(values)) => values.iter().any(is_value),
        Some(value) => is_value(value),
        None => false,
    }
}

/// Returns the claims that are the JSON value `true`; text and numbers do not count.
fn rights(claims: &Map<String, Value>) -> Vec<String> {
    let granted = claims
        .iter()
        .filter(|(_, value)| **value == Value::Bool(true));
    granted.map(|(name, _)| name.clone()).collect()
}

pub(super) fn refused(cause: impl fmt::Display) -> Problem {
    Problem::new(Kind::LoginRequired).cause(cause)
}
