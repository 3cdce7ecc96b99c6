//! Checks from a grant to a token, in their order.
//!
//! Assumption: the order is unpublished; this one agrees with all messages that are known.

use time::OffsetDateTime;

use super::assertion::Assertion;
use super::claims::{Addressees, Claims};
use super::credential::Credential;
use super::details::{Detail, Holder, TokenDetails};
use super::identity::Identity;
use super::organisation::Organisation;
use super::permission::Permission;
use super::refusal::Refusal;
use super::register::Client;
use super::replay::GrantIdentifier;
use super::state::Maskinporten;
use super::switches::{DetailsRefusal, Switches};
use super::token::{TokenClaims, TokenResponse};
use crate::interfaces::Authorisations;
use crate::kit::random;

/// Issued token.
pub(super) struct IssuedToken {
    pub(super) answer: TokenResponse,
    /// Remark about the grant, for the journal.
    pub(super) warning: Option<&'static str>,
}

impl Maskinporten {
    /// Issues the token for a grant's assertion.
    pub(super) fn issue(
        &self,
        assertion: &str,
        now: OffsetDateTime,
    ) -> Result<IssuedToken, Refusal> {
        let altinn = &*self.authorisations;
        let switches = self.switches();
        let register = self.known(now);
        let assertion = Assertion::parse(assertion)?;
        let client = register
            .client(&assertion.client_id)
            .filter(|client| client.active)
            .ok_or(Refusal::UnknownClient)?;
        let full_chain = switches.require_full_x5c_chain;
        let credential = Credential::select(&assertion, client, &self.trust, now, full_chain)?;
        let addressees = Addressees {
            issuer: self.issuer(),
            token_endpoint: &self.address_of("token"),
        };
        let claims = Claims::read(
            assertion.verify(&credential.key)?,
            &addressees,
            &switches,
            now,
        )?;
        let mark = GrantIdentifier::new(&client.id, claims.jti.as_deref(), assertion.signed());
        self.state()
            .spent
            .spend(mark, claims.expires, now.unix_timestamp())?;
        let permission = Permission::check(&register, client, &claims, altinn, &switches)?;
        let given = given(&claims, client, altinn, &switches, now)?;

        let lifetime = lifetime(client, &permission, &switches);
        let scope = claims.scopes.join(" ");
        let consumer = claims.consumer_org.as_ref().unwrap_or(&client.organisation);
        let supplier = permission.delegation_source.is_some();
        let unspecified = switches.emit_aud_unspecified.then_some("unspecified");
        let token = TokenClaims {
            authorization_details: given.map(|given| [given]),
            scope: &scope,
            supplier: supplier.then(|| Organisation::new(&client.organisation)),
            iss: self.issuer(),
            aud: claims.resource.as_deref().or(unspecified),
            client_amr: credential.method,
            token_type: "Bearer",
            exp: now.unix_timestamp().saturating_add(lifetime),
            delegation_source: permission.delegation_source.as_deref(),
            iat: now.unix_timestamp(),
            client_id: &client.id,
            jti: random::token().map_err(|_| Refusal::Internal)?,
            pid: claims.pid.as_deref(),
            consumer: Organisation::new(consumer),
        };
        let access_token = if permission.opaque {
            random::token().map_err(|_| Refusal::Internal)?
        } else {
            self.sign(&token).map_err(|_| Refusal::Internal)?
        };
        let for_endpoint = claims.for_endpoint;
        self.count(Identity::new(&client.id, &scope, claims));
        let answer = TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: lifetime.saturating_add(switches.expires_in_offset_s),
            scope,
        };
        let warning = "aud is the token endpoint; documentation says the issuer";
        Ok(IssuedToken {
            answer,
            warning: for_endpoint.then_some(warning),
        })
    }

    fn count(&self, identity: Identity) {
        let mut state = self.state();
        let count = state.minted.entry(identity).or_default();
        *count = count.saturating_add(1);
    }
}

/// Looks up the requested details at Altinn, and returns those that are granted.
fn given(
    claims: &Claims,
    client: &Client,
    altinn: &dyn Authorisations,
    switches: &Switches,
    now: OffsetDateTime,
) -> Result<Option<TokenDetails>, Refusal> {
    let Some(details) = &claims.authorization_details else {
        return Ok(None);
    };
    let detail = Detail::read(details)?;
    match switches.details_refused {
        Some(DetailsRefusal::Type) => return Err(Refusal::DetailType),
        Some(DetailsRefusal::Field) => {
            return Err(Refusal::DetailField("every one of them".to_owned()));
        }
        None => {}
    }
    if switches.altinn_down {
        return Err(Refusal::AltinnDown);
    }
    let holder = Holder {
        client_id: &client.id,
        vendor: &client.organisation,
        consumer: claims.consumer_org.as_ref().unwrap_or(&client.organisation),
    };
    detail.look_up(altinn, &holder, switches, now).map(Some)
}

/// Returns the token's lifetime, in seconds: the client's, unless a scope's is shorter.
fn lifetime(client: &Client, permission: &Permission, switches: &Switches) -> i64 {
    let own = client
        .token_lifetime_s
        .unwrap_or(switches.default_token_lifetime_s);
    let lifetime = permission.at_most.map_or(own, |at_most| own.min(at_most));
    switches.token_lifetime_s.unwrap_or(lifetime)
}
