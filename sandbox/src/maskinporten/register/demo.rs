//! Registrations that a sandbox starts with.
//!
//! The demo's consumers have one client each, with every scope that the consumer is granted.
//! Fjordvik Snekkerverksted (313367002) is also granted the one scope that can be delegated, and
//! has delegated it to Fjordbanken, as in Altinn's register. The organisations are those of
//! Altinn's register. Scopes have real names and an invented owner.

use time::OffsetDateTime;

use super::{Client, Register, RegisteredKey, Scope};
use crate::interfaces::DELEGATION_SOURCE;
use crate::population::{Consumer, Credential, DEMO_DELEGATED_SCOPE, ORGANISATIONS};

const SCOPES: [&str; 12] = [
    "altinn:consentrequests.read",
    "altinn:consentrequests.write",
    "altinn:consenttokens.read",
    "altinn:consenttokens.write",
    "skatteetaten:kravogbetalinger",
    "skatteetaten:inntekt",
    "skatteetaten:summertskattegrunnlag",
    "folkeregister:deling/finans",
    "altinn:authentication/systemregister.write",
    "altinn:authentication/systemuser.request.read",
    "altinn:authentication/systemuser.request.write",
    DEMO_DELEGATED_SCOPE,
];
/// Organisation number of Fjellsystem AS, which owns the demo's scopes.
const OWNER: &str = "310000108";
/// Organisation number of Fjordvik Snekkerverksted.
const CUSTOMER: &str = "313367002";

impl Register {
    /// Creates the registrations of the demo at `now`.
    pub(in crate::maskinporten) fn with_demo_clients(
        consumers: &[Consumer],
        now: OffsetDateTime,
    ) -> Self {
        let mut register = Self::default();
        for organisation in ORGANISATIONS {
            register.add_organisation(organisation.number, organisation.name);
        }
        for name in SCOPES {
            let delegable = name == DEMO_DELEGATED_SCOPE;
            let scope = Scope {
                owner: OWNER.to_owned(),
                delegation_source: delegable.then(|| DELEGATION_SOURCE.to_owned()),
                ..Scope::default()
            };
            register.add_scope(name, scope);
        }
        register.grant(DEMO_DELEGATED_SCOPE, CUSTOMER);
        for consumer in consumers {
            let mut client = Client::new(consumer.client_id, consumer.organisation);
            client.scopes = SCOPES.map(str::to_owned).into();
            client.keys = keys(consumer, now);
            register.add_client(client);
            for scope in SCOPES {
                register.grant(scope, consumer.organisation);
            }
        }
        register
    }
}

fn keys(consumer: &Consumer, now: OffsetDateTime) -> Vec<RegisteredKey> {
    match consumer.credential {
        Credential::Registered { kid } => vec![RegisteredKey {
            kid: kid.to_owned(),
            key: consumer.public_key.clone(),
            posted: now,
            expires: None,
        }],
        Credential::Certified { .. } => vec![],
    }
}
